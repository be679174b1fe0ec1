"""Sessions of interactive authentication."""

from __future__ import annotations

from dataclasses import dataclass

from homeserver.storage.database import Connection, Sql

PUT = Sql(
    "INSERT INTO uia_session (session_id, operation, request, completed, created_ts)"
    " VALUES (:session_id, :operation, :request, :completed, :created_ts)"
    " ON CONFLICT (session_id) DO UPDATE SET completed = excluded.completed,"
    " request = excluded.request"
)
DELETE = Sql("DELETE FROM uia_session WHERE session_id = :session_id")
DELETE_EXPIRED = Sql("DELETE FROM uia_session WHERE created_ts < :before")
_SESSION = Sql(
    "SELECT operation, request, completed FROM uia_session"
    " WHERE session_id = :session_id AND created_ts >= :after"
)


@dataclass(frozen=True, slots=True)
class UiaSession:
    """What a client is being authenticated for, and the stages it has completed (JSON)."""

    operation: str
    request: bytes
    completed: bytes


async def session(conn: Connection, session_id: str, *, after: int) -> UiaSession | None:
    """The session, if it began at ``after`` or later. session_id: the hash of the client's."""
    row = await conn.fetch_one(_SESSION, session_id=session_id, after=after)
    return None if row is None else UiaSession(row[0], row[1], row[2])
