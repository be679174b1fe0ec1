"""The time."""

from __future__ import annotations

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Now, in ms since 1970."""


def wall_clock() -> int:
    """This machine's."""
    return time.time_ns() // 1_000_000
