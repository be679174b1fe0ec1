"""Filters that clients have stored; one is named by its content, so storing it again changes
nothing."""

from __future__ import annotations

from homeserver.storage.database import Connection, Sql

INSERT = Sql(
    "INSERT INTO filter (user_id, filter_id, json) VALUES (:user_id, :filter_id, :json)"
    " ON CONFLICT (user_id, filter_id) DO NOTHING"
)
_GET = Sql("SELECT json FROM filter WHERE user_id = :user_id AND filter_id = :filter_id")


async def content(conn: Connection, user_id: str, filter_id: str) -> bytes | None:
    """The filter's JSON as it was given."""
    found: bytes | None = await conn.fetch_value(_GET, user_id=user_id, filter_id=filter_id)
    return found
