"""Reading the state of rooms: all of it, one key, the members.

Members read what holds now, those who left what held when they left, and everyone a room that is
world-readable.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from homeserver.errors import Forbidden, NotFound
from homeserver.protocol.sync_token import StreamToken
from homeserver.services.events.event_cache import EventCache
from homeserver.services.events.room_heads import MEMBER
from homeserver.services.ground.requester import Requester
from homeserver.services.reading.read_room import ReadRoom, Token
from homeserver.services.reading.render_events import RenderEvents
from homeserver.services.reading.visible_events import FAR, Access
from homeserver.storage import room_state
from homeserver.storage.database import Database
from homeserver.storage.events import StoredEvent

_NO_STATE = "The room has no such state"


@dataclass(frozen=True, slots=True)
class MembershipFilter:
    """Which members to list. With both, those of one or not of the other."""

    membership: str | None = None
    not_membership: str | None = None

    def matches(self, membership: str | None) -> bool:
        """Whether somebody with this membership is listed."""
        if self.membership is not None and membership == self.membership:
            return True
        if self.not_membership is not None:
            return membership != self.not_membership
        return self.membership is None


class ReadState:
    """Answers what people ask about the state of rooms."""

    def __init__(
        self, database: Database, read_room: ReadRoom, cache: EventCache, render: RenderEvents
    ) -> None:
        self._database = database
        self._read_room = read_room
        self._cache = cache
        self._render = render

    async def all(self, who: Requester, room_id: str) -> list[bytes]:
        """Every state event, rendered. Raises Forbidden."""
        nid, access = await self._read_room.enter(room_id, who.user_id)
        async with self._database.read(slow=True) as conn:
            if access.upto is None:
                nids = [event for _, _, event in await room_state.current(conn, nid)]
            else:
                nids = list((await room_state.at(conn, nid, access.upto)).values())
        state = await self._cache.listed(nids)
        return await self._render.render_state(state, with_room_id=True)

    async def one(
        self, who: Requester, room_id: str, event_type: str, state_key: str
    ) -> StoredEvent:
        """The event at one key. Raises Forbidden, NotFound."""
        nid, access = await self._read_room.enter(room_id, who.user_id)
        if "\0" in event_type or "\0" in state_key:  # PostgreSQL's text cannot even ask for it
            raise NotFound(_NO_STATE)
        async with self._database.read() as conn:
            found = await room_state.at_keys(conn, nid, _upto(access), event_type, [state_key])
        state = await self._cache.listed(list(found.values()))
        if not state:
            raise NotFound(_NO_STATE)
        return state[0]

    async def rendered(self, stored: StoredEvent) -> bytes:
        """One state event, rendered."""
        return (await self._render.render_state([stored], with_room_id=True))[0]

    async def members(
        self, who: Requester, room_id: str, *, at: Token | None, wanted: MembershipFilter
    ) -> list[bytes]:
        """The member events of a room at a token, None: now. Raises Forbidden."""
        nid, access = await self._read_room.enter(room_id, who.user_id)
        pos = _upto(access)
        async with self._database.read(slow=True) as conn:
            if at is not None:
                asked = at.pos if isinstance(at, StreamToken) else at.pos - 1
                # Before its creator joined nobody was there to ask.
                first = await room_state.first_of_type(conn, nid, MEMBER)
                pos = min(pos, max(asked, first or 0))
            found = await room_state.at_type(conn, nid, pos, MEMBER)
        members = [
            stored
            for stored in await self._cache.listed(list(found.values()))
            if wanted.matches(stored.event.membership)
        ]
        return await self._render.render_state(members, with_room_id=True)

    async def joined_members(self, who: Requester, room_id: str) -> dict[str, dict[str, Any]]:
        """Who is in the room, with their names and pictures there. Raises Forbidden for all who
        are not in it."""
        nid, access = await self._read_room.enter(room_id, who.user_id)
        if not access.joined:
            raise Forbidden("You are not in this room")
        async with self._database.read(slow=True) as conn:
            found = await room_state.at_type(conn, nid, FAR, MEMBER)
        joined: dict[str, dict[str, Any]] = {}
        for stored in await self._cache.listed(list(found.values())):
            event = stored.event
            if event.membership == "join" and event.state_key is not None:
                joined[event.state_key] = {
                    "display_name": _text(event.content.get("displayname")),
                    "avatar_url": _text(event.content.get("avatar_url")),
                }
        return joined


def _upto(access: Access) -> int:
    return FAR if access.upto is None else access.upto


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
