"""Whose request it is.

A token is checked twice: its signature and life here, with the key that the homeserver publishes;
whether its session still stands, by asking the homeserver, which alone knows.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import jwt
from nacl.signing import VerifyKey

from appservice_tasks.errors import Problem, unavailable
from appservice_tasks.matrix_client import MatrixClient, Refused, Unavailable
from appservice_tasks.observe import get_logger
from appservice_tasks.services.token_keys import Claims, key_id, published_keys, read_token

log = get_logger(__name__)

TRUST_SECONDS: Final = 2.0
"""How long the homeserver's yes is believed."""

_KEYS_PATH: Final = "/_teammessenger/client/v1/token_keys"
_WHOAMI_PATH: Final = "/_matrix/client/v3/account/whoami"
_ACCOUNT: Final = "org.teammessenger.account"
_KEYS_PAUSE: Final = 10.0
"""Seconds before the keys are asked for again because of a token that names an unknown one."""
_MAX_LENGTH: Final = 4096
_MOST_KNOWN: Final = 20_000


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, with their own token.

    admin: an administrator of the homeserver. expires_at: seconds since 1970, None for never.
    must_change_password: nothing but that is open to them.
    """

    user_id: str
    device_id: str
    token: str
    admin: bool = False
    must_change_password: bool = False
    expires_at: int | None = None


class Who:
    """Reads tokens.

    learn: hears whether somebody is an administrator; greet: hears who came. Both hear it whenever
    the homeserver was asked. wall: seconds since 1970; now: seconds that only rise.
    """

    def __init__(
        self,
        homeserver: MatrixClient,
        server_name: str,
        *,
        learn: Callable[[str, bool], Awaitable[None]] | None = None,
        greet: Callable[[Caller], None] | None = None,
        wall: Callable[[], float] = time.time,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._homeserver = homeserver
        self._server_name = server_name
        self._learn = learn
        self._greet = greet
        self._wall = wall
        self._now = now
        self._keys: dict[str, VerifyKey] = {}
        self._keys_at: float | None = None
        self._keys_lock = asyncio.Lock()
        self._known: OrderedDict[str, tuple[float, Caller]] = OrderedDict()
        self._asking: dict[str, asyncio.Task[Caller]] = {}

    async def is_asking(self, token: str | None, *, trust: float = TRUST_SECONDS) -> Caller:
        """The caller of a token.

        trust: how many seconds old the homeserver's word may be. Raises Problem: `token_missing`,
        `token_invalid` (not one of the homeserver's), `token_expired`, `token_revoked`;
        `unavailable` when the homeserver cannot be asked.
        """
        if not token:
            raise Problem("token_missing", "Send Authorization: Bearer and an access token")
        claims = await self._claims(token)
        known = self._known.get(token)
        if known is not None and self._now() - known[0] <= trust:
            return known[1]
        asking = self._asking.get(token)
        if asking is None:
            asking = asyncio.create_task(self._ask(token, claims))
            self._asking[token] = asking
            asking.add_done_callback(lambda _done: self._asking.pop(token, None))
        return await asyncio.shield(asking)

    def forget(self, token: str) -> None:
        """Its session has ended: the homeserver's word is not believed any more."""
        self._known.pop(token, None)

    async def _claims(self, token: str) -> Claims:
        try:
            if len(token) > _MAX_LENGTH:
                raise jwt.InvalidTokenError("too long")
            key = await self._key(key_id(token))
            claims = read_token(token, key, self._server_name)
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise Problem("token_invalid", "Not an access token of this server") from error
        # Whether it has expired is said apart from whether it is one of ours.
        if claims.exp is not None and claims.exp <= self._wall():
            self.forget(token)
            raise Problem("token_expired", "Use the refresh token")
        return claims

    async def _key(self, kid: object) -> VerifyKey:
        """The published key of this id. Raises PyJWTError where there is none."""
        if not isinstance(kid, str):
            raise jwt.InvalidKeyError("no kid")
        if kid not in self._keys:
            async with self._keys_lock:
                is_due = self._keys_at is None or self._now() - self._keys_at >= _KEYS_PAUSE
                if kid not in self._keys and is_due:
                    self._keys = await self._fetch_keys()
                    self._keys_at = self._now()
        if kid not in self._keys:
            raise jwt.InvalidKeyError("unknown kid")
        return self._keys[kid]

    async def _fetch_keys(self) -> dict[str, VerifyKey]:
        try:
            answer = await self._homeserver.speaking(None).request("GET", _KEYS_PATH)
        except (Refused, Unavailable) as error:
            log.warning("no_token_keys", error=str(error))
            raise unavailable("The homeserver does not answer") from error
        return published_keys(answer.get("keys", []))

    async def _ask(self, token: str, claims: Claims) -> Caller:
        asked_at = self._now()
        try:
            answer = await self._homeserver.speaking(token).request("GET", _WHOAMI_PATH, timeout=10)
        except Refused as refused:
            self.forget(token)
            raise Problem("token_revoked", "The session has ended: sign in again") from refused
        except Unavailable as error:
            raise unavailable("The homeserver does not answer") from error
        account = answer.get(_ACCOUNT) or {}
        caller = Caller(
            user_id=str(answer["user_id"]),
            device_id=str(answer.get("device_id") or claims.did),
            token=token,
            admin=account.get("admin") is True,
            must_change_password=account.get("must_change_password") is True,
            expires_at=claims.exp,
        )
        if self._learn is not None:
            await self._learn(caller.user_id, caller.admin)
        if self._greet is not None:
            self._greet(caller)
        self._known[token] = (asked_at, caller)
        self._known.move_to_end(token)
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)
        return caller
