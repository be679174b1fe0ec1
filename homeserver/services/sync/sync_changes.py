"""What is new for one person between two positions: from the ring if it reaches, else from the
database."""

from __future__ import annotations

from dataclasses import dataclass, field

from homeserver.services.events.log_feed import LogFeed
from homeserver.services.sync.notifier import UserStream
from homeserver.services.sync.receipts import ReceiptFact
from homeserver.storage import account_data, changes
from homeserver.storage.account_data import AccountData
from homeserver.storage.commit import LogRow
from homeserver.storage.database import Database
from homeserver.storage.events import StoredEvent


@dataclass(slots=True)
class RoomChange:
    """What is new in one room.

    events: every event in the interval, oldest first; None: there may be some, read them.
    receipts: those that moved; None: there may be some. resolved: the state may have changed
    otherwise than by the events.
    """

    events: list[StoredEvent] | None = None
    receipts: list[ReceiptFact] | None = None
    resolved: bool = False
    account_data: list[AccountData] = field(default_factory=list)


@dataclass(slots=True)
class Changes:
    """What is new by room number, and of the person's global account data."""

    rooms: dict[int, RoomChange] = field(default_factory=dict)
    account_data: list[AccountData] = field(default_factory=list)

    def room(self, nid: int) -> RoomChange:
        """The change of a room of which everything is told here."""
        change = self.rooms.get(nid)
        if change is None:
            change = self.rooms[nid] = RoomChange([], [])
        return change


class SyncChanges:
    """Gathers changes."""

    def __init__(self, database: Database, feed: LogFeed) -> None:
        self._database = database
        self._feed = feed

    async def between(self, stream: UserStream, after: int, upto: int) -> Changes:
        """Everything in (after, upto] that concerns the person."""
        if self._feed.covers(after):
            found = _from_rows(stream, self._feed.since(after), upto)
            if found is not None:
                return found
        return await self._from_database(stream, after, upto)

    async def _from_database(self, stream: UserStream, after: int, upto: int) -> Changes:
        found = Changes()
        moved = [nid for nid, m in stream.rooms.items() if m.position > after]
        joined = [nid for nid, m in stream.rooms.items() if m.membership == "join"]
        async with self._database.read() as conn:
            with_events = await changes.rooms_with_events(conn, joined, after=after, upto=upto)
            with_receipts = await changes.rooms_with_receipts(conn, joined, after=after, upto=upto)
            for entry in await account_data.changed(conn, stream.user_id, after=after, upto=upto):
                if entry.room == account_data.GLOBAL:
                    found.account_data.append(entry)
                else:
                    found.room(entry.room).account_data.append(entry)
        for nid in (*moved, *with_events):
            found.room(nid).events = None
        for nid in with_receipts:
            found.room(nid).receipts = None
        return found


def _from_rows(stream: UserStream, rows: list[LogRow], upto: int) -> Changes | None:
    """None: a row does not carry its fact, since another process wrote it."""
    found = Changes()
    mine, rooms = stream.user_id, stream.rooms
    for row in rows:
        if row.position > upto:
            break
        fact = row.fact
        if row.room is not None and row.room.nid in rooms:
            nid = row.room.nid
            if row.kind == "event":
                change = found.room(nid)
                if not isinstance(fact, StoredEvent):
                    change.events = None
                elif change.events is not None:
                    change.events.append(fact)
                change.resolved = change.resolved or row.state is not None
            elif row.kind == "receipt":
                if not isinstance(fact, ReceiptFact):
                    return None
                receipts = found.room(nid).receipts
                assert receipts is not None
                receipts.append(fact)
        if row.kind == "account_data" and row.user_id == mine:
            if not isinstance(fact, AccountData):
                return None
            if fact.room == account_data.GLOBAL:
                found.account_data.append(fact)
            else:
                found.room(fact.room).account_data.append(fact)
    return found
