"""Devices: what a user signed in with. A device ends with its tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from homeserver.ids import DeviceId
from homeserver.storage import tokens
from homeserver.storage.database import Connection, Sql

Statement = tuple[Sql, dict[str, Any]]

UPSERT = Sql(
    "INSERT INTO device (user_id, device_id, display_name, created_ts, last_seen_ts)"
    " VALUES (:user_id, :device_id, :display_name, :created_ts, :created_ts)"
    " ON CONFLICT (user_id, device_id) DO NOTHING"
)
"""A device that is known keeps its name."""

RENAME = Sql(
    "UPDATE device SET display_name = :display_name"
    " WHERE user_id = :user_id AND device_id = :device_id"
)
SEEN = Sql(
    "UPDATE device SET last_seen_ts = :ts, last_seen_ip = :ip"
    " WHERE user_id = :user_id AND device_id = :device_id"
)
_DELETE = Sql("DELETE FROM device WHERE user_id = :user_id AND device_id = :device_id")
_DELETE_OTHERS = Sql("DELETE FROM device WHERE user_id = :user_id AND device_id <> :keep")

_DEVICES = Sql(
    "SELECT device_id, display_name, last_seen_ts, last_seen_ip FROM device"
    " WHERE user_id = :user_id ORDER BY created_ts, device_id"
)
_DEVICE = Sql(
    "SELECT device_id, display_name, last_seen_ts, last_seen_ip FROM device"
    " WHERE user_id = :user_id AND device_id = :device_id"
)

_SEEN_LATELY = Sql(
    "SELECT DISTINCT user_id FROM device"
    " WHERE last_seen_ts >= (SELECT MAX(last_seen_ts) FROM device) - :ms"
)
_LATELY_MS = 600_000


@dataclass(frozen=True, slots=True)
class Device:
    """A device of one user. ``last_seen_ts``: milliseconds, at most some minutes old."""

    device_id: DeviceId
    display_name: str | None
    last_seen_ts: int | None
    last_seen_ip: str | None


async def devices(conn: Connection, user_id: str) -> list[Device]:
    """The user's devices, oldest first."""
    rows = await conn.fetch(_DEVICES, user_id=user_id)
    return [Device(DeviceId(row[0]), row[1], row[2], row[3]) for row in rows]


async def device(conn: Connection, user_id: str, device_id: str) -> Device | None:
    """One device of the user."""
    row = await conn.fetch_one(_DEVICE, user_id=user_id, device_id=device_id)
    return None if row is None else Device(DeviceId(row[0]), row[1], row[2], row[3])


def removal(user_id: str, device_id: str) -> list[Statement]:
    """Everything that goes with a device."""
    named = {"user_id": user_id, "device_id": device_id}
    return [
        (tokens.DELETE_ACCESS_OF_DEVICE, named),
        (tokens.DELETE_REFRESH_OF_DEVICE, named),
        (_DELETE, named),
    ]


def removal_of_all(user_id: str, *, keep: str | None) -> list[Statement]:
    """Everything that goes with all devices of a user but one, new ones of this moment included."""
    named = {"user_id": user_id, "keep": keep or ""}
    return [
        (tokens.DELETE_ACCESS_OF_OTHERS, named),
        (tokens.DELETE_REFRESH_OF_OTHERS, named),
        (_DELETE_OTHERS, named),
    ]


async def seen_lately(conn: Connection) -> list[str]:
    """Whose devices were heard of last: in the ten minutes up to the last of all."""
    return [row[0] for row in await conn.fetch(_SEEN_LATELY, ms=_LATELY_MS)]
