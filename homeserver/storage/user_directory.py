"""Finding people by name or id."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from homeserver.storage.accounts import like_pattern
from homeserver.storage.database import Connection, Sql

MAX_WORDS = 5
"""Words of a search that are looked at."""

# The display name is kept folded; user ids have no letters whose case lies outside ASCII, but for
# historical ones.
_HIT = "(n.search LIKE :{0} ESCAPE '\\' OR LOWER(a.user_id) LIKE :{0} ESCAPE '\\')"
_SELECT = (
    "SELECT a.user_id, n.value, v.value FROM account a"
    " LEFT JOIN profile n ON n.user_id = a.user_id AND n.field = 'displayname'"
    " LEFT JOIN profile v ON v.user_id = a.user_id AND v.field = 'avatar_url'"
    " WHERE a.active = 1 AND a.user_id <> :me"
)
# Whose name or id begins with what was typed comes first, then alphabetically.
_ORDER = (
    " ORDER BY CASE WHEN n.search LIKE :begin ESCAPE '\\'"
    " OR LOWER(a.user_id) LIKE :begin_id ESCAPE '\\' THEN 0 ELSE 1 END,"
    " COALESCE(n.search, a.user_id), a.user_id LIMIT :limit"
)
_VISIBLE = " AND a.user_id = ANY(:visible)"


def _search(words: int, *, visible: bool) -> Sql:
    hits = "".join(f" AND {_HIT.format(f'word{chr(97 + n)}')}" for n in range(words))
    return Sql(_SELECT + hits + (_VISIBLE if visible else "") + _ORDER)


_SEARCHES = {
    (words, visible): _search(words, visible=visible)
    for words in range(MAX_WORDS + 1)
    for visible in (True, False)
}
_SHARING = Sql(
    "SELECT DISTINCT theirs.user_id FROM membership mine"
    " JOIN membership theirs ON theirs.room = mine.room AND theirs.membership = 'join'"
    " WHERE mine.user_id = :user_id AND mine.membership = 'join'"
)
_OPENNESS = Sql(
    "SELECT r.nid, e.json FROM room r JOIN room_state s ON s.room = r.nid"
    " AND s.type = ANY(:types) AND s.state_key = '' AND s.to_pos IS NULL"
    " JOIN event e ON e.nid = s.event_nid"
)
_MEMBERS = Sql(
    "SELECT DISTINCT user_id FROM membership WHERE room = ANY(:rooms) AND membership = 'join'"
)


@dataclass(frozen=True, slots=True)
class Found:
    """A person as the directory shows them."""

    user_id: str
    display_name: str | None
    avatar_url: str | None


async def search(
    conn: Connection, term: str, *, me: str, visible: set[str] | None, limit: int
) -> list[Found]:
    """Active accounts whose name or id contains each word of the term, whatever their case.

    me: who asks; not found themself. visible: the only ids to be found, None: all.
    """
    words = term.split()[:MAX_WORDS]
    begin = like_pattern(" ".join(words))[1:]
    params: dict[str, object] = {
        f"word{chr(97 + n)}": like_pattern(word) for n, word in enumerate(words)
    }
    if visible is not None:
        params["visible"] = list(visible)
    rows = await conn.fetch(
        _SEARCHES[len(words), visible is not None],
        **params,
        me=me,
        begin=begin,
        begin_id=begin if begin.startswith("@") else f"@{begin}",
        limit=limit,
    )
    return [Found(row[0], _text(row[1]), _text(row[2])) for row in rows]


async def sharing_rooms(conn: Connection, user_id: str) -> set[str]:
    """Who has joined a room that this person has joined."""
    return {row[0] for row in await conn.fetch(_SHARING, user_id=user_id)}


async def in_open_rooms(conn: Connection) -> set[str]:
    """Who has joined a room that anybody may join or read."""
    rows = await conn.fetch(_OPENNESS, types=["m.room.join_rules", "m.room.history_visibility"])
    rooms: set[int] = set()
    for nid, raw in rows:
        content = orjson.loads(raw)["content"]
        if (
            content.get("join_rule") == "public"
            or content.get("history_visibility") == "world_readable"
        ):
            rooms.add(nid)
    return {row[0] for row in await conn.fetch(_MEMBERS, rooms=list(rooms))}


def _text(raw: bytes | None) -> str | None:
    value = None if raw is None else orjson.loads(raw)
    return value if isinstance(value, str) else None
