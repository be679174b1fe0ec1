"""One room in a sync: joined, invited, knocked on or left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from homeserver.services.events.event_cache import EventCache
from homeserver.services.events.room_heads import MEMBER
from homeserver.services.reading.render_events import RenderEvents, render_stripped
from homeserver.services.reading.visible_events import VisibleEvents
from homeserver.services.sync.first_reads import FirstRead
from homeserver.services.sync.reader import Reader
from homeserver.services.sync.shared_news import RoomNews, SharedNews
from homeserver.services.sync.sync_changes import RoomChange
from homeserver.services.sync.sync_filtered import shape, shown_timeline
from homeserver.services.sync.sync_receipts import RECEIPT, receipt_events
from homeserver.services.sync.sync_state import SyncState
from homeserver.services.sync.sync_summary import SyncSummary
from homeserver.services.sync.sync_timeline import SyncTimeline, Timeline
from homeserver.services.sync.typing import Typing
from homeserver.services.sync.unread import UnreadCounts
from homeserver.storage import account_data, receipts, room_state
from homeserver.storage.account_data import AccountData
from homeserver.storage.database import Reads
from homeserver.storage.events import StoredEvent
from homeserver.storage.membership import Membership

STRIPPED = [
    "m.room.create",
    "m.room.join_rules",
    "m.room.canonical_alias",
    "m.room.avatar",
    "m.room.name",
    "m.room.encryption",
    "m.room.topic",
]
"""What a stranger is shown of a room: client-server-api, "Stripped state"."""

CREATE = "m.room.create"
_CALLED_BY = (MEMBER, "m.room.name", "m.room.canonical_alias")


class SyncRooms:
    """Builds the entries of ``rooms`` in a sync."""

    def __init__(
        self,
        database: Reads,
        cache: EventCache,
        visible: VisibleEvents,
        render: RenderEvents,
        timeline: SyncTimeline,
        state: SyncState,
        unread: UnreadCounts,
        typing: Typing,
        summary: SyncSummary,
    ) -> None:
        self._shared = SharedNews(timeline, render)
        self._database = database
        self._cache = cache
        self._visible = visible
        self._render = render
        self._timeline = timeline
        self._state = state
        self._unread = unread
        self._typing = typing
        self._summary = summary

    async def joined(
        self,
        reader: Reader,
        room: Membership,
        after: int | None,
        change: RoomChange,
        *,
        typing: bool,
        first: FirstRead | None = None,
    ) -> dict[str, Any] | None:
        """A room that the reader is in. after: None if it is new to the client. typing: tell who
        types. first: what was read of it before. None: there is nothing to say about it."""
        entered = False
        if after is not None and room.position <= after:
            news = await self._shared.of(reader, room, after, change)
            if news is not None:
                return await self._alike(reader, room, after, change, news, typing=typing)
        elif after is not None:
            before = await self._visible.membership_at(room.room, reader.user_id, after)
            if before != "join":
                after, entered = None, True
        new = after is None
        timeline = await self._timeline.of(reader, room, change, after=after)
        if entered and not any(s.event.type == CREATE for s, _ in timeline.events):
            timeline.limited = True  # there is more, whether or not the filter lets it pass
        summary: dict[str, Any] = {}
        if first is not None:
            summary = first.summary
        elif new or timeline.limited or _may_be_called_otherwise(change):
            summary = await self._summary.of(room.room, reader.user_id, upto=reader.upto)
        state = await self._state_of(
            reader, room, timeline, after, reader.upto, heroes=summary.get("m.heroes", ())
        )
        ephemeral = await self._ephemeral(reader, room, after, change, first, typing=typing)
        data = await self._account_data(reader, room, after, change, first)
        told = timeline.events or timeline.limited or state or ephemeral or data
        # Counts may have changed by what the client does not want, or by what was not read (None).
        if not (new or told or change.events != [] or change.receipts != []):
            return None
        entry = await self._entry(reader, room, timeline, state)
        entry["account_data"] = {"events": data}
        entry["ephemeral"] = {"events": ephemeral}
        entry["summary"] = summary
        await self._count(entry, reader, room, first)
        return entry

    async def _alike(
        self,
        reader: Reader,
        room: Membership,
        after: int,
        change: RoomChange,
        news: RoomNews,
        *,
        typing: bool,
    ) -> dict[str, Any] | None:
        """A room of which the reader is told what others are told as well."""
        state: Sequence[Any] = ()
        if reader.wanted.room.state.lazy_load_members and not self._has_members(
            reader, room, after, news
        ):
            missing = await self._state_of(reader, room, news.seen, after, reader.upto)
            if missing:
                rendered = await self._render.render_state(missing, with_room_id=False)
                state = shape(rendered, missing, reader.wanted)
        ephemeral: Sequence[Any] = news.receipts
        if typing:
            ephemeral = [*ephemeral, *self._typing_events(reader, room)]
        data: Sequence[Any] = ()
        if change.account_data:
            data = await self._account_data(reader, room, after, change)
        if not (change.events or change.receipts or state or ephemeral or data):
            return None  # here both are known
        entry = {
            "timeline": news.timeline,
            reader.state_after or "state": {"events": state},
            "account_data": {"events": data},
            "ephemeral": {"events": ephemeral},
            "summary": {},
        }
        await self._count(entry, reader, room)
        return entry

    def _has_members(self, reader: Reader, room: Membership, after: int, news: RoomNews) -> bool:
        """Whether the device surely has whoever wrote."""
        return reader.lazy_since is None and self._state.complete(
            room.room,
            room.room_id,
            news.senders,
            reader.wanted.room.state,
            device=reader.device,
            after=after,
        )

    async def _count(
        self,
        entry: dict[str, Any],
        reader: Reader,
        room: Membership,
        first: FirstRead | None = None,
    ) -> None:
        """Adds what the reader has not read."""
        counts = await self._unread.of(
            room.room,
            reader.user_id,
            ignored=reader.ignored,
            read=None if first is None else first.unread,
        )
        by_thread = reader.wanted.room.timeline.unread_thread_notifications
        total = counts.main if by_thread else counts.summed()
        entry["unread_notifications"] = {
            "notification_count": total.notify,
            "highlight_count": total.highlight,
        }
        if by_thread:
            entry["unread_thread_notifications"] = {
                root: {"notification_count": c.notify, "highlight_count": c.highlight}
                for root, c in counts.threads.items()
            }

    async def left(
        self, reader: Reader, room: Membership, after: int | None
    ) -> dict[str, Any] | None:
        """A room that the reader left, or was thrown out of: up to then."""
        upto = room.position
        if after is not None:
            before = await self._visible.membership_at(room.room, reader.user_id, after)
            if before in ("leave", "ban"):
                # Joined and left in between, or banned from outside: as new to the client.
                after = None if await self._was_joined(reader, room, after) else after
            elif before != "join":
                after = upto - 1
        timeline = await self._timeline.read(
            room.room,
            reader.user_id,
            reader.wanted.room.timeline,
            after=after or 0,
            upto=upto,
            ignored=reader.ignored,
        )
        state = await self._state_of(reader, room, timeline, after, upto)
        entry = await self._entry(reader, room, timeline, state)
        entry["account_data"] = {"events": []}
        return entry

    async def _was_joined(self, reader: Reader, room: Membership, after: int) -> bool:
        return await self._visible.joined_since(room.room, reader.user_id) > after

    async def invited(self, reader: Reader, room: Membership) -> dict[str, Any]:
        """A room that the reader is invited to or knocks on."""
        async with self._database.read() as conn:
            at = room.position
            found = await room_state.at_types(conn, room.room, at, STRIPPED)
            found.update(
                await room_state.at_keys(conn, room.room, at, MEMBER, [reader.user_id, room.sender])
            )
        events = await self._cache.by_nid(found.values())
        shown = [orjson.Fragment(raw) for raw in render_stripped(events.values())]
        return {f"{room.membership}_state": {"events": shown}}

    async def _state_of(
        self,
        reader: Reader,
        room: Membership,
        timeline: Timeline,
        after: int | None,
        upto: int,
        heroes: Sequence[str] = (),
    ) -> list[StoredEvent]:
        since = reader.lazy_since
        if since is not None and reader.wanted.room.state.lazy_load_members:
            since = max(since, await self._visible.joined_since(room.room, reader.user_id))
        return await self._state.of(
            room.room,
            room.room_id,
            timeline,
            reader.wanted.room.state,
            user_id=reader.user_id,
            device=reader.device,
            after=None if reader.full_state else after,
            upto=upto,
            at_end=reader.state_after is not None,
            heroes=heroes,
            lazy_since=since,
        )

    async def _entry(
        self, reader: Reader, room: Membership, timeline: Timeline, state: list[StoredEvent]
    ) -> dict[str, Any]:
        rendered = await self._render.render(
            timeline.events,
            user_id=reader.user_id,
            scope=reader.scope,
            with_room_id=False,
            now=reader.now,
            ignored=reader.ignored,
            upto=reader.upto,
        )
        state_rendered = await self._render.render_state(state, with_room_id=False)
        return {
            "timeline": shown_timeline(rendered, timeline, reader.wanted),
            reader.state_after or "state": {"events": shape(state_rendered, state, reader.wanted)},
        }

    async def _ephemeral(
        self,
        reader: Reader,
        room: Membership,
        after: int | None,
        change: RoomChange,
        first: FirstRead | None,
        *,
        typing: bool,
    ) -> list[dict[str, Any]]:
        wanted = reader.wanted.room.ephemeral
        if not wanted.matches_room(room.room_id):
            return []
        events: list[dict[str, Any]] = []
        if wanted.matches_type(RECEIPT):
            moved = change.receipts
            if first is not None:
                moved = first.receipts
            elif after is None or moved is None:
                async with self._database.read() as conn:
                    moved = await receipts.moved(
                        conn, room.room, after=after or 0, upto=reader.upto
                    )
            events += receipt_events(moved, reader)
        if typing:
            events += self._typing_events(reader, room)
        return events

    def _typing_events(self, reader: Reader, room: Membership) -> list[dict[str, Any]]:
        wanted = reader.wanted.room.ephemeral
        if not (wanted.matches_room(room.room_id) and wanted.matches_type("m.typing")):
            return []
        users = [u for u in self._typing.listing(room.room_id) if u not in reader.ignored]
        return [{"type": "m.typing", "content": {"user_ids": users}}]

    async def _account_data(
        self,
        reader: Reader,
        room: Membership,
        after: int | None,
        change: RoomChange,
        first: FirstRead | None = None,
    ) -> list[dict[str, Any]]:
        wanted = reader.wanted.room.account_data
        if not wanted.matches_room(room.room_id):
            return []
        entries = change.account_data
        if first is not None:
            entries = first.account_data
        elif after is None:
            async with self._database.read() as conn:
                entries = await account_data.of_room(
                    conn, reader.user_id, room.room, upto=reader.upto
                )
        return [render_data(entry) for entry in entries if wanted.matches_type(entry.type)]


def _may_be_called_otherwise(change: RoomChange) -> bool:
    """Whether somebody joined, left or was renamed, or the room was, as far as is known."""
    events = change.events
    if events is None or change.resolved:
        return True
    return any(stored.event.type in _CALLED_BY for stored in events)


def render_data(entry: AccountData) -> dict[str, Any]:
    """One entry of account data; a deleted one is shown empty."""
    content = orjson.Fragment(b"{}" if entry.content is None else entry.content)
    return {"type": entry.type, "content": content}
