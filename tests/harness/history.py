"""Reading a room's history in pages, as /messages does."""

from __future__ import annotations

from homeserver.compose.engine import Engine
from homeserver.protocol.event import Event
from homeserver.protocol.sync_filter import RoomEventFilter
from homeserver.services.reading.page_history import PageHistory
from homeserver.services.reading.read_timeline import END, START, Page, ReadTimeline
from homeserver.services.receiving.fill_gaps import FillGaps
from homeserver.storage.events import Place


async def page(
    engine: Engine,
    fill: FillGaps | None,
    room_id: str,
    user_id: str,
    start: Place,
    *,
    backwards: bool = True,
    limit: int = 10,
) -> Page:
    """One page."""
    timeline = ReadTimeline(engine.database, engine.cache, engine.visible)
    history = PageHistory(timeline, engine.visible, engine.gaps, fill)
    head = await engine.heads.get(room_id)
    return await history.page(
        head.nid,
        room_id,
        user_id,
        start=start,
        stop=START if backwards else END,
        backwards=backwards,
        limit=limit,
        accept=RoomEventFilter(),
    )


async def history(
    engine: Engine,
    fill: FillGaps | None,
    room_id: str,
    user_id: str,
    *,
    backwards: bool = True,
    limit: int = 50,
) -> list[Event]:
    """Everything that the user sees, oldest first, read from one end to the other."""
    start = END if backwards else START
    shown: list[Event] = []
    for _ in range(200):
        read = await page(engine, fill, room_id, user_id, start, backwards=backwards, limit=limit)
        shown += [stored.event for stored, _ in read.events]
        if read.next is None:
            break
        assert read.next != start, "the reader does not get on"
        start = read.next
    return shown[::-1] if backwards else shown
