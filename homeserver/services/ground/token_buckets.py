"""Rate limits as token buckets, in bounded memory."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable

from homeserver.config import RateLimit
from homeserver.errors import LimitExceeded

_MAX_BUCKETS = 50_000
"""Beyond this the bucket unused for longest is forgotten: most likely it is full again anyway."""


class TokenBuckets:
    """One bucket for each key: ``burst`` tokens at most, refilled with ``per_second``.

    now: seconds of a clock that never goes back.
    """

    def __init__(self, rate: RateLimit, *, now: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate.per_second
        self._burst = float(rate.burst)
        self._now = now
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def take(self, key: Hashable) -> None:
        """Takes a token. Raises LimitExceeded, saying when there will be one again."""
        level = self._level(key)
        self._require(level)
        self._store(key, level - 1.0)

    def check(self, key: Hashable) -> None:
        """Raises LimitExceeded if there is no token; takes none."""
        self._require(self._level(key))

    def spend(self, key: Hashable) -> None:
        """Takes a token if there is one."""
        self._store(key, max(0.0, self._level(key) - 1.0))

    def _level(self, key: Hashable) -> float:
        bucket = self._buckets.get(key)
        if bucket is None:
            return self._burst
        level, then = bucket
        return min(self._burst, level + (self._now() - then) * self._rate)

    def _require(self, level: float) -> None:
        if level < 1.0:
            raise LimitExceeded(retry_after_ms=math.ceil((1.0 - level) / self._rate * 1000))

    def _store(self, key: Hashable, level: float) -> None:
        self._buckets[key] = (level, self._now())
        self._buckets.move_to_end(key)
        if len(self._buckets) > _MAX_BUCKETS:
            self._buckets.popitem(last=False)
