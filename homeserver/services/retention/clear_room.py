"""Lets everybody of this server leave a room."""

from __future__ import annotations

from homeserver.ids import domain_of
from homeserver.services.events.room_heads import RoomHeads
from homeserver.services.events.write_event import Draft, WriteEvent
from homeserver.storage import membership
from homeserver.storage.database import Database

_AT_ONCE = 50
PRESENT = ["join", "invite", "knock"]


class ClearRoom:
    """Who may ask for it is the caller's to check."""

    def __init__(
        self, database: Database, heads: RoomHeads, write: WriteEvent, *, server_name: str
    ) -> None:
        self._database = database
        self._heads = heads
        self._write = write
        self._server_name = server_name

    async def clear(self, room_id: str) -> int:
        """Everybody who is in the room, invited or knocks leaves it, in their own name; how many.

        Raises NotFound.
        """
        head = await self._heads.get(room_id)
        async with self._database.read() as conn:
            people = await membership.of_room(conn, head.nid, PRESENT)
        own = sorted(user for user in people if domain_of(user) == self._server_name)
        for start in range(0, len(own), _AT_ONCE):
            drafts = [
                Draft("m.room.member", user, {"membership": "leave"}, state_key=user)
                for user in own[start : start + _AT_ONCE]
            ]
            await self._leave(room_id, drafts)
        return len(own)

    async def _leave(self, room_id: str, drafts: list[Draft]) -> None:
        await self._write.write(room_id, lambda _: drafts)
