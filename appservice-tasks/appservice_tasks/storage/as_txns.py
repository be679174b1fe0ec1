"""Transactions of the homeserver that were taken."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.storage.tables import as_txn
from appservice_tasks.storage.upsert import insert_new


async def note(conn: AsyncConnection, txn_id: str, now: int) -> bool:
    """Notes a transaction; False if it was taken before."""
    return await insert_new(conn, as_txn, {"txn_id": txn_id, "at": now}, ["txn_id"])


async def forget(conn: AsyncConnection, before: int) -> None:
    """Drops those taken before a time (ms)."""
    await conn.execute(as_txn.delete().where(as_txn.c.at < before))
