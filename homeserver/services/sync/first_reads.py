"""What a sync that begins anew reads of many rooms at once.

Asked of each room alone, these would be most of the questions of a first sync.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from homeserver.services.reading.visible_events import VisibleEvents
from homeserver.services.sync.reader import Reader
from homeserver.services.sync.sync_summary import SyncSummary
from homeserver.services.sync.unread import ReadAtOnce, UnreadCounts
from homeserver.storage import receipts
from homeserver.storage.account_data import AccountData
from homeserver.storage.database import Reads
from homeserver.storage.membership import Membership
from homeserver.storage.receipts import ReceiptFact


@dataclass(frozen=True, slots=True)
class FirstRead:
    """Everything of one room that the reader is in, as far as it could be read with that of others.
    account_data, receipts: all that there are."""

    account_data: list[AccountData]
    receipts: list[ReceiptFact]
    summary: dict[str, Any]
    unread: ReadAtOnce


class FirstReads:
    """Reads them."""

    def __init__(
        self, database: Reads, visible: VisibleEvents, unread: UnreadCounts, summary: SyncSummary
    ) -> None:
        self._database = database
        self._visible = visible
        self._unread = unread
        self._summary = summary

    @asynccontextmanager
    async def of(
        self, reader: Reader, rooms: Sequence[Membership], entries: Sequence[AccountData]
    ) -> AsyncIterator[dict[int, FirstRead]]:
        """By room number, of those of the rooms that the reader is in; for use within the block.
        entries: their account data of every room."""
        joined = [room.room for room in rooms if room.membership == "join"]
        data: dict[int, list[AccountData]] = {room: [] for room in joined}
        for entry in entries:
            if entry.room in data and entry.content is not None:
                data[entry.room].append(entry)
        await self._visible.read_memberships(joined, reader.user_id)
        summaries = await self._summary.of_rooms(joined, reader.user_id, upto=reader.upto)
        async with self._database.read() as conn:
            moved = await receipts.of_rooms(conn, joined, upto=reader.upto)
        async with self._unread.reading(joined, reader.user_id) as unread:
            yield {
                room: FirstRead(data[room], moved[room], summaries[room], unread) for room in joined
            }
