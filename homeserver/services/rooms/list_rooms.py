"""The rooms a person is in."""

from __future__ import annotations

from homeserver.storage import membership
from homeserver.storage.database import Database


class ListRooms:
    """Reads memberships."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def joined(self, user_id: str) -> list[str]:
        """The ids of the rooms that the person has joined."""
        async with self._database.read() as conn:
            mine = await membership.of_user(conn, user_id)
        return [each.room_id for each in mine if each.membership == "join"]
