"""What is to be sent and decides nothing: notices, cards, answers, redactions.

Each has a transaction id made from what it is about, so that doing it twice does nothing more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.storage import json_text
from appservice_tasks.storage.tables import chore
from appservice_tasks.storage.upsert import insert_new

Kind = Literal["send", "redact", "check_redaction", "join", "plain_command", "card"]


@dataclass(frozen=True, slots=True)
class Chore:
    """payload: of a send {type, content}; of a redaction {event_id, reason?}; else its own."""

    txn_id: str
    kind: Kind
    room_id: str
    payload: Any
    seq: int = 0
    tries: int = 0


async def add(conn: AsyncConnection, wanted: Chore, now: int) -> bool:
    """Queues something unless it was queued before; whether it did."""
    row = {
        "txn_id": wanted.txn_id,
        "kind": wanted.kind,
        "room_id": wanted.room_id,
        "payload": json_text.dumps(wanted.payload),
        "tries": 0,
        "next_at": now,
        "state": "pending",
    }
    return await insert_new(conn, chore, row, ["txn_id"])


async def take(conn: AsyncConnection, now: int, *, until: int, limit: int) -> list[Chore]:
    """The oldest that are due, which others leave alone until `until` (ms).

    Not those before which something of the same room waits that is not due yet.
    """
    earlier = chore.alias("earlier")
    blocked = sa.exists().where(
        earlier.c.room_id == chore.c.room_id,
        earlier.c.state == "pending",
        earlier.c.seq < chore.c.seq,
        earlier.c.next_at > now,
    )
    rows: Any = (
        await conn.execute(
            sa.select(
                chore.c.txn_id,
                chore.c.kind,
                chore.c.room_id,
                chore.c.payload,
                chore.c.seq,
                chore.c.tries,
            )
            .where(chore.c.state == "pending", chore.c.next_at <= now, ~blocked)
            .order_by(chore.c.seq)
            .limit(limit)
            .with_for_update(skip_locked=True, of=chore)
        )
    ).all()
    if rows:
        await conn.execute(
            chore.update()
            .where(chore.c.seq.in_([row.seq for row in rows]))
            .values(next_at=until, tries=chore.c.tries + 1)
        )
    return [Chore(**{**row._mapping, "payload": json_text.loads(row.payload)}) for row in rows]


async def finish(
    conn: AsyncConnection, seq: int, state: Literal["done", "failed"], event_id: str | None = None
) -> None:
    """It was done, or refused for good."""
    await conn.execute(
        chore.update().where(chore.c.seq == seq).values(state=state, event_id=event_id)
    )


async def postpone(conn: AsyncConnection, seq: int, until: int) -> None:
    """It is to be tried again at a time (ms)."""
    await conn.execute(chore.update().where(chore.c.seq == seq).values(next_at=until))


async def event_of(conn: AsyncConnection, txn_id: str) -> str | None:
    """The event that was sent for it, once it was."""
    found: str | None = await conn.scalar(
        sa.select(chore.c.event_id).where(chore.c.txn_id == txn_id)
    )
    return found


async def drop(conn: AsyncConnection, txn_id: str) -> None:
    """It is not to be done, and what it said is forgotten."""
    await conn.execute(chore.delete().where(chore.c.txn_id == txn_id))


async def payload_of(conn: AsyncConnection, txn_id: str) -> Any:
    """What is, or was, to be done; None where nothing was queued."""
    found: str | None = await conn.scalar(
        sa.select(chore.c.payload).where(chore.c.txn_id == txn_id)
    )
    return None if found is None else json_text.loads(found)


async def forget(conn: AsyncConnection, before: int) -> None:
    """Drops what was done before a time (ms)."""
    await conn.execute(
        chore.delete().where(chore.c.state.in_(("done", "failed")), chore.c.next_at < before)
    )
