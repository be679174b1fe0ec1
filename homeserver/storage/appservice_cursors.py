"""Up to where in the log each application service has taken what concerns it."""

from __future__ import annotations

from dataclasses import dataclass

from homeserver.storage.database import Connection, Sql


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where one application service is.

    acked: everything up to this position is taken, or does not concern it. txn_id: the newest
    transaction. to_pos: that transaction holds (acked, to_pos] and may have been sent; None: it is
    taken.
    """

    acked: int
    txn_id: int
    to_pos: int | None


PUT = Sql(
    "INSERT INTO appservice_cursor (appservice_id, acked, txn_id, to_pos)"
    " VALUES (:appservice_id, :acked, :txn_id, :to_pos)"
    " ON CONFLICT (appservice_id) DO UPDATE SET acked = excluded.acked,"
    " txn_id = excluded.txn_id, to_pos = excluded.to_pos"
)
_CURSOR = Sql(
    "SELECT acked, txn_id, to_pos FROM appservice_cursor WHERE appservice_id = :appservice_id"
)


async def cursor(conn: Connection, appservice_id: str) -> Cursor | None:
    """Where an application service is; None for one that was never sent anything."""
    row = await conn.fetch_one(_CURSOR, appservice_id=appservice_id)
    return None if row is None else Cursor(*row)
