"""What another server may see of a room: history visibility, for any of its people.

Source: server-server-api, "Backfilling and retrieving missing events"; client-server-api, "Room
History Visibility".
"""

from __future__ import annotations

from collections.abc import Sequence

from homeserver.errors import Forbidden
from homeserver.protocol.client_event import redacted_event
from homeserver.protocol.event import Event
from homeserver.protocol.visibility import Visibility
from homeserver.services.events.event_cache import EventCache
from homeserver.services.events.room_heads import MEMBER, RoomHead
from homeserver.services.events.state_at import StateAt
from homeserver.storage import room_state
from homeserver.storage.database import Database
from homeserver.storage.events import StoredEvent

VISIBILITY_KEY = ("m.room.history_visibility", "")

_OPEN = (Visibility.WORLD_READABLE, Visibility.SHARED)


class ServerVisibility:
    """Decides which events a server is given whole."""

    def __init__(self, database: Database, cache: EventCache, state_at: StateAt) -> None:
        self._database = database
        self._cache = cache
        self._state_at = state_at

    def check_in_room(self, head: RoomHead, server: str) -> None:
        """Raises Forbidden unless one of the server's people is in the room."""
        if not any(_domain(user_id) == server for user_id in head.joined):
            raise Forbidden("Your server is not in this room")

    async def allowed(
        self, server: str, events: Sequence[StoredEvent], *, redact: bool
    ) -> list[Event]:
        """The events that the server may see, in their order; the others redacted, or left out."""
        shown: list[Event] = []
        for stored in events:
            if await self._may_see(server, stored):
                shown.append(stored.event)
            elif redact:
                shown.append(redacted_event(stored.event))
        return shown

    async def _may_see(self, server: str, stored: StoredEvent) -> bool:
        event = stored.event
        if event.sender.partition(":")[2] == server:
            return True
        if not stored.placed:
            return False
        # "... the visibility before *or* after the event would allow them to see it."
        kinds = [await self._visibility(stored)]
        if event.is_state and event.key == VISIBILITY_KEY:
            kinds.append(Visibility.of_event(event))
        if any(kind in _OPEN for kind in kinds):
            return True
        memberships = await self._memberships(server, stored)
        if "join" in memberships:
            return True
        return "invite" in memberships and Visibility.INVITED in kinds

    async def _visibility(self, stored: StoredEvent) -> Visibility:
        nids = await self._held(stored, *VISIBILITY_KEY)
        found = await self._cache.by_nid(nids.values())
        events = [held.event for held in found.values()]
        return Visibility.of_event(events[0] if events else None)

    async def _memberships(self, server: str, stored: StoredEvent) -> set[str | None]:
        """Those of the server's people before the event, and what the event makes of one."""
        nids = await self._held(stored, MEMBER, None, server)
        found = await self._cache.by_nid(nids.values())
        kinds = {held.event.membership for held in found.values()}
        event = stored.event
        if event.type == MEMBER and event.state_key and _domain(event.state_key) == server:
            kinds.add(event.membership)
        return kinds

    async def _held(
        self, stored: StoredEvent, event_type: str, state_key: str | None, server: str = ""
    ) -> dict[str, int]:
        """In the state before the event: nids of one key, or of all members of a server."""
        pos: int | None = stored.ord_pos - 1
        overlays: list[dict[str, int | None]] = []
        state_id = stored.state_id
        while state_id is not None:
            row = await self._state_at.row(state_id)
            overlays.append(
                {
                    key[1]: None if held is None else held[0]
                    for key, held in row.entries.items()
                    if key[0] == event_type
                    and (key[1] == state_key if state_key is not None else _of(key[1], server))
                }
            )
            pos, state_id = row.base_pos, row.base_id
        found: dict[str, int] = {}
        if pos is not None:
            async with self._database.read() as conn:
                if state_key is None:
                    found = await room_state.members_of(conn, stored.room, pos, server)
                else:
                    values = await room_state.at_keys(
                        conn, stored.room, pos, event_type, [state_key]
                    )
                    found = {key[1]: nid for key, nid in values.items()}
        for overlay in reversed(overlays):
            for name, nid in overlay.items():
                if nid is None:
                    found.pop(name, None)
                else:
                    found[name] = nid
        return found


def _domain(user_id: str) -> str:
    return user_id.partition(":")[2]


def _of(user_id: str, server: str) -> bool:
    return user_id.partition(":")[2] == server
