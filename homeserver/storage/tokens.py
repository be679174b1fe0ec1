"""Tokens: access, refresh, and those that sign someone in once.

Refresh and one-time tokens are kept as hashes: who reads the database cannot sign in. An access
token is signed; only its ``jti`` is kept, and a session ends by removing it.
"""

from __future__ import annotations

from dataclasses import dataclass

from homeserver.ids import DeviceId, UserId
from homeserver.storage.database import Connection, Sql

# --- access ---

INSERT_ACCESS = Sql(
    "INSERT INTO access_token (jti, user_id, device_id, expires_ts)"
    " VALUES (:jti, :user_id, :device_id, :expires_ts)"
)
DELETE_ACCESS_OF_DEVICE = Sql(
    "DELETE FROM access_token WHERE user_id = :user_id AND device_id = :device_id"
)
DELETE_ACCESS_OF_OTHERS = Sql(
    "DELETE FROM access_token WHERE user_id = :user_id AND device_id <> :keep"
)
DELETE_EXPIRED_ACCESS = Sql(
    "DELETE FROM access_token WHERE user_id = :user_id AND device_id = :device_id"
    " AND expires_ts < :before"
)
DELETE_ACCESS_OF_SUCCESSORS = Sql(
    "DELETE FROM access_token WHERE user_id = :user_id AND device_id = :device_id AND jti IN"
    " (SELECT jti FROM refresh_token WHERE user_id = :user_id AND device_id = :device_id"
    " AND parent_hash = :parent_hash)"
)
_SESSION = Sql(
    "SELECT t.user_id, t.device_id, t.expires_ts, a.admin, a.active, a.must_change_password,"
    " p.token_hash"
    " FROM access_token AS t JOIN account AS a ON a.user_id = t.user_id"
    " LEFT JOIN refresh_token AS r ON r.user_id = t.user_id AND r.device_id = t.device_id"
    " AND r.jti = t.jti"
    " LEFT JOIN refresh_token AS p ON p.token_hash = r.parent_hash AND p.used = 0"
    " WHERE t.jti = :jti"
)

# --- refresh ---

INSERT_REFRESH = Sql(
    "INSERT INTO refresh_token (token_hash, user_id, device_id, parent_hash, jti, created_ts)"
    " VALUES (:token_hash, :user_id, :device_id, :parent_hash, :jti, :created_ts)"
)
CLAIM_UNUSED_REFRESH = Sql(
    "UPDATE refresh_token SET used = 0 WHERE token_hash = :token_hash AND used = 0"
    " RETURNING token_hash"
)
"""A claim that changes nothing: the token exists, and no successor of it has been used."""

CLAIM_USED_BY_ACCESS = Sql(
    "UPDATE refresh_token SET used = 1 WHERE token_hash = :parent_hash"
    " AND EXISTS (SELECT 1 FROM access_token WHERE jti = :jti) RETURNING token_hash"
)
"""A claim: an access token issued for this refresh token is used, and still stands."""

USE_REFRESH = Sql("UPDATE refresh_token SET used = 1 WHERE token_hash = :token_hash")
DELETE_REFRESH_OF_DEVICE = Sql(
    "DELETE FROM refresh_token WHERE user_id = :user_id AND device_id = :device_id"
)
DELETE_REFRESH_OF_OTHERS = Sql(
    "DELETE FROM refresh_token WHERE user_id = :user_id AND device_id <> :keep"
)
DELETE_SUCCESSORS = Sql(
    "DELETE FROM refresh_token WHERE user_id = :user_id AND device_id = :device_id"
    " AND parent_hash = :parent_hash"
)
DELETE_USED_REFRESH = Sql(
    "DELETE FROM refresh_token WHERE user_id = :user_id AND device_id = :device_id AND used = 1"
    " AND created_ts < :before"
)
_REFRESH = Sql(
    "SELECT r.token_hash, r.user_id, r.device_id, r.parent_hash, r.used, r.created_ts, a.active"
    " FROM refresh_token AS r JOIN account AS a ON a.user_id = r.user_id"
    " WHERE r.token_hash = :token_hash"
)

# --- once ---

LOGIN = "login"
WELCOME = "welcome"

INSERT_ONCE = Sql(
    "INSERT INTO login_token (token_hash, user_id, purpose, expires_ts)"
    " VALUES (:token_hash, :user_id, :purpose, :expires_ts)"
)
CLAIM_ONCE = Sql(
    "DELETE FROM login_token WHERE token_hash = :token_hash AND purpose = :purpose"
    " AND expires_ts > :now RETURNING user_id"
)
"""A claim: the token was good, and is used up now."""

DELETE_ONCE_OF_USER = Sql("DELETE FROM login_token WHERE user_id = :user_id")
DELETE_ONCE_OF_PURPOSE = Sql(
    "DELETE FROM login_token WHERE user_id = :user_id AND purpose = :purpose"
)
DELETE_EXPIRED_ONCE = Sql("DELETE FROM login_token WHERE expires_ts < :now")
_ONCE = Sql(
    "SELECT user_id FROM login_token WHERE token_hash = :token_hash AND purpose = :purpose"
    " AND expires_ts > :now"
)


@dataclass(frozen=True, slots=True)
class StoredSession:
    """An access token that stands, with what its account may do.

    unused_parent: the refresh token it came from, when this is the first use of any successor.
    """

    user_id: UserId
    device_id: DeviceId
    expires_ts: int | None
    admin: bool
    active: bool
    must_change_password: bool
    unused_parent: str | None


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token of a session. ``used``: a successor of it has been used."""

    token_hash: str
    user_id: UserId
    device_id: DeviceId
    parent_hash: str | None
    used: bool
    created_ts: int
    active: bool


async def session(conn: Connection, jti: str) -> StoredSession | None:
    """The session that an access token belongs to; None once it has ended."""
    row = await conn.fetch_one(_SESSION, jti=jti)
    if row is None:
        return None
    return StoredSession(
        UserId(row[0]),
        DeviceId(row[1]),
        row[2],
        bool(row[3]),
        bool(row[4]),
        bool(row[5]),
        row[6],
    )


async def refresh_token(conn: Connection, token_hash: str) -> RefreshToken | None:
    """A refresh token that is remembered, used or not."""
    row = await conn.fetch_one(_REFRESH, token_hash=token_hash)
    if row is None:
        return None
    return RefreshToken(
        row[0], UserId(row[1]), DeviceId(row[2]), row[3], bool(row[4]), row[5], bool(row[6])
    )


async def user_of_once(
    conn: Connection, token_hash: str, purpose: str, *, now: int
) -> UserId | None:
    """Whom a one-time token signs in; None when it is unknown, used or expired."""
    user_id: str | None = await conn.fetch_value(
        _ONCE, token_hash=token_hash, purpose=purpose, now=now
    )
    return None if user_id is None else UserId(user_id)
