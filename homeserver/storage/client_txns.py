"""Client transaction ids: the same request sent again gets the same answer, from any process."""

from __future__ import annotations

from dataclasses import dataclass

from homeserver.storage.database import Connection, Sql

INSERT = Sql(
    "INSERT INTO client_txn (user_id, device_id, path, txn_id, answer, ts)"
    " VALUES (:user_id, :device_id, :path, :txn_id, :answer, :ts)"
)
_FIND = Sql(
    "SELECT answer FROM client_txn WHERE user_id = :user_id AND device_id = :device_id"
    " AND path = :path AND txn_id = :txn_id"
)
EXPIRE_SOME = Sql(
    "DELETE FROM client_txn WHERE (user_id, device_id, path, txn_id) IN (SELECT user_id, device_id,"
    " path, txn_id FROM client_txn WHERE ts < :before ORDER BY ts LIMIT 500) RETURNING user_id"
)
"""A claim: some that are too old were there, and are deleted."""

KEEP_MS = 30 * 24 * 3600 * 1000
"""How long an answer is remembered."""


@dataclass(frozen=True, slots=True)
class ClientTxn:
    """A client's name for one request. scope: the device, or ``as:<id>``; path: the endpoint with
    its path parameters but the transaction id."""

    user_id: str
    scope: str
    path: str
    txn_id: str


async def answer(conn: Connection, txn: ClientTxn) -> bytes | None:
    """What the first request of this transaction was answered."""
    found: bytes | None = await conn.fetch_value(
        _FIND, user_id=txn.user_id, device_id=txn.scope, path=txn.path, txn_id=txn.txn_id
    )
    return found
