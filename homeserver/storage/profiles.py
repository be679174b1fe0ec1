"""Profiles: named fields of a user, each a JSON value."""

from __future__ import annotations

from typing import Any

import orjson

from homeserver.storage.database import Connection, Sql

DISPLAYNAME = "displayname"
AVATAR_URL = "avatar_url"

SET = Sql(
    "INSERT INTO profile (user_id, field, value, search)"
    " VALUES (:user_id, :field, :value, :search)"
    " ON CONFLICT (user_id, field) DO UPDATE SET value = excluded.value, search = excluded.search"
)
DELETE = Sql("DELETE FROM profile WHERE user_id = :user_id AND field = :field")
DELETE_ALL = Sql("DELETE FROM profile WHERE user_id = :user_id")

_PROFILE = Sql("SELECT field, value FROM profile WHERE user_id = :user_id ORDER BY field")
_PROFILES = Sql(
    "SELECT user_id, field, value FROM profile WHERE user_id = ANY(:user_ids)"
    " AND field IN ('displayname', 'avatar_url')"
)


async def profile(conn: Connection, user_id: str) -> dict[str, Any]:
    """All fields of a user's profile; empty for someone unknown."""
    rows = await conn.fetch(_PROFILE, user_id=user_id)
    return {field: orjson.loads(value) for field, value in rows}


async def names(conn: Connection, user_ids: list[str]) -> dict[str, dict[str, str]]:
    """``displayname`` and ``avatar_url`` of several users; users that have neither are absent."""
    found: dict[str, dict[str, str]] = {}
    for user_id, field, value in await conn.fetch(_PROFILES, user_ids=user_ids):
        found.setdefault(user_id, {})[field] = orjson.loads(value)
    return found


def set_args(user_id: str, field: str, value: Any) -> dict[str, Any]:
    """The parameters of SET. A display name is also kept in lower case, to be searched."""
    search = value.casefold() if field == DISPLAYNAME and isinstance(value, str) else None
    return {
        "user_id": user_id,
        "field": field,
        "value": orjson.dumps(value, option=orjson.OPT_SORT_KEYS),
        "search": search,
    }
