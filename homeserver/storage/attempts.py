"""How often somebody has tried lately, counted for all processes that share the database.

A bucket is one number: the time at which it will be full again. An attempt moves it by the time
that one token takes, and is refused where that would be further ahead than a whole bucket takes.
"""

from __future__ import annotations

from homeserver.storage.database import Connection, Sql

TAKE = Sql(
    "INSERT INTO attempt (key, full_ts) VALUES (:key, :first)"
    " ON CONFLICT (key) DO UPDATE SET full_ts ="
    " CASE WHEN attempt.full_ts > :now THEN attempt.full_ts + :token ELSE :first END"
    " WHERE attempt.full_ts <= :latest RETURNING key"
)
"""A claim: there was a token, and it is taken."""

SPEND = Sql(
    "INSERT INTO attempt (key, full_ts) VALUES (:key, :first)"
    " ON CONFLICT (key) DO UPDATE SET full_ts ="
    " CASE WHEN attempt.full_ts > :latest THEN :empty"
    " WHEN attempt.full_ts > :now THEN attempt.full_ts + :token ELSE :first END"
)
"""Takes a token if there is one."""

DELETE_OLD = Sql("DELETE FROM attempt WHERE full_ts < :now")
_FULL = Sql("SELECT full_ts FROM attempt WHERE key = :key")


def times(now: int, *, token: int, bucket: int) -> dict[str, int]:
    """The parameters of TAKE and SPEND but the key (SPEND wants ``empty`` beside). token, bucket:
    how many milliseconds one token, and a whole bucket, take to come back."""
    return {"now": now, "token": token, "first": now + token, "latest": now + bucket - token}


async def full_ts(conn: Connection, key: str) -> int:
    """When a bucket is full again, in milliseconds; 0 for one that was not touched lately."""
    return await conn.fetch_value(_FULL, key=key) or 0
