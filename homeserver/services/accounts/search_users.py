"""The user directory: finding colleagues.

Source: client-server-api, "User directory".
"""

from __future__ import annotations

from homeserver.storage import user_directory
from homeserver.storage.database import Database
from homeserver.storage.user_directory import Found

MAX_RESULTS = 100
MAX_TERM = 200


class SearchUsers:
    """Searches the accounts of this server.

    everyone: whether all are found, or only those whom the caller could meet: in a room of theirs,
    or in one that anybody may join or read.
    """

    def __init__(self, database: Database, *, everyone: bool) -> None:
        self._database = database
        self._everyone = everyone

    async def search(self, user_id: str, term: str, *, limit: int) -> tuple[list[Found], bool]:
        """Who is found, best first, and whether there are more than ``limit``.

        An empty term finds everybody whom the caller may find.
        """
        limit = min(max(limit, 0), MAX_RESULTS)
        # NUL is in nobody's name, and PostgreSQL does not take it.
        term = term[:MAX_TERM].replace("\x00", " ")
        async with self._database.read(slow=True) as conn:
            visible: set[str] | None = None
            if not self._everyone:
                visible = await user_directory.sharing_rooms(conn, user_id)
                visible |= await user_directory.in_open_rooms(conn)
            found = await user_directory.search(
                conn, term, me=user_id, visible=visible, limit=limit + 1
            )
        return found[:limit], len(found) > limit
