"""Account data: what a person's clients keep with the server, globally or for a room.

Room 0 is global. Deleted entries stay as rows without content, so that deletion reaches every
client. The row ``m.push_rules`` holds `PushRules.to_stored`, not what clients see.
"""

from __future__ import annotations

from dataclasses import dataclass

from homeserver.storage.database import Args, Connection, Sql

GLOBAL = 0

UPSERT = Sql(
    "INSERT INTO account_data (user_id, room, type, content, position)"
    " VALUES (:user_id, :room, :type, :content, :position)"
    " ON CONFLICT (user_id, room, type) DO UPDATE SET content = excluded.content,"
    " position = excluded.position"
)
DELETE_ALL = Sql("DELETE FROM account_data WHERE user_id = :user_id")
"""For someone who never syncs again."""

_GET = Sql(
    "SELECT content FROM account_data WHERE user_id = :user_id AND room = :room AND type = :type"
)
_POSITION = Sql(
    "SELECT position FROM account_data WHERE user_id = :user_id AND room = :room AND type = :type"
)
_UNCHANGED = Sql(
    "SELECT 1 WHERE COALESCE((SELECT position FROM account_data WHERE user_id = :user_id"
    " AND room = :room AND type = :type), 0) = :seen"
)
_OF_USERS = Sql(
    "SELECT user_id, content FROM account_data WHERE user_id = ANY(:user_ids) AND room = 0"
    " AND type = :type AND content IS NOT NULL"
)
_OF_ROOM = Sql(
    "SELECT room, type, content, position FROM account_data WHERE user_id = :user_id"
    " AND room = :room AND position <= :upto AND content IS NOT NULL"
)
_CHANGED = Sql(
    "SELECT room, type, content, position FROM account_data WHERE user_id = :user_id"
    " AND position > :after AND position <= :upto ORDER BY position"
)


@dataclass(frozen=True, slots=True)
class AccountData:
    """One entry. content: JSON, None: deleted. Also the fact of a log row of kind account_data."""

    room: int
    type: str
    content: bytes | None
    position: int = 0


def is_of_type(fact: object, data: bytes | None, data_type: str) -> bool:
    """Whether a row of the log, which names the type in its data, may tell of this type."""
    if isinstance(fact, AccountData):
        return fact.type == data_type
    return data is None or data == data_type.encode()


async def content(conn: Connection, user_id: str, room: int, data_type: str) -> bytes | None:
    """One entry's JSON; None if there is none (any more)."""
    found: bytes | None = await conn.fetch_value(_GET, user_id=user_id, room=room, type=data_type)
    return found


async def position(conn: Connection, user_id: str, room: int, data_type: str) -> int:
    """Of one entry's newest change; 0 for one that there never was."""
    found: int | None = await conn.fetch_value(
        _POSITION, user_id=user_id, room=room, type=data_type
    )
    return found or 0


def unchanged(user_id: str, room: int, data_type: str, seen: int) -> tuple[Sql, Args]:
    """A claim: since that position nobody, in no process, changed the entry."""
    params = {"user_id": user_id, "room": room, "type": data_type, "seen": seen}
    return _UNCHANGED, _UNCHANGED.args(params)


async def of_users(conn: Connection, user_ids: list[str], data_type: str) -> dict[str, bytes]:
    """One global entry of several users: JSON by user id; users without it are absent."""
    rows = await conn.fetch(_OF_USERS, user_ids=user_ids, type=data_type)
    return {row[0]: row[1] for row in rows}


async def changed(conn: Connection, user_id: str, *, after: int, upto: int) -> list[AccountData]:
    """Entries, global and of rooms, whose newest change lies in (after, upto], oldest first."""
    rows = await conn.fetch(_CHANGED, user_id=user_id, after=after, upto=upto)
    return [AccountData(*row) for row in rows]


async def of_room(conn: Connection, user_id: str, room: int, *, upto: int) -> list[AccountData]:
    """Every entry that the user has for a room."""
    rows = await conn.fetch(_OF_ROOM, user_id=user_id, room=room, upto=upto)
    return [AccountData(*row) for row in rows]


async def stored_push_rules(conn: Connection, user_id: str) -> bytes | None:
    """`PushRules.to_stored` of a user who changed any, as JSON."""
    return await content(conn, user_id, GLOBAL, "m.push_rules")
