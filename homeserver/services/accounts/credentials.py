"""Whether someone knows an account's password; guessing is slowed down for each account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from homeserver.errors import Forbidden, InvalidParam, MissingParam, Unknown, UserDeactivated
from homeserver.ids import UserId, domain_of, is_user_id, make_user_id
from homeserver.services.accounts.passwords import Passwords
from homeserver.services.ground.shared_buckets import Buckets
from homeserver.storage import accounts
from homeserver.storage.accounts import Account
from homeserver.storage.database import Database

_REFUSED = "Invalid user name or password"
"""One text for every reason: nobody learns who exists."""


class Credentials:
    """Checks passwords.

    failures: a bucket of wrong passwords for each account; None: as many as one likes.
    """

    def __init__(
        self,
        database: Database,
        passwords: Passwords,
        failures: Buckets | None,
        server_name: str,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._failures = failures
        self._server_name = server_name

    def user_named(self, fields: Mapping[str, Any]) -> UserId:
        """Whom `identifier`, or the deprecated `user`, means; they need not exist.

        Source: client-server-api, "Identifier types". Raises MissingParam, InvalidParam, Unknown
        (an identifier type not known), Forbidden (someone of another server, a third-party id).
        """
        identifier = fields.get("identifier")
        if identifier is None:
            if fields.get("medium") is not None:
                raise Forbidden(_REFUSED)
            return self.user_id(fields.get("user"))
        if not isinstance(identifier, Mapping):
            raise InvalidParam("identifier is not an object")
        kind = identifier.get("type")
        if kind == "m.id.user":
            return self.user_id(identifier.get("user"))
        if kind in ("m.id.thirdparty", "m.id.phone"):
            # "In the case that the homeserver does not know about the supplied 3PID, the
            # homeserver must respond with 403 Forbidden."
            raise Forbidden(_REFUSED)
        raise Unknown("Unknown identifier type", status=400)

    def user_id(self, user: object) -> UserId:
        """The local user id for a localpart or user id; capitals are lowered: no id has any."""
        if user is None:
            raise MissingParam("Missing user")
        if not isinstance(user, str):
            raise InvalidParam("The user must be text")
        lowered = user
        if user.startswith("@"):
            localpart, colon, domain = user.partition(":")
            lowered = localpart.lower() + colon + domain
        else:
            lowered = make_user_id(user.lower(), self._server_name)
        if not is_user_id(lowered) or domain_of(lowered) != self._server_name:
            raise Forbidden(_REFUSED)
        return UserId(lowered)

    async def check(self, user_id: UserId, password: object) -> Account:
        """The account, if this is its password.

        It takes as long for accounts that do not exist. Raises Forbidden, UserDeactivated (the
        password was right), LimitExceeded (too many wrong ones), MissingParam, InvalidParam.
        """
        if password is None:
            raise MissingParam("Missing password")
        if not isinstance(password, str):
            raise InvalidParam("The password must be text")
        if self._failures is not None:
            await self._failures.check(user_id)
        async with self._database.read() as conn:
            account = await accounts.account(conn, user_id)
        password_hash = None if account is None else account.password_hash
        if not await self._passwords.matches(password, password_hash) or account is None:
            if self._failures is not None:
                await self._failures.spend(user_id)
            raise Forbidden(_REFUSED)
        if not account.active:
            raise UserDeactivated
        return account
