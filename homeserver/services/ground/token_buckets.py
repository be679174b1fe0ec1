"""Rate limits as token buckets, in bounded memory."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from homeserver.config import RateLimit
from homeserver.errors import LimitExceeded
from homeserver.services.ground.bounded_cache import BoundedCache

_BUCKET_BYTES = 160
_MAX_BYTES = 16_777_216

Levels = BoundedCache[tuple[str, str], tuple[float, float]]
"""Of all buckets, by purpose and key. Where there is no room, the one unused for longest is
forgotten: most likely it is full again anyway."""


def levels(max_bytes: int = _MAX_BYTES) -> Levels:
    """Room for buckets."""
    return BoundedCache(
        "buckets", max_bytes=max_bytes, weigh=lambda key, _: _BUCKET_BYTES + len(key[1])
    )


class TokenBuckets:
    """One bucket for each key: ``burst`` tokens at most, refilled with ``per_second``.

    now: seconds of a clock that never goes back.
    """

    def __init__(
        self,
        rate: RateLimit,
        *,
        now: Callable[[], float] = time.monotonic,
        purpose: str = "",
        kept: Levels | None = None,
    ) -> None:
        """kept: where the buckets of every purpose are."""
        self._rate = rate.per_second
        self._burst = float(rate.burst)
        self._now = now
        self._purpose = purpose
        self._buckets = levels() if kept is None else kept

    def take(self, key: str) -> None:
        """Takes a token. Raises LimitExceeded, saying when there will be one again."""
        level = self._level(key)
        self._require(level)
        self._store(key, level - 1.0)

    def check(self, key: str) -> None:
        """Raises LimitExceeded if there is no token; takes none."""
        self._require(self._level(key))

    def spend(self, key: str) -> None:
        """Takes a token if there is one."""
        self._store(key, max(0.0, self._level(key) - 1.0))

    def _level(self, key: str) -> float:
        bucket = self._buckets.get((self._purpose, key))
        if bucket is None:
            return self._burst
        level, then = bucket
        return min(self._burst, level + (self._now() - then) * self._rate)

    def _require(self, level: float) -> None:
        if level < 1.0:
            raise LimitExceeded(retry_after_ms=math.ceil((1.0 - level) / self._rate * 1000))

    def _store(self, key: str, level: float) -> None:
        self._buckets.put((self._purpose, key), (level, self._now()))
