"""One-time sign-in links: how new colleagues come in, and those return who lost everything."""

from __future__ import annotations

from dataclasses import dataclass

from homeserver.errors import NotFound
from homeserver.ids import DeviceId, UserId
from homeserver.services.accounts.new_account import account_row
from homeserver.services.accounts.passwords import Passwords
from homeserver.services.accounts.tokens import Session, Statement, Tokens, hash_token, new_secret
from homeserver.services.ground.clock import Clock
from homeserver.storage import accounts, profiles, tokens
from homeserver.storage.commit import Committer, LostClaim, Write, statements
from homeserver.storage.database import Database
from homeserver.storage.profiles import DISPLAYNAME

_GONE = "The link is unknown, used or expired"


@dataclass(frozen=True, slots=True)
class Link:
    """A new link, to be committed by ``statements``. Only its owner may ever see ``token``."""

    token: str
    expires_ts: int
    statements: list[Statement]


class Welcome:
    """Makes and redeems links. ttl_ms: how long they live."""

    def __init__(
        self,
        database: Database,
        committer: Committer,
        passwords: Passwords,
        sessions: Tokens,
        clock: Clock,
        *,
        ttl_ms: int,
    ) -> None:
        self._database = database
        self._committer = committer
        self._passwords = passwords
        self._sessions = sessions
        self._clock = clock
        self._ttl = ttl_ms

    def prepare(self, user_id: UserId) -> Link:
        """A link for this user, committed by the caller; it replaces the ones before."""
        token, now = new_secret(), self._clock()
        row = {
            "token_hash": hash_token(token),
            "user_id": user_id,
            "purpose": tokens.WELCOME,
            "expires_ts": now + self._ttl,
        }
        return Link(
            token,
            now + self._ttl,
            [
                (tokens.DELETE_ONCE_OF_USER, {"user_id": user_id}),
                (tokens.INSERT_ONCE, row),
            ],
        )

    async def whose(self, token: str) -> tuple[UserId, str | None]:
        """Whom a link is for, and their display name. Raises NotFound."""
        async with self._database.read() as conn:
            user_id = await tokens.user_of_once(
                conn, hash_token(token), tokens.WELCOME, now=self._clock()
            )
            if user_id is None:
                raise NotFound(_GONE)
            names = await profiles.names(conn, [user_id])
        return user_id, names.get(user_id, {}).get(DISPLAYNAME)

    async def use(
        self,
        token: str,
        password: object,
        *,
        device_id: DeviceId | None,
        display_name: str | None,
        refreshable: bool,
    ) -> Session:
        """Sets the password and begins a session, once. Sessions from before end.

        Raises NotFound, and what `Passwords.check_new` raises; the link is used up only by success.
        """
        user_id, _ = await self.whose(token)
        password_hash = await self._passwords.hash(self._passwords.check_new(password))
        rows, ended = await self._sessions.ending_all(user_id)
        new = await self._sessions.prepare(
            user_id, device_id=device_id, display_name=display_name, refreshable=refreshable
        )
        change = {"user_id": user_id, "password_hash": password_hash, "must_change_password": 0}
        args = {
            "token_hash": hash_token(token),
            "purpose": tokens.WELCOME,
            "now": self._clock(),
        }
        write = Write(
            log=[account_row(user_id), *rows, *new.log],
            bind=statements(*ended, (accounts.SET_PASSWORD, change), *new.statements),
            claim=(tokens.CLAIM_ONCE, tokens.CLAIM_ONCE.args(args)),
        )
        try:
            await self._committer.commit(write)
        except LostClaim as error:
            raise NotFound(_GONE) from error
        return new.session
