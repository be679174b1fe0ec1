"""A network that delays, duplicates, reorders, drops and parts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")


class Unreachable(Exception):
    """No answer, which does not mean that nothing was done."""


@dataclass
class Weather:
    """lost: the share of messages that do not arrive. doubled: that arrive twice. delay_s: the
    longest that most of them take; some take ten times as long."""

    lost: float = 0.0
    doubled: float = 0.0
    delay_s: float = 0.02


CALM = Weather()


class Network:
    """Carries calls between servers. parted: pairs of servers that do not hear each other."""

    def __init__(self, random: Random, weather: Weather) -> None:
        self._random = random
        self.weather = weather
        self.parted: set[frozenset[str]] = set()

    def heal(self) -> None:
        """From now on everything arrives, and soon."""
        self.parted.clear()
        self.weather = CALM

    def part(self, one: str, other: str) -> None:
        """Neither hears of the other."""
        self.parted.add(frozenset((one, other)))

    async def call(
        self, sender: str, receiver: str, work: Callable[[], Awaitable[T]], *, patience_s: float
    ) -> T:
        """Has the receiver do something, which it may do twice, and gives what it answers.

        Raises Unreachable, after a while.
        """
        try:
            async with asyncio.timeout(patience_s):
                await self._travel(sender, receiver)
                if self._random.random() < self.weather.doubled:
                    again = asyncio.ensure_future(self._again(work))
                    again.add_done_callback(_forget)
                answer = await work()
                await self._travel(receiver, sender)
                return answer
        except TimeoutError:
            raise Unreachable from None

    async def _again(self, work: Callable[[], Awaitable[Any]]) -> None:
        await asyncio.sleep(self._delay())
        await work()

    async def _travel(self, sender: str, receiver: str) -> None:
        await asyncio.sleep(self._delay())
        lost = self._random.random() < self.weather.lost
        if lost or frozenset((sender, receiver)) in self.parted:
            await asyncio.get_running_loop().create_future()

    def _delay(self) -> float:
        delay = self._random.uniform(0, self.weather.delay_s)
        return delay * 10 if self._random.random() < 0.1 else delay


def _forget(task: asyncio.Future[None]) -> None:
    """Nobody waits for the second arrival of a message, whatever becomes of it."""
    if not task.cancelled():
        task.exception()
