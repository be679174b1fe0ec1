"""Signing in, and out.

Source: client-server-api, "Login"; application-service-api, "Server admin style permissions".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from homeserver.errors import (
    Exclusive,
    Forbidden,
    MissingParam,
    MissingToken,
    Unknown,
    UnknownToken,
)
from homeserver.ids import DeviceId, UserId
from homeserver.services.accounts.credentials import Credentials
from homeserver.services.accounts.tokens import Session, Tokens, hash_token, new_secret
from homeserver.services.appservices.appservice_registry import Appservices
from homeserver.services.ground.clock import Clock
from homeserver.services.ground.requester import Requester
from homeserver.storage import accounts, tokens
from homeserver.storage.commit import Committer, LostClaim, Write, statements
from homeserver.storage.database import Database

LOGIN_TOKEN_MS = 120_000
"""The life of a token for `m.login.token`; two minutes, as the specification recommends."""


class Login:
    """Begins sessions for those who show who they are, and ends them."""

    def __init__(
        self,
        database: Database,
        committer: Committer,
        credentials: Credentials,
        sessions: Tokens,
        appservices: Appservices,
        clock: Clock,
    ) -> None:
        self._database = database
        self._committer = committer
        self._credentials = credentials
        self._sessions = sessions
        self._appservices = appservices
        self._clock = clock

    def flows(self) -> list[dict[str, Any]]:
        """The ways to sign in."""
        flows: list[dict[str, Any]] = [
            {"type": "m.login.password"},
            {"type": "m.login.token", "get_login_token": True},
        ]
        if self._appservices.all:
            flows.append({"type": "m.login.application_service"})
        return flows

    async def login(
        self,
        kind: str,
        fields: Mapping[str, Any],
        *,
        device_id: DeviceId | None,
        display_name: str | None,
        refreshable: bool,
        as_token: str | None,
    ) -> tuple[Session, bool]:
        """A new session, and whether the password must be changed before anything else.

        kind: the login type; fields: what it takes. Raises Forbidden, UserDeactivated, Unknown
        (no such type), LimitExceeded, MissingParam, InvalidParam; for application services
        MissingToken, UnknownToken, Exclusive.
        """
        must_change = False
        if kind == "m.login.password":
            named = self._credentials.user_named(fields)
            account = await self._credentials.check(named, fields.get("password"))
            user_id, must_change = account.user_id, account.must_change_password
            # Should the password change while the session is made, the session dies with the old.
            args = {"user_id": user_id, "password_hash": account.password_hash}
            claim = (accounts.CLAIM_PASSWORD, accounts.CLAIM_PASSWORD.args(args))
        elif kind == "m.login.token":
            user_id = await self._user_of_login_token(fields.get("token"))
            claim = (accounts.CLAIM_ACTIVE, (user_id,))
        elif kind == "m.login.application_service":
            user_id = await self._user_of_appservice(fields, as_token)
            claim = (accounts.CLAIM_ACTIVE, (user_id,))
        else:
            raise Unknown("Unknown login type", status=400)
        try:
            session = await self._sessions.begin(
                user_id,
                device_id=device_id,
                display_name=display_name,
                refreshable=refreshable,
                claim=claim,
            )
        except LostClaim as error:
            raise Forbidden("The account has changed; try again") from error
        return session, must_change

    async def _user_of_login_token(self, token: object) -> UserId:
        if not isinstance(token, str):
            raise MissingParam("Missing token")
        args = {"token_hash": hash_token(token), "purpose": tokens.LOGIN, "now": self._clock()}
        write = Write(claim=(tokens.CLAIM_ONCE, tokens.CLAIM_ONCE.args(args)))
        try:
            await self._committer.commit(write)
        except LostClaim as error:
            raise Forbidden("Invalid login token") from error
        assert write.claimed is not None
        return UserId(write.claimed[0])

    async def _user_of_appservice(self, fields: Mapping[str, Any], as_token: str | None) -> UserId:
        if as_token is None:
            raise MissingToken
        appservice = self._appservices.by_token(as_token)
        if appservice is None:
            raise UnknownToken
        user_id = self._credentials.user_named(fields)
        if not appservice.covers_user(user_id):
            raise Exclusive("The user is outside the application service's namespaces")
        async with self._database.read() as conn:
            account = await accounts.account(conn, user_id)
        if account is None or not account.active:
            raise Forbidden("The user has not been registered")
        return user_id

    async def make_login_token(self, user_id: UserId) -> str:
        """A token for `m.login.token` that signs the user in once, within LOGIN_TOKEN_MS."""
        token, now = new_secret(), self._clock()
        row = {
            "token_hash": hash_token(token),
            "user_id": user_id,
            "purpose": tokens.LOGIN,
            "expires_ts": now + LOGIN_TOKEN_MS,
        }
        await self._committer.commit(
            Write(
                bind=statements(
                    (tokens.DELETE_EXPIRED_ONCE, {"now": now}), (tokens.INSERT_ONCE, row)
                )
            )
        )
        return token

    async def logout(self, who: Requester) -> None:
        """Ends the session that the request was made with; an application service has none."""
        if who.device_id is not None and who.appservice_id is None:
            await self._sessions.end(who.user_id, [who.device_id])

    async def logout_all(self, who: Requester) -> None:
        """Ends every session of the user."""
        await self._sessions.end_all(who.user_id)
