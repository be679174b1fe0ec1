"""An event loop in which nothing but a seed decides: its clock jumps to what is due next, and what
a thread would do is done by itself, some time later.

The servers' own code runs on it unchanged. Whatever it waits for, files and threads included, ends
at a moment that the seed chose, so a seed is one history, as often as it is run.
"""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

_WORK_S = 0.004
"""The longest that work in a thread takes, but for some that takes ten times as long."""
_SLOW = 0.05


class NothingDue(Exception):
    """Everybody waits for something that will never come."""


class _Selector(selectors.BaseSelector):
    """Knows no file. Waiting is moving the clock."""

    def __init__(self, advance: Callable[[float], None]) -> None:
        self._advance = advance
        self._keys: dict[Any, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        number = fileobj if isinstance(fileobj, int) else fileobj.fileno()
        key = selectors.SelectorKey(fileobj, number, events, data)
        self._keys[fileobj] = key
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._keys.pop(fileobj)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._keys

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise NothingDue
        self._advance(timeout)
        return []


class SimulatedLoop(asyncio.SelectorEventLoop):
    """random: decides how long work takes. Executors that were killed do nothing any more."""

    def __init__(self, random: Random) -> None:
        self._now = 0.0
        self._random = random
        self._busy: dict[Any, float] = {}
        self._dead: set[Any] = set()
        super().__init__(_Selector(self._advance))

    def time(self) -> float:
        return self._now

    def _advance(self, seconds: float) -> None:
        self._now += max(0.0, seconds)

    def kill(self, executor: Any) -> None:
        """What waits for it waits for ever, and what it has not begun is never done."""
        self._dead.add(executor)

    def run_in_executor(  # type: ignore[override]
        self, executor: Any, func: Callable[..., Any], *args: Any
    ) -> asyncio.Future[Any]:
        future = self.create_future()
        took = self._random.uniform(0, _WORK_S)
        if self._random.random() < _SLOW:
            took *= 10
        begin = max(self._now, self._busy.get(executor, 0.0)) + took
        told = self._random.uniform(0, _WORK_S / 4)
        self._busy[executor] = begin + told
        self.call_at(begin, self._work, executor, future, told, func, args)
        return future

    def _work(
        self,
        executor: Any,
        future: asyncio.Future[Any],
        told: float,
        func: Callable[..., Any],
        args: tuple[Any, ...],
    ) -> None:
        if executor in self._dead:
            return
        try:
            value = func(*args)
        except BaseException as error:
            self.call_later(told, self._tell, executor, future, None, error)
        else:
            self.call_later(told, self._tell, executor, future, value, None)

    def _tell(
        self, executor: Any, future: asyncio.Future[Any], value: Any, error: BaseException | None
    ) -> None:
        if executor in self._dead or future.done():
            return
        if error is None:
            future.set_result(value)
        else:
            future.set_exception(error)
