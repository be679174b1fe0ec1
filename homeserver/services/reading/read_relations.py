"""Reading what relates to an event, and the threads of a room.

Source: client-server-api, "Relationships API", "Querying threads in a room".
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from homeserver.errors import Forbidden
from homeserver.protocol.client_event import redacted_event
from homeserver.protocol.sync_filter import RoomEventFilter
from homeserver.protocol.sync_token import TimelineToken
from homeserver.services.accounts.ignored_users import IgnoredUsers
from homeserver.services.events.event_cache import EventCache
from homeserver.services.ground.clock import Clock
from homeserver.services.ground.requester import Requester
from homeserver.services.reading.bundle_relations import Seen
from homeserver.services.reading.read_room import ReadRoom, Token, place_of
from homeserver.services.reading.read_timeline import END, START, ReadTimeline, Source
from homeserver.services.reading.render_events import RenderEvents
from homeserver.services.reading.visible_events import FAR, VisibleEvents
from homeserver.storage import relations
from homeserver.storage.database import Connection, Database
from homeserver.storage.events import Place

RECURSION_DEPTH = 3
"""How far from the parent `recurse` reaches."""

_MAX_PARENTS = 10_000


@dataclass(frozen=True, slots=True)
class Chunk:
    """Rendered events, and where the next page begins; None: there is none."""

    events: list[bytes]
    next: str | None


class ReadRelations:
    """Answers what people ask about children of events."""

    def __init__(
        self,
        database: Database,
        read_room: ReadRoom,
        cache: EventCache,
        visible: VisibleEvents,
        render: RenderEvents,
        ignored: IgnoredUsers,
        clock: Clock,
    ) -> None:
        self._database = database
        self._read_room = read_room
        self._cache = cache
        self._visible = visible
        self._render = render
        self._ignored = ignored
        self._clock = clock
        self._timeline = ReadTimeline(database, cache, visible)

    async def children(
        self,
        who: Requester,
        room_id: str,
        event_id: str,
        *,
        rel_type: str | None,
        event_type: str | None,
        begin: Token | None,
        to: Token | None,
        backwards: bool,
        recurse: bool,
        limit: int,
    ) -> Chunk:
        """A page of the events that relate to one, of a type of relation and of event if given.

        Raises NotFound if the user may not see the parent.
        """
        parent, _ = await self._read_room.seen(room_id, event_id, who.user_id)
        parents = [event_id]
        if recurse:
            parents = await self._descend(parent.room, event_id, rel_type, event_type)
        page = await self._timeline.page(
            _children_of(parent.room, parents, rel_type, event_type),
            parent.room,
            who.user_id,
            start=(END if backwards else START) if begin is None else place_of(begin),
            stop=(START if backwards else END) if to is None else place_of(to),
            backwards=backwards,
            limit=limit,
            accept=RoomEventFilter(),
            ignored=await self._ignored.of(who.user_id),
        )
        following = None if page.next is None else str(TimelineToken(*page.next))
        return Chunk(await self._rendered(who, page.events), following)

    async def _descend(
        self, room: int, event_id: str, rel_type: str | None, event_type: str | None
    ) -> list[str]:
        """The event and, of its descendants, those whose own children are still within reach."""
        found = [event_id]
        known = {event_id}
        level = [event_id]
        async with self._database.read() as conn:
            for _ in range(RECURSION_DEPTH - 1):
                level = [
                    child
                    for child in await relations.ids_of_children(
                        conn, room, level, rel_type=rel_type, event_type=event_type
                    )
                    if child not in known
                ]
                if not level or len(found) + len(level) > _MAX_PARENTS:
                    break
                known.update(level)
                found += level
        return found

    async def threads(
        self,
        who: Requester,
        room_id: str,
        *,
        participated: bool,
        begin: Token | None,
        limit: int,
    ) -> Chunk:
        """A page of the roots of a room's threads, the most recently answered first.

        participated: only threads that the user began or wrote in. Raises Forbidden.
        """
        nid, access = await self._read_room.enter(room_id, who.user_id)
        if access.membership == "ban":
            raise Forbidden("You are banned from this room")
        upto = FAR if access.upto is None else access.upto
        before = END if begin is None else place_of(begin)
        async with self._database.read(slow=True) as conn:
            found = await relations.threads(
                conn,
                nid,
                before=before,
                upto=upto,
                participant=who.user_id if participated else None,
                limit=limit + 1,
            )
        following = None
        if len(found) > limit:
            found = found[:limit]
            following = str(TimelineToken(*found[-1][1])) if found else None
        roots = await self._cache.listed([root for root, _ in found])
        ignored = await self._ignored.of(who.user_id)
        seen = await self._visible.filter(nid, roots, who.user_id)
        shown = [
            (replace(stored, event=redacted_event(stored.event), rendered={}), membership)
            if stored.event.sender in ignored
            else (stored, membership)
            for stored, membership in seen
        ]
        return Chunk(await self._rendered(who, shown), following)

    async def _rendered(self, who: Requester, seen: list[Seen]) -> list[bytes]:
        return await self._render.render(
            seen,
            user_id=who.user_id,
            scope=who.txn_scope,
            with_room_id=True,
            now=self._clock(),
            ignored=await self._ignored.of(who.user_id),
        )


def _children_of(
    room: int, parents: list[str], rel_type: str | None, event_type: str | None
) -> Source:
    async def read(
        conn: Connection, low: Place, high: Place, *, backwards: bool, limit: int
    ) -> list[int]:
        return await relations.children(
            conn,
            room,
            parents,
            low=low,
            high=high,
            backwards=backwards,
            limit=limit,
            rel_type=rel_type,
            event_type=event_type,
        )

    return read
