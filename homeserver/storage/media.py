"""Media ids: what was uploaded, by whom, and under which hash its bytes are kept."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from homeserver.storage.database import Connection, Sql


@dataclass(frozen=True, slots=True)
class MediaRow:
    """One media id. content_hash, content_type, size: None until it is uploaded."""

    media_id: str
    user_id: str
    content_hash: str | None
    content_type: str | None
    upload_name: str | None
    size: int | None
    created_ts: int


INSERT = Sql(
    "INSERT INTO media (media_id, user_id, content_hash, content_type, upload_name, size,"
    " created_ts) VALUES (:media_id, :user_id, :content_hash, :content_type, :upload_name, :size,"
    " :created_ts)"
)
CLAIM_CONTENT = Sql(
    "UPDATE media SET content_hash = :content_hash, content_type = :content_type,"
    " upload_name = :upload_name, size = :size"
    " WHERE media_id = :media_id AND content_hash IS NULL RETURNING media_id"
)
"""Gives a media id its content; no row if it has some already."""
DELETE_UNUSED = Sql(
    "DELETE FROM media WHERE user_id = :user_id AND content_hash IS NULL AND created_ts <= :before"
)
_MEDIA = Sql(
    "SELECT media_id, user_id, content_hash, content_type, upload_name, size, created_ts"
    " FROM media WHERE media_id = :media_id"
)
_PENDING = Sql(
    "SELECT COUNT(*) FROM media WHERE user_id = :user_id AND content_hash IS NULL"
    " AND created_ts > :after"
)
DELETE = Sql("DELETE FROM media WHERE media_id = :media_id")
_OF_USER = Sql(
    "SELECT media_id, user_id, content_hash, content_type, upload_name, size, created_ts"
    " FROM media WHERE user_id = :user_id ORDER BY media_id"
)
_KEPT = Sql("SELECT 1 FROM media WHERE content_hash = :content_hash LIMIT 1")
_LAST_EVENT = Sql("SELECT MAX(nid) FROM event")
_EVENTS = Sql("SELECT json FROM event WHERE nid > :after AND nid <= :upto")
_PROFILES = Sql("SELECT value FROM profile WHERE field = 'avatar_url'")
_EVENTS_AT_ONCE = 2_000


async def media(conn: Connection, media_id: str) -> MediaRow | None:
    """The media of this id."""
    row = await conn.fetch_one(_MEDIA, media_id=media_id)
    return None if row is None else MediaRow(*row)


async def pending(conn: Connection, user_id: str, *, after: int) -> int:
    """How many ids this person made after a time (excluded) and has not uploaded to."""
    count: int = await conn.fetch_value(_PENDING, user_id=user_id, after=after)
    return count


async def of_user(conn: Connection, user_id: str) -> list[MediaRow]:
    """Everything that a person uploaded, or made an id for."""
    return [MediaRow(*row) for row in await conn.fetch(_OF_USER, user_id=user_id)]


async def is_kept(conn: Connection, content_hash: str) -> bool:
    """Whether some media id stands for these bytes."""
    return await conn.fetch_value(_KEPT, content_hash=content_hash) is not None


async def documents_naming(conn: Connection, prefix: str) -> AsyncIterator[bytes]:
    """The JSON of every event and avatar in which a text occurs. Reads all events once."""
    wanted = prefix.encode()
    for (value,) in await conn.fetch(_PROFILES):
        yield value
    last = await conn.fetch_value(_LAST_EVENT) or 0
    for after in range(0, last, _EVENTS_AT_ONCE):
        for (raw,) in await conn.fetch(_EVENTS, after=after, upto=after + _EVENTS_AT_ONCE):
            if wanted in raw:
                yield raw
