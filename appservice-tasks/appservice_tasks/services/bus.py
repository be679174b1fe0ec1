"""What is told inside this process once it is committed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from appservice_tasks.matrix_client import MatrixEvent
from appservice_tasks.observe import get_logger
from appservice_tasks.storage.feed import FeedRow
from appservice_tasks.storage.notifications import StoredNotice

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A command has its outcome in the ledger, or its turn to be looked at again. rejected: it
    was, or will be by an event that is to be sent."""

    actor: str
    cmd_id: str
    rejected: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """Something that listeners may want to know.

    rows: of the feed, in order. notices: new ones of the inbox. outcomes: commands decided.
    events: messages and memberships of every room, in the order of the log. chores: something waits
    to be sent. rooms: commands wait in these.
    """

    rows: Sequence[FeedRow] = ()
    notices: Sequence[StoredNotice] = ()
    outcomes: Sequence[Outcome] = ()
    events: Sequence[MatrixEvent] = ()
    chores: bool = False
    rooms: frozenset[str] = frozenset()


Listener = Callable[[Told], None]


class Bus:
    """Calls every listener, in the order of their coming. Listeners do not wait."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Tells it from now on."""
        self._listeners.append(listener)

    def deafen(self, listener: Listener) -> None:
        """Tells it no more."""
        self._listeners.remove(listener)

    def tell(self, told: Told) -> None:
        """After the commit."""
        for listener in list(self._listeners):
            try:
                listener(told)
            except Exception:
                log.exception("listener_failed")


async def keep_running(name: str, work: Callable[[], Awaitable[None]], pause: float = 1.0) -> None:
    """Runs a loop of the background until it is cancelled; a fault is logged, then it goes on."""
    while True:
        try:
            await work()
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("background_failed", work=name)
        await asyncio.sleep(pause)
