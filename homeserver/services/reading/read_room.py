"""Reading rooms: single events, the surroundings of one, pages of history, and by date.

Who may read what is `VisibleEvents`' to say; here it becomes the answers that clients get.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from homeserver.errors import Forbidden, NotFound
from homeserver.protocol.sync_filter import RoomEventFilter
from homeserver.protocol.sync_token import StreamToken, TimelineToken
from homeserver.services.accounts.ignored_users import IgnoredUsers
from homeserver.services.events.event_cache import EventCache
from homeserver.services.events.open_gaps import OpenGaps
from homeserver.services.events.room_heads import MEMBER, RoomHeads
from homeserver.services.events.state_at import StateAt
from homeserver.services.ground.clock import Clock
from homeserver.services.ground.requester import Requester
from homeserver.services.reading.bundle_relations import Seen
from homeserver.services.reading.page_history import Filler, PageHistory
from homeserver.services.reading.read_timeline import END, START, ReadTimeline, after
from homeserver.services.reading.render_events import RenderEvents
from homeserver.services.reading.visible_events import FAR, Access, VisibleEvents
from homeserver.storage import event_dates, log, room_state, rooms
from homeserver.storage.database import Database
from homeserver.storage.events import Place, StoredEvent

Token = StreamToken | TimelineToken

NO_EVENT = "There is no such event, or you may not see it"

_DATES_AT_A_TIME = 50
_MAX_DATES = 1_000


@dataclass(frozen=True, slots=True)
class Messages:
    """An answer of /messages: rendered events, and the tokens of its ends. end: None at the end of
    what the reader may see. state: None where none was asked for."""

    start: str
    end: str | None
    chunk: list[bytes]
    state: list[bytes] | None


@dataclass(frozen=True, slots=True)
class Context:
    """An event with its surroundings, before (newest first) and after it, all rendered."""

    start: str
    end: str
    before: list[bytes]
    event: bytes
    after: list[bytes]
    state: list[bytes]


class ReadRoom:
    """Answers what people ask about the history of rooms."""

    def __init__(
        self,
        database: Database,
        heads: RoomHeads,
        cache: EventCache,
        visible: VisibleEvents,
        render: RenderEvents,
        ignored: IgnoredUsers,
        clock: Clock,
        state_at: StateAt,
        gaps: OpenGaps,
        filler: Filler | None = None,
    ) -> None:
        """filler: fetches history that is missing; None: pages end where it is."""
        self._database = database
        self._heads = heads
        self._cache = cache
        self._visible = visible
        self._render = render
        self._ignored = ignored
        self._clock = clock
        self._state = state_at
        timeline = ReadTimeline(database, cache, visible)
        self._history = PageHistory(timeline, visible, gaps, filler)

    async def enter(self, room_id: str, user_id: str) -> tuple[int, Access]:
        """The room's number, and what the user may read. Raises Forbidden also for unknown rooms,
        so that it tells nobody which rooms there are."""
        head = self._heads.peek(room_id)
        nid = None if head is None else head.nid
        if not nid:
            async with self._database.read() as conn:
                nid = await rooms.room_nid(conn, room_id)
        if nid is None:
            raise Forbidden("You are not in this room")
        return nid, await self._visible.may_read(nid, user_id)

    async def seen(self, room_id: str, event_id: str, user_id: str) -> Seen:
        """One event as the user sees it. Raises NotFound whatever the reason is."""
        try:
            nid, _ = await self.enter(room_id, user_id)
        except Forbidden as refused:
            raise NotFound(NO_EVENT) from refused
        return await self._seen(nid, event_id, user_id)

    async def _seen(self, nid: int, event_id: str, user_id: str) -> Seen:
        stored = await self._cache.by_id(event_id)
        if stored is None or stored.room != nid or not stored.shown:
            raise NotFound(NO_EVENT)
        seen = await self._visible.filter(nid, [stored], user_id)
        if not seen:
            raise NotFound(NO_EVENT)
        return seen[0]

    async def event(self, who: Requester, room_id: str, event_id: str) -> bytes:
        """One event, rendered. Raises NotFound."""
        seen = await self.seen(room_id, event_id, who.user_id)
        return (await self._rendered(who, [seen]))[0]

    async def messages(
        self,
        who: Requester,
        room_id: str,
        *,
        backwards: bool,
        begin: Token | None,
        to: Token | None,
        limit: int,
        accept: RoomEventFilter,
    ) -> Messages:
        """A page of history. begin: None is the end to read from: the newest event if
        ``backwards``, else the oldest. Raises Forbidden."""
        nid, _ = await self.enter(room_id, who.user_id)
        if begin is None:
            begin = TimelineToken(0)
            if backwards:
                async with self._database.read() as conn:
                    begin = StreamToken(await log.last_position(conn))
        limits = START if backwards else END
        page = await self._history.page(
            nid,
            room_id,
            who.user_id,
            start=place_of(begin),
            stop=limits if to is None else place_of(to),
            backwards=backwards,
            limit=limit,
            accept=accept,
            ignored=await self._ignored.of(who.user_id),
        )
        state: list[bytes] | None = None
        if accept.lazy_load_members and page.events:
            newest = page.events[0 if backwards else -1][0].ord_pos
            state = await self._members_of(nid, newest, (stored for stored, _ in page.events))
        end = None if page.next is None else str(TimelineToken(*page.next))
        return Messages(str(begin), end, await self._rendered(who, page.events), state)

    async def context(
        self, who: Requester, room_id: str, event_id: str, *, limit: int, accept: RoomEventFilter
    ) -> Context:
        """An event and up to ``limit`` around it. Raises Forbidden, NotFound."""
        nid, _ = await self.enter(room_id, who.user_id)
        seen = await self._seen(nid, event_id, who.user_id)
        stored = seen[0]
        ignored = await self._ignored.of(who.user_id)

        async def side(start: Place, stop: Place, *, backwards: bool, most: int) -> list[Seen]:
            page = await self._history.page(
                nid,
                room_id,
                who.user_id,
                start=start,
                stop=stop,
                backwards=backwards,
                limit=most,
                accept=accept,
                ignored=ignored,
                fill=False,
            )
            return page.events

        earlier = await side(stored.place, START, backwards=True, most=limit // 2)
        later = await side(after(stored), END, backwards=False, most=limit - limit // 2)
        first = earlier[-1][0] if earlier else stored
        last = later[-1][0] if later else stored
        if accept.lazy_load_members:
            shown = (item for item, _ in (*earlier, seen, *later))
            state = await self._members_of(nid, last.ord_pos, shown)
        else:
            state = await self._state_after(last, accept)
        rendered = await self._rendered(who, [*earlier, seen, *later])
        middle = len(earlier)
        return Context(
            str(TimelineToken(*first.place)),
            str(TimelineToken(*after(last))),
            rendered[:middle],
            rendered[middle],
            rendered[middle + 1 :],
            state,
        )

    async def at_date(self, who: Requester, room_id: str, ts: int, *, backwards: bool) -> Seen:
        """The event nearest to a time, at or after it, or before it if ``backwards``.

        Raises Forbidden, and NotFound if there is none that the user may see.
        """
        nid, _ = await self.enter(room_id, who.user_id)
        offset = 0
        while offset < _MAX_DATES:
            async with self._database.read() as conn:
                nids = await event_dates.nearest(
                    conn, nid, ts, backwards=backwards, offset=offset, limit=_DATES_AT_A_TIME
                )
            found = await self._cache.listed(nids)
            seen = await self._visible.filter(nid, found, who.user_id)
            if seen:
                return seen[0]
            if len(nids) < _DATES_AT_A_TIME:
                break
            offset += _DATES_AT_A_TIME
        raise NotFound("There is no event of that time")

    async def _rendered(self, who: Requester, seen: list[Seen]) -> list[bytes]:
        return await self._render.render(
            seen,
            user_id=who.user_id,
            scope=who.txn_scope,
            with_room_id=True,
            now=self._clock(),
            ignored=await self._ignored.of(who.user_id),
        )

    async def _members_of(self, nid: int, pos: int, shown: Iterable[StoredEvent]) -> list[bytes]:
        """The member events of those who sent events, as of a position."""
        senders = sorted({stored.event.sender for stored in shown})
        async with self._database.read() as conn:
            found = await room_state.at_keys(conn, nid, pos, MEMBER, senders)
        members = await self._cache.listed(list(found.values()))
        return await self._render.render_state(members, with_room_id=True)

    async def _state_after(self, stored: StoredEvent, accept: RoomEventFilter) -> list[bytes]:
        if stored.state_id is None:
            async with self._database.read(slow=True) as conn:
                at = await room_state.at(conn, stored.room, stored.ord_pos)
            state = await self._cache.listed(list(at.values()))
        else:
            ids = await self._state.after(stored)
            state = list((await self._cache.by_ids(ids.values())).values())
        if not accept.accepts_all:
            state = [
                stored
                for stored in state
                if accept.matches_event(
                    stored.event.type, stored.event.sender, stored.event.content
                )
            ]
        return await self._render.render_state(state, with_room_id=True)


def place_of(token: Token) -> Place:
    """The place of a token; one from beyond every event is at the end."""
    pos, minor = token.place
    return (pos, minor) if pos < FAR else END
