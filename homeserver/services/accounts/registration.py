"""New accounts that nobody made for their owner.

Source: client-server-api, "Account registration"; application-service-api, "Server admin style
permissions"; the shared-secret route is that of Synapse, which scripts know.
"""

from __future__ import annotations

import hmac
import secrets
import string
from collections.abc import Mapping
from typing import Any

from homeserver.errors import (
    Exclusive,
    Forbidden,
    GuestAccessForbidden,
    InvalidParam,
    InvalidUsername,
    MissingParam,
    MissingToken,
    UnknownToken,
    Unrecognized,
    UserInUse,
)
from homeserver.ids import DeviceId, UserId, localpart_of, make_user_id, parse_new_localpart
from homeserver.services.accounts.new_account import new_account
from homeserver.services.accounts.passwords import Passwords
from homeserver.services.accounts.profile import check_value
from homeserver.services.accounts.tokens import Session, Tokens
from homeserver.services.accounts.uia import DUMMY, InteractiveAuth
from homeserver.services.appservices.appservice_registry import Appservice, Appservices
from homeserver.services.ground.clock import Clock
from homeserver.storage import accounts, attempts
from homeserver.storage.commit import Committer, LostClaim, Write, statements
from homeserver.storage.database import Conflict, Database
from homeserver.storage.profiles import DISPLAYNAME

_NONCE_MS = 60_000


class Registration:
    """Makes accounts.

    open_to_all: whether anyone may register. shared_secret: lets scripts register; None: nobody
    can.
    """

    def __init__(
        self,
        database: Database,
        committer: Committer,
        passwords: Passwords,
        sessions: Tokens,
        uia: InteractiveAuth,
        appservices: Appservices,
        clock: Clock,
        *,
        server_name: str,
        open_to_all: bool,
        shared_secret: str | None,
    ) -> None:
        self._database = database
        self._committer = committer
        self._passwords = passwords
        self._sessions = sessions
        self._uia = uia
        self._appservices = appservices
        self._clock = clock
        self._server_name = server_name
        self._open = open_to_all
        self._secret = shared_secret

    async def check_available(self, username: object) -> UserId:
        """The user id that the name would get.

        Raises InvalidUsername, UserInUse, Exclusive (the namespace of an application service).
        """
        user_id = self._user_id(username)
        if localpart_of(user_id).startswith("_"):
            raise InvalidUsername("A user name may not begin with _")
        if self._appservices.owner_of(user_id) is not None:
            raise Exclusive("That user name is reserved by an application service")
        await self._check_unused(user_id)
        return user_id

    async def register(
        self,
        body: Mapping[str, Any],
        *,
        kind: str,
        device_id: DeviceId | None,
        display_name: str | None,
        refreshable: bool,
        inhibit_login: bool,
        as_token: str | None,
    ) -> tuple[UserId, Session | None]:
        """A new account, with a session unless ``inhibit_login``.

        body: the whole request, for interactive authentication. display_name: of the device.
        Raises Forbidden (registration is closed), GuestAccessForbidden, and what
        `check_available`, `InteractiveAuth.require` and `Passwords.check_new` raise; for
        application services MissingToken, UnknownToken, Exclusive.
        """
        username = body.get("username")
        appservice: Appservice | None = None
        password_hash: str | None = None
        if kind == "guest":
            raise GuestAccessForbidden("Guest accounts are not supported")
        if kind != "user":
            raise InvalidParam("Unknown kind of account")
        if body.get("type") == "m.login.application_service":
            appservice = self._appservice(as_token)
            user_id = self._user_id(username)
            if not appservice.covers_user(user_id):
                raise Exclusive("The user is outside the application service's namespaces")
            await self._check_unused(user_id)
        elif not self._open:
            raise Forbidden("Registration is closed on this server")
        else:
            user_id = await (
                self._unused_user_id() if username is None else self.check_available(username)
            )
            password = body.get("password")
            if password is not None:
                password = self._passwords.check_new(password)
            # Clients ask for the flows before the person has typed anything: `fixed` is off.
            await self._uia.require("register", body, [DUMMY], fixed=False)
            if password is None:
                raise MissingParam("Missing password")
            password_hash = await self._passwords.hash(password)
        return user_id, await self._make(
            user_id,
            password_hash=password_hash,
            appservice_id=None if appservice is None else appservice.id,
            device_id=device_id,
            device_name=display_name,
            refreshable=refreshable,
            inhibit_login=inhibit_login,
        )

    def new_nonce(self) -> str:
        """A number used once for `register_with_secret`. Raises Unrecognized without a secret."""
        if self._secret is None:
            raise Unrecognized
        number = f"{self._clock() + _NONCE_MS:x}.{secrets.token_hex(16)}"
        return f"{number}.{self._seal(number)}"

    def _seal(self, number: str) -> str:
        """Any process knows by it that another one has made the number."""
        assert self._secret is not None
        return hmac.new(self._secret.encode(), f"nonce {number}".encode(), "sha256").hexdigest()

    async def _use(self, nonce: str) -> None:
        number, _, seal = nonce.rpartition(".")
        expires = number.partition(".")[0]
        known = hmac.compare_digest(seal.encode(), self._seal(number).encode())
        if not known or int(expires, 16) <= self._clock():
            raise InvalidParam("Unrecognised nonce")
        once = attempts.times(self._clock(), token=_NONCE_MS, bucket=_NONCE_MS)
        claim = (attempts.TAKE, attempts.TAKE.args({"key": f"nonce {number}", **once}))
        try:
            await self._committer.commit(Write(claim=claim, grouped=True))
        except LostClaim as error:
            raise InvalidParam("Unrecognised nonce") from error

    async def register_with_secret(
        self,
        *,
        nonce: str,
        username: str,
        password: str,
        admin: bool,
        user_type: str | None,
        mac: str,
        display_name: str | None,
    ) -> Session:
        """A new account for a script that knows the shared secret.

        mac: HMAC-SHA1 by the secret, in hex, of nonce, username, password, "admin" or "notadmin"
        (and user_type, where there is one), joined by NUL.
        """
        if self._secret is None:
            raise Unrecognized
        await self._use(nonce)
        parts = [nonce, username, password, "admin" if admin else "notadmin"]
        if user_type is not None:
            parts.append(user_type)
        wanted = hmac.new(self._secret.encode(), "\0".join(parts).encode(), "sha1").hexdigest()
        if not hmac.compare_digest(wanted.encode(), mac.lower().encode()):
            raise Forbidden("HMAC incorrect")
        user_id = self._user_id(username)
        if self._appservices.owner_of(user_id) is not None:
            raise Exclusive("That user name is reserved by an application service")
        await self._check_unused(user_id)
        if display_name:
            check_value(DISPLAYNAME, display_name)
        password_hash = await self._passwords.hash(self._passwords.check_new(password))
        session = await self._make(
            user_id, password_hash=password_hash, admin=admin, display_name=display_name
        )
        assert session is not None
        return session

    async def _make(
        self,
        user_id: UserId,
        *,
        password_hash: str | None,
        admin: bool = False,
        appservice_id: str | None = None,
        display_name: str | None = None,
        device_id: DeviceId | None = None,
        device_name: str | None = None,
        refreshable: bool = False,
        inhibit_login: bool = False,
    ) -> Session | None:
        rows, made = new_account(
            user_id,
            now=self._clock(),
            password_hash=password_hash,
            admin=admin,
            appservice_id=appservice_id,
            display_name=display_name,
        )
        session: Session | None = None
        if not inhibit_login:
            new = await self._sessions.prepare(
                user_id, device_id=device_id, display_name=device_name, refreshable=refreshable
            )
            rows, made, session = rows + new.log, made + new.statements, new.session
        try:
            await self._committer.commit(Write(log=rows, bind=statements(*made)))
        except Conflict as error:
            raise UserInUse from error
        return session

    def _user_id(self, username: object) -> UserId:
        if username is None:
            raise MissingParam("Missing username")
        return make_user_id(parse_new_localpart(username, self._server_name), self._server_name)

    def _appservice(self, as_token: str | None) -> Appservice:
        if as_token is None:
            raise MissingToken
        appservice = self._appservices.by_token(as_token)
        if appservice is None:
            raise UnknownToken
        return appservice

    async def _check_unused(self, user_id: UserId) -> None:
        async with self._database.read() as conn:
            if await accounts.account(conn, user_id) is not None:
                raise UserInUse

    async def _unused_user_id(self) -> UserId:
        letters = string.ascii_lowercase + string.digits
        name = "u" + "".join(secrets.choice(letters) for _ in range(11))
        return make_user_id(name, self._server_name)
