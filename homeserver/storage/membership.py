"""Who is in which room now. At a past position, membership is read from the state's intervals."""

from __future__ import annotations

from dataclasses import dataclass

from homeserver.storage.database import Connection, Sql

UPSERT = Sql(
    "INSERT INTO membership (room, user_id, membership, sender, event_nid, position, forgotten)"
    " VALUES (:room, :user_id, :membership, :sender, :event_nid, :event_nid, 0)"
    " ON CONFLICT (room, user_id) DO UPDATE SET membership = excluded.membership,"
    " sender = excluded.sender, event_nid = excluded.event_nid, position = excluded.position,"
    " forgotten = 0"
)
UPSERT_AT = Sql(
    "INSERT INTO membership (room, user_id, membership, sender, event_nid, position, forgotten)"
    " VALUES (:room, :user_id, :membership, :sender, :event_nid, :position, 0)"
    " ON CONFLICT (room, user_id) DO UPDATE SET membership = excluded.membership,"
    " sender = excluded.sender, event_nid = excluded.event_nid, position = excluded.position,"
    " forgotten = 0"
)
"""As UPSERT, of an event that became current at a position that is not its own."""
FORGET = Sql(
    "UPDATE membership SET forgotten = 1 WHERE room = :room AND user_id = :user_id"
    " AND membership IN ('leave', 'ban')"
)
_OF_USER = Sql(
    "SELECT m.room, r.room_id, m.membership, m.sender, m.event_nid, m.position, m.forgotten"
    " FROM membership m JOIN room r ON r.nid = m.room WHERE m.user_id = :user_id"
)
_OF_ROOM = Sql(
    "SELECT user_id, membership FROM membership WHERE room = :room AND membership = ANY(:kinds)"
)
_ONE = Sql("SELECT membership FROM membership WHERE room = :room AND user_id = :user_id")
_FORGOTTEN = Sql("SELECT forgotten FROM membership WHERE room = :room AND user_id = :user_id")
_IN_ANY = Sql(
    "SELECT 1 FROM membership m JOIN room r ON r.nid = m.room WHERE m.user_id = :user_id"
    " AND m.membership = 'join' AND r.room_id = ANY(:room_ids) LIMIT 1"
)
_COUNTS = Sql(
    "SELECT room, membership, COUNT(*) FROM membership WHERE room = ANY(:rooms)"
    " AND membership IN ('join', 'invite') GROUP BY room, membership"
)
_HEROES_IN = Sql(
    "SELECT room, user_id FROM (SELECT room, user_id, position,"
    " ROW_NUMBER() OVER (PARTITION BY room ORDER BY position) AS number FROM membership"
    " WHERE room = ANY(:rooms) AND user_id <> :user_id AND membership IN ('join', 'invite'))"
    " AS other WHERE number <= :limit ORDER BY position"
)
_HEROES = Sql(
    "SELECT user_id FROM membership WHERE room = :room AND user_id <> :user_id"
    " AND membership = ANY(:kinds) ORDER BY position LIMIT :limit"
)
_CUSTOM_PUSH = Sql("SELECT user_id FROM account WHERE custom_push_from IS NOT NULL")


@dataclass(frozen=True, slots=True)
class Membership:
    """One person's relation to one room: its latest membership event."""

    room: int
    room_id: str
    membership: str
    sender: str
    event_nid: int
    position: int
    forgotten: int


async def of_user(conn: Connection, user_id: str) -> list[Membership]:
    """Every room this person has ever had to do with."""
    rows = await conn.fetch(_OF_USER, user_id=user_id)
    return [Membership(*row) for row in rows]


async def of_room(conn: Connection, room: int, kinds: list[str]) -> dict[str, str]:
    """user id -> membership, of those with one of these memberships."""
    return {row[0]: row[1] for row in await conn.fetch(_OF_ROOM, room=room, kinds=kinds)}


async def one(conn: Connection, room: int, user_id: str) -> str | None:
    """This person's membership, None if there never was one."""
    membership: str | None = await conn.fetch_value(_ONE, room=room, user_id=user_id)
    return membership


async def is_forgotten(conn: Connection, room: int, user_id: str) -> bool:
    """Whether this person has left the room and wants to see nothing of it any more."""
    return bool(await conn.fetch_value(_FORGOTTEN, room=room, user_id=user_id))


async def custom_push(conn: Connection) -> set[str]:
    """Everybody whose push rules differ from the default ones."""
    return {row[0] for row in await conn.fetch(_CUSTOM_PUSH)}


async def in_any(conn: Connection, user_id: str, room_ids: list[str]) -> bool:
    """Whether this person has joined at least one of these rooms."""
    return await conn.fetch_value(_IN_ANY, user_id=user_id, room_ids=room_ids) is not None


async def counts(conn: Connection, rooms: list[int]) -> dict[int, tuple[int, int]]:
    """How many are joined, and how many invited, by room."""
    found: dict[int, dict[str, int]] = {room: {} for room in rooms}
    for room, kind, count in await conn.fetch(_COUNTS, rooms=rooms):
        found[room][kind] = count
    return {room: (c.get("join", 0), c.get("invite", 0)) for room, c in found.items()}


async def heroes_in(
    conn: Connection, rooms: list[int], user_id: str, *, limit: int
) -> dict[int, list[str]]:
    """As `heroes`, of several rooms."""
    found: dict[int, list[str]] = {}
    if len(rooms) > 1:  # to number all of one room's members only takes longer
        for room, other in await conn.fetch(_HEROES_IN, rooms=rooms, user_id=user_id, limit=limit):
            found.setdefault(room, []).append(other)
    for room in rooms:
        if room not in found:
            found[room] = await heroes(conn, room, user_id, limit=limit)
    return found


async def heroes(conn: Connection, room: int, user_id: str, *, limit: int) -> list[str]:
    """The first others of a room, by whom it is called where it has no name: those joined or
    invited, or where there are none, those who left."""
    for kinds in (["join", "invite"], ["leave", "ban"]):
        rows = await conn.fetch(_HEROES, room=room, user_id=user_id, kinds=kinds, limit=limit)
        if rows:
            return [row[0] for row in rows]
    return []
