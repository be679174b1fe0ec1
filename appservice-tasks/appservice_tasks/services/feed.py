"""The feed as one person reads it: what changed behind a position, shown as it is now."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.contracts import FeedItem
from appservice_tasks.errors import Problem
from appservice_tasks.services.bus import Bus, Told
from appservice_tasks.services.show_tasks import ShowTasks
from appservice_tasks.storage import feed, task_rows
from appservice_tasks.storage.database import Database
from appservice_tasks.storage.feed import FeedRow

_POLL_SECONDS = 1.0
"""Other processes write into the feed too, and nobody tells us."""


class Feed:
    """Reads it, and waits for what is new."""

    def __init__(self, database: Database, show: ShowTasks, bus: Bus) -> None:
        self._database = database
        self._show = show
        self._bus = bus

    async def page(self, user_id: str, since: int | None, limit: int) -> tuple[list[FeedItem], int]:
        """Items behind a position, oldest first, and the position to go on from.

        since: None: nothing but the present position. Raises Problem `resync`: it is too old.
        """
        async with self._database.read() as conn:
            head = await feed.shown_head(conn)
            if since is None:
                return [], head
            if since < await feed.horizon(conn):
                raise Problem("resync", "The position is too old")
            seen = await self._show.visible_rooms(conn, user_id)
            rows = await feed.after(conn, since, limit, rooms=seen, user_id=user_id)
            items = await self._items(conn, user_id, rows, set(seen))
        if len(rows) == limit:
            return items, rows[-1].seq
        return items, max(since, head, *(row.seq for row in rows))

    async def wait_for(
        self, user_id: str, since: int | None, limit: int, *, seconds: float
    ) -> tuple[list[FeedItem], int]:
        """The same; while there is nothing, it waits for something."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        news = asyncio.Event()

        def hear(told: Told) -> None:
            if any(row.kind not in feed.MOVES for row in told.rows):
                news.set()

        self._bus.listen(hear)
        try:
            while True:
                news.clear()
                items, following = await self.page(user_id, since, limit)
                left = end - loop.time()
                if items or since is None or left <= 0:
                    return items, following
                since = following
                try:
                    await asyncio.wait_for(news.wait(), min(left, _POLL_SECONDS))
                except TimeoutError:
                    continue
        finally:
            self._bus.deafen(hear)

    async def items(self, user_id: str, rows: Sequence[FeedRow]) -> list[FeedItem]:
        """Rows, as far as the person may see what they are about."""
        async with self._database.read() as conn:
            seen = await self._show.visible_rooms(conn, user_id)
            return await self._items(conn, user_id, rows, set(seen))

    async def _items(
        self, conn: AsyncConnection, user_id: str, rows: Sequence[FeedRow], seen: set[str]
    ) -> list[FeedItem]:
        # A task that changed twice is shown once, where it changed last.
        last = {row.task_id: row for row in rows if row.task_id is not None}
        stored = await task_rows.find_many(conn, last)
        visible = {
            task_id: each
            for task_id, each in stored.items()
            if each.snapshot is not None and each.room_id in seen
        }
        shown = {
            task["id"]: task
            for task in await self._show.shown(conn, user_id, list(visible.values()))
        }
        items: list[FeedItem] = []
        for row in rows:
            if row.task_id is None:
                if row.kind in ("room_joined", "room_left"):
                    items.append({"seq": row.seq, "kind": row.kind, "room_id": row.room_id})
            elif last[row.task_id] is not row:
                continue
            elif row.task_id in shown:
                items.append({"seq": row.seq, "kind": "task", "task": shown[row.task_id]})
            elif row.kind == "gone":
                items.append(
                    {
                        "seq": row.seq,
                        "kind": "gone",
                        "task_id": row.task_id,
                        "room_id": row.room_id,
                    }
                )
        return items
