"""Up to where in the log each application service has taken what concerns it."""

from __future__ import annotations

from dataclasses import dataclass

from homeserver.storage.database import Args, Connection, Sql


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


_BEGIN = Sql(
    "INSERT INTO appservice_cursor (appservice_id, acked, txn_id, to_pos)"
    " VALUES (:appservice_id, :acked, :txn_id, :to_pos)"
    " ON CONFLICT (appservice_id) DO NOTHING RETURNING appservice_id"
)
_MOVE = Sql(
    "UPDATE appservice_cursor SET acked = :acked, txn_id = :txn_id, to_pos = :to_pos"
    " WHERE appservice_id = :appservice_id AND acked = :old_acked AND txn_id = :old_txn_id"
    " RETURNING appservice_id"
)
_CURSOR = Sql(
    "SELECT acked, txn_id, to_pos FROM appservice_cursor WHERE appservice_id = :appservice_id"
)


def move(appservice_id: str, old: Cursor | None, new: Cursor) -> tuple[Sql, Args]:
    """A claim: the cursor stood where the one who moves it left it. old: None where there is none
    yet. Two senders can never both go on."""
    params = {
        "appservice_id": appservice_id,
        "acked": new.acked,
        "txn_id": new.txn_id,
        "to_pos": new.to_pos,
    }
    if old is None:
        return _BEGIN, _BEGIN.args(params)
    return _MOVE, _MOVE.args(params | {"old_acked": old.acked, "old_txn_id": old.txn_id})


async def cursor(conn: Connection, appservice_id: str) -> Cursor | None:
    """Where an application service is; None for one that was never sent anything."""
    row = await conn.fetch_one(_CURSOR, appservice_id=appservice_id)
    return None if row is None else Cursor(*row)
