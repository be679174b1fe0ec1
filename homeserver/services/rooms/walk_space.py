"""Walks down a space: the rooms under it that somebody may see, page by page.

Source: client-server-api, "Spaces", "Discovering rooms within spaces".
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from homeserver.errors import Forbidden, InvalidParam
from homeserver.ids import is_room_id
from homeserver.protocol.event import Event
from homeserver.services.events.room_heads import RoomHead, RoomHeads
from homeserver.services.rooms.join_room import allowed_rooms
from homeserver.services.rooms.summarise_room import may_preview, summary_of
from homeserver.storage import membership
from homeserver.storage.database import Database

MAX_DEPTH = 50
MAX_ROOMS = 2_000
"""Rooms that a walk comes by, whether they are shown or not; what is beyond is not found."""
_ROOMS_AT_A_TIME = 50
"""After which others have their turn."""

_ORDER = re.compile(r"[\x20-\x7e]{1,50}")
_FROM = re.compile(r"h([0-9]{1,9})\.([0-9]{1,9})\.([01])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Walk:
    """How far a walk goes. begin: rooms of earlier pages. The root has depth 0."""

    max_depth: int = MAX_DEPTH
    suggested_only: bool = False
    begin: int = 0

    def __str__(self) -> str:
        """A token for the page that begins here."""
        return f"h{self.begin}.{self.max_depth}.{int(self.suggested_only)}"

    @classmethod
    def parse(cls, token: str) -> Walk:
        """Raises InvalidParam for anything that `str()` does not make."""
        match = _FROM.fullmatch(token)
        if match is None:
            raise InvalidParam("Not a token of this server")
        return cls(int(match[2]), match[3] == "1", int(match[1]))


class WalkSpace:
    """Finds the rooms of spaces. Rooms that only other servers have are left out."""

    def __init__(self, database: Database, heads: RoomHeads) -> None:
        self._database = database
        self._heads = heads

    async def page(self, user_id: str, root: str, walk: Walk, *, limit: int) -> dict[str, Any]:
        """The answer of /hierarchy. A room that is found twice is listed once, which breaks loops
        too. Raises Forbidden for a root that one may not see."""
        async with self._database.read() as conn:
            mine = await membership.of_user(conn, user_id)
        joined = {each.room_id for each in mine if each.membership == "join"}
        rooms: list[dict[str, Any]] = []
        position = 0
        async for head, links in self._down(user_id, root, walk, joined):
            if position == walk.begin + limit:
                return {"rooms": rooms, "next_batch": str(replace(walk, begin=position))}
            if position >= walk.begin:
                rooms.append({**summary_of(head), "children_state": [_stripped(e) for e in links]})
            position += 1
        if position == 0:
            raise Forbidden("You are not allowed to view this room")
        return {"rooms": rooms}

    async def _down(
        self, user_id: str, root: str, walk: Walk, joined: set[str]
    ) -> AsyncIterator[tuple[RoomHead, list[Event]]]:
        """The rooms depth first, each with the links to its children in their order."""
        met: set[str] = set()
        ahead = [(root, 0)]
        while ahead and len(met) < MAX_ROOMS:
            room_id, depth = ahead.pop()
            if room_id in met:
                continue
            met.add(room_id)
            if len(met) % _ROOMS_AT_A_TIME == 0:
                await asyncio.sleep(0)
            head = await self._heads.find(room_id)
            if head is None or not _may_see(head, user_id, joined):
                continue
            links = _links(head, suggested_only=walk.suggested_only)
            yield head, links
            if depth < walk.max_depth:
                ahead += [(str(event.state_key), depth + 1) for event in reversed(links)]


def _may_see(head: RoomHead, user_id: str, joined: set[str]) -> bool:
    may = may_preview(head, user_id)
    return any(room_id in joined for room_id in allowed_rooms(head)) if may is None else may


def _links(head: RoomHead, *, suggested_only: bool) -> list[Event]:
    """The valid `m.space.child` events of a space, none of any other room, as children are
    ordered."""
    create = head.event("m.room.create")
    if create is None or create.content.get("type") != "m.space":
        return []
    links = [
        stored.event
        for (event_type, room_id), stored in head.state.items()
        if event_type == "m.space.child" and is_room_id(room_id) and _has_via(stored.event)
    ]
    if suggested_only:
        links = [event for event in links if event.content.get("suggested") is True]
    return sorted(links, key=_place)


def _has_via(event: Event) -> bool:
    """ "Child rooms can be removed from a space by omitting the `via` key"."""
    via = event.content.get("via")
    return isinstance(via, list) and all(isinstance(name, str) for name in via)


def _place(event: Event) -> tuple[bool, str, int, str]:
    """Those with a valid `order` first, then by time, then by room ID."""
    order = event.content.get("order")
    if not isinstance(order, str) or not _ORDER.fullmatch(order):
        return True, "", event.origin_server_ts, str(event.state_key)
    return False, order, event.origin_server_ts, str(event.state_key)


def _stripped(event: Event) -> dict[str, Any]:
    return {
        "type": event.type,
        "state_key": event.state_key,
        "content": event.content,
        "sender": event.sender,
        "origin_server_ts": event.origin_server_ts,
    }
