"""How often one person (or one address, before signing in) may ask."""

from __future__ import annotations

import enum
import math
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

from appservice_tasks.errors import Problem


class Limit(enum.Enum):
    """The class of rate limit that a request counts in."""

    NONE = "none"
    READ = "read"
    WRITE = "write"
    HEAVY = "heavy"


RATES: Final[Mapping[Limit, tuple[float, float]]] = {
    Limit.READ: (50, 200),
    Limit.WRITE: (20, 200),
    Limit.HEAVY: (0.2, 5),
}
"""Requests per second in the long run, and at once after a pause.

A list is read at each keystroke of a search; a bulk edit is many writes; a rebuild reads the log.
"""

_MOST_CALLERS = 50_000


class Limits:
    """Counts requests. enabled: off in test suites. now: seconds that only rise."""

    def __init__(self, *, enabled: bool, now: Callable[[], float] = time.monotonic) -> None:
        self._enabled = enabled
        self._now = now
        self._buckets: OrderedDict[tuple[Limit, str], tuple[float, float]] = OrderedDict()

    def check(self, limit: Limit, who: str) -> None:
        """Counts one. Raises Problem `rate_limited`. who: a user, or an address."""
        if not self._enabled or limit is Limit.NONE:
            return
        rate, burst = RATES[limit]
        key, now = (limit, who), self._now()
        level, since = self._buckets.pop(key, (burst, now))
        level = min(burst, level + (now - since) * rate)
        if level < 1:
            self._buckets[key] = (level, now)
            raise Problem(
                "rate_limited", "Too many requests", retry_after=math.ceil((1 - level) / rate)
            )
        self._buckets[key] = (level - 1, now)
        if len(self._buckets) > _MOST_CALLERS:
            self._buckets.popitem(last=False)
