"""Transactions, and what is told once they are committed.

    async with self._work.begin() as unit:
        await ledger.receive(unit.conn, ...)
        unit.entries.append(Entry("task", ...))

At the end of the block the entries get their positions in the feed, the transaction is committed,
and the bus hears of it. If the block raises, nothing of it has happened.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.domain.ids import MESSAGE
from appservice_tasks.matrix_client import MatrixEvent
from appservice_tasks.services.bus import Bus, Outcome, Told
from appservice_tasks.services.clock import Clock
from appservice_tasks.storage import feed, news
from appservice_tasks.storage.database import Database
from appservice_tasks.storage.news import News
from appservice_tasks.storage.notifications import StoredNotice


@dataclass
class Unit:
    """One transaction, and what it will tell.

    now: its time, ms. quiet: nobody is told anything (a rebuild).
    """

    conn: AsyncConnection
    now: int
    quiet: bool = False
    entries: list[feed.Entry] = field(default_factory=list)
    notices: list[StoredNotice] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    events: list[MatrixEvent] = field(default_factory=list)
    chores: bool = False
    rooms: set[str] = field(default_factory=set)


class Work:
    """Begins transactions. holder: this process among those that use the database."""

    def __init__(self, database: Database, bus: Bus, clock: Clock) -> None:
        self.database = database
        self.bus = bus
        self.clock = clock
        self.holder = str(uuid.uuid4())

    @contextlib.asynccontextmanager
    async def begin(self, *, quiet: bool = False) -> AsyncIterator[Unit]:
        """A transaction that is committed at the end of the block."""
        async with self.database.write() as conn:
            unit = Unit(conn, self.clock(), quiet)
            yield unit
            rows = [] if quiet else await feed.append(conn, unit.entries, unit.now)
            if not quiet:
                await news.append(conn, self.holder, list(_news_of(unit)), unit.now)
        if quiet:
            return
        told = Told(
            rows=rows,
            notices=unit.notices,
            outcomes=unit.outcomes,
            events=unit.events,
            chores=unit.chores,
            rooms=frozenset(unit.rooms),
        )
        if told != Told():
            self.bus.tell(told)


def _news_of(unit: Unit) -> Iterator[News]:
    """What sockets of other processes are told of a transaction, beside its entries."""
    for event in unit.events:
        if event["type"] == MESSAGE:
            yield News("message", event["room_id"], event["event_id"])
    for notice in unit.notices:
        yield News("notice", notice.user_id, notice.id)
    for outcome in unit.outcomes:
        if outcome.rejected:
            yield News("rejected", outcome.actor, outcome.cmd_id)
