"""The outbox of decisions: what is being sent to a room's log, byte for byte."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.storage import json_text
from appservice_tasks.storage.tables import intent

Kind = Literal["revision", "result", "departure"]


@dataclass(frozen=True, slots=True)
class Intent:
    """One event to be sent.

    room_id: the room it was decided for; send_room_id: where it goes (another one when a task
    moves). content: fixed bytes. invite: people to be invited first.
    """

    txn_id: str
    room_id: str
    send_room_id: str
    kind: Kind
    event_type: str
    content: bytes
    ts: int
    actor: str
    cmd_id: str
    invite: tuple[str, ...] = ()


_COLUMNS = (
    intent.c.txn_id,
    intent.c.room_id,
    intent.c.send_room_id,
    intent.c.kind,
    intent.c.event_type,
    intent.c.content,
    intent.c.ts,
    intent.c.actor,
    intent.c.cmd_id,
    intent.c.invite,
)


async def add(
    conn: AsyncConnection, intents: Sequence[Intent], *, shard: int, epoch: int, now: int
) -> None:
    """Puts events into the outbox of a room that has none pending: the first is sent first."""
    await conn.execute(
        intent.insert(),
        [
            {
                "txn_id": each.txn_id,
                "room_id": each.room_id,
                "send_room_id": each.send_room_id,
                "shard": shard,
                "epoch": epoch,
                "kind": each.kind,
                "event_type": each.event_type,
                "content": each.content,
                "ts": each.ts,
                "actor": each.actor,
                "cmd_id": each.cmd_id,
                "invite": json_text.dumps(each.invite),
                "state": "queued" if number else "pending",
                "made_at": now,
            }
            for number, each in enumerate(intents)
        ],
    )


async def pending(conn: AsyncConnection, room_id: str) -> Intent | None:
    """What is being sent for a room."""
    row: Any = (
        await conn.execute(
            sa.select(*_COLUMNS).where(intent.c.room_id == room_id, intent.c.state == "pending")
        )
    ).first()
    if row is None:
        return None
    return Intent(**{**row._mapping, "invite": tuple(json_text.loads(row.invite))})


async def open_rooms(conn: AsyncConnection) -> list[str]:
    """Rooms for which something is being sent."""
    rows = await conn.execute(
        sa.select(intent.c.room_id).where(intent.c.state == "pending").distinct()
    )
    return [row.room_id for row in rows]


async def conclude(
    conn: AsyncConnection, done: Intent, *, state: Literal["sent", "failed"], event_id: str | None
) -> None:
    """The event was taken, or refused for good. The next one of the room is sent then; what
    followed from a refused one is dropped."""
    concluded = await conn.execute(
        intent.update()
        .where(intent.c.txn_id == done.txn_id, intent.c.state == "pending")
        .values(state=state, event_id=event_id)
    )
    if not concluded.rowcount:
        return
    if state == "failed":
        await conn.execute(
            intent.update()
            .where(
                intent.c.room_id == done.room_id,
                intent.c.state == "queued",
                intent.c.actor == done.actor,
                intent.c.cmd_id == done.cmd_id,
            )
            .values(state="failed")
        )
    await _promote(conn, done.room_id)


async def drop(conn: AsyncConnection, withdrawn: Intent) -> None:
    """Takes a pending one back, and what follows from it."""
    await conn.execute(
        intent.delete().where(
            intent.c.room_id == withdrawn.room_id,
            intent.c.actor == withdrawn.actor,
            intent.c.cmd_id == withdrawn.cmd_id,
            intent.c.state.in_(("pending", "queued")),
        )
    )
    await _promote(conn, withdrawn.room_id)


async def _promote(conn: AsyncConnection, room_id: str) -> None:
    """What is queued next in a room with nothing pending is sent now."""
    following = await conn.scalar(
        sa.select(sa.func.min(intent.c.seq)).where(
            intent.c.room_id == room_id, intent.c.state == "queued"
        )
    )
    if following is not None:
        await conn.execute(intent.update().where(intent.c.seq == following).values(state="pending"))


async def forget(conn: AsyncConnection, before: int) -> None:
    """Drops what was concluded before a time (ms)."""
    await conn.execute(
        intent.delete().where(intent.c.state.in_(("sent", "failed")), intent.c.made_at < before)
    )


async def name_root(
    conn: AsyncConnection, room_id: str, root_event_id: str, *, instead_of: str = ""
) -> None:
    """A task that was created and changed at once has its root now: what comes next in the outbox
    of the room replaces that event. Nothing of it has been sent before.

    instead_of: the id that it has been known by.
    """
    rows = (
        await conn.execute(
            sa.select(intent.c.seq, intent.c.content).where(
                intent.c.room_id == room_id, intent.c.state.in_(("queued", "pending"))
            )
        )
    ).all()
    for row in rows:
        content = json_text.loads(row.content)
        relation = content.get("m.relates_to")
        if relation is not None and relation["event_id"] == instead_of:
            relation["event_id"] = root_event_id
            await conn.execute(
                intent.update()
                .where(intent.c.seq == row.seq)
                .values(content=json_text.to_bytes(content))
            )


async def newest_result(conn: AsyncConnection, room_id: str) -> str | None:
    """The event of the last refusal that was sent to a room."""
    found: str | None = await conn.scalar(
        sa.select(intent.c.event_id)
        .where(intent.c.room_id == room_id, intent.c.kind == "result", intent.c.state == "sent")
        .order_by(intent.c.seq.desc())
        .limit(1)
    )
    return found


async def sent_beside(conn: AsyncConnection, room_id: str, since: int) -> list[Intent]:
    """Results and departures that were sent to a room after a time (ms), in order."""
    rows = await conn.execute(
        sa.select(*_COLUMNS)
        .where(
            intent.c.send_room_id == room_id,
            intent.c.kind.in_(("result", "departure")),
            intent.c.state == "sent",
            intent.c.made_at >= since,
        )
        .order_by(intent.c.seq)
    )
    return [
        Intent(**{**row._mapping, "invite": tuple(json_text.loads(row.invite))}) for row in rows
    ]
