"""Buckets of attempts to sign in: of one process, or of all that share the database.

Requests that people make anyway are counted in each process by itself (`token_buckets`); guessing
passwords must not get easier by the number of processes.
"""

from __future__ import annotations

import math
from typing import Protocol

from homeserver.config import RateLimit
from homeserver.errors import LimitExceeded
from homeserver.services.ground.clock import Clock
from homeserver.services.ground.token_buckets import Levels, TokenBuckets
from homeserver.storage import attempts
from homeserver.storage.commit import Committer, LostClaim, Write, statements
from homeserver.storage.database import Database


class Buckets(Protocol):
    """One bucket for each key."""

    async def take(self, key: str) -> None:
        """Takes a token. Raises LimitExceeded, saying when there will be one again."""

    async def check(self, key: str) -> None:
        """Raises LimitExceeded if there is no token; takes none."""

    async def spend(self, key: str) -> None:
        """Takes a token if there is one."""


class OwnBuckets:
    """Those of a process that is alone."""

    def __init__(self, rate: RateLimit, purpose: str = "", kept: Levels | None = None) -> None:
        self._buckets = TokenBuckets(rate, purpose=purpose, kept=kept)

    async def take(self, key: str) -> None:
        self._buckets.take(key)

    async def check(self, key: str) -> None:
        self._buckets.check(key)

    async def spend(self, key: str) -> None:
        self._buckets.spend(key)


class SharedBuckets:
    """Those of all processes, in the database. purpose: distinguishes kinds of keys."""

    def __init__(
        self, database: Database, committer: Committer, clock: Clock, purpose: str, rate: RateLimit
    ) -> None:
        self._database = database
        self._committer = committer
        self._clock = clock
        self._purpose = purpose
        self._token = math.ceil(1000 / rate.per_second)
        self._bucket = self._token * rate.burst

    async def take(self, key: str) -> None:
        params = {"key": self._key(key), **self._times()}
        claim = (attempts.TAKE, attempts.TAKE.args(params))
        try:
            await self._committer.commit(Write(claim=claim, grouped=True))
        except LostClaim:
            await self.check(key)
            raise LimitExceeded(retry_after_ms=1) from None  # there has just been one again

    async def check(self, key: str) -> None:
        async with self._database.read() as conn:
            full_ts = await attempts.full_ts(conn, self._key(key))
        wait = full_ts - self._times()["latest"]
        if wait > 0:
            raise LimitExceeded(retry_after_ms=wait)

    async def spend(self, key: str) -> None:
        times = self._times()
        params = {"key": self._key(key), "empty": times["now"] + self._bucket, **times}
        await self._committer.commit(Write(bind=statements((attempts.SPEND, params))))

    def _key(self, key: str) -> str:
        return f"{self._purpose} {key}"

    def _times(self) -> dict[str, int]:
        return attempts.times(self._clock(), token=self._token, bucket=self._bucket)
