"""The ledger: every command with its outcome, once for each (actor, cmd_id)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.storage import json_text
from appservice_tasks.storage.tables import command
from appservice_tasks.storage.upsert import insert_new, inserting

State = Literal["received", "pending", "accepted", "rejected"]

UNKNOWN = ""
"""The hash of a command that is known by its outcome in the log alone."""


@dataclass(frozen=True, slots=True)
class NewCommand:
    """A command as it came. body: its content, valid; batch: of commands decided together."""

    actor: str
    cmd_id: str
    room_id: str
    task_id: str
    body: Any
    body_sha256: str
    via: str
    event_id: str | None = None
    on_behalf_of: str | None = None
    batch: str | None = None


@dataclass(frozen=True, slots=True)
class Received:
    """A command that waits for its decision."""

    seq: int
    actor: str
    cmd_id: str
    room_id: str
    task_id: str
    body: Any
    via: str
    event_id: str | None
    on_behalf_of: str | None
    batch: str | None


@dataclass(frozen=True, slots=True)
class Known:
    """What has become of a command. refusal: of a rejection, the keys of an `Outcome`."""

    actor: str
    cmd_id: str
    room_id: str
    task_id: str
    state: State
    rev: int | None
    refusal: dict[str, Any] | None
    body_sha256: str
    event_id: str | None

    @property
    def decided(self) -> bool:
        """Whether the outcome stands."""
        return self.state in ("accepted", "rejected")


_KNOWN = (
    command.c.actor,
    command.c.cmd_id,
    command.c.room_id,
    command.c.task_id,
    command.c.state,
    command.c.rev,
    command.c.refusal,
    command.c.body_sha256,
    command.c.event_id,
)
_RECEIVED = (
    command.c.seq,
    command.c.actor,
    command.c.cmd_id,
    command.c.room_id,
    command.c.task_id,
    command.c.body,
    command.c.via,
    command.c.event_id,
    command.c.on_behalf_of,
    command.c.batch,
)


def _known(row: Any) -> Known:
    refusal = None if row.refusal is None else json_text.loads(row.refusal)
    return Known(**{**row._mapping, "refusal": refusal})


def _received(row: Any) -> Received:
    return Received(**{**row._mapping, "body": json_text.loads(row.body)})


async def receive(conn: AsyncConnection, new: NewCommand, now: int) -> bool:
    """Stores a command to be decided, unless its identity is known; whether it did."""
    row = {
        "actor": new.actor,
        "cmd_id": new.cmd_id,
        "room_id": new.room_id,
        "task_id": new.task_id,
        "body": json_text.dumps(new.body),
        "body_sha256": new.body_sha256,
        "via": new.via,
        "event_id": new.event_id,
        "on_behalf_of": new.on_behalf_of,
        "batch": new.batch,
        "state": "received",
        "received_at": now,
    }
    return await insert_new(conn, command, row, ["actor", "cmd_id"])


async def known(conn: AsyncConnection, actor: str, cmd_id: str) -> Known | None:
    """One command."""
    row = (
        await conn.execute(
            sa.select(*_KNOWN).where(command.c.actor == actor, command.c.cmd_id == cmd_id)
        )
    ).first()
    return None if row is None else _known(row)


async def known_many(
    conn: AsyncConnection, identities: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], Known]:
    """Several commands by (actor, cmd_id)."""
    by_actor: dict[str, list[str]] = {}
    for actor, cmd_id in identities:
        by_actor.setdefault(actor, []).append(cmd_id)
    found: dict[tuple[str, str], Known] = {}
    for actor, cmd_ids in by_actor.items():
        rows = await conn.execute(
            sa.select(*_KNOWN).where(command.c.actor == actor, command.c.cmd_id.in_(cmd_ids))
        )
        found.update({(row.actor, row.cmd_id): _known(row) for row in rows})
    return found


async def waiting_rooms(conn: AsyncConnection) -> list[str]:
    """Rooms with commands that wait for a decision."""
    rows = await conn.execute(
        sa.select(command.c.room_id).where(command.c.state == "received").distinct()
    )
    return [row.room_id for row in rows]


async def waiting(conn: AsyncConnection, room_id: str, limit: int) -> list[Received]:
    """The room's commands that wait, in the order in which they came."""
    rows = await conn.execute(
        sa.select(*_RECEIVED)
        .where(command.c.room_id == room_id, command.c.state == "received")
        .order_by(command.c.seq)
        .limit(limit)
    )
    return [_received(row) for row in rows]


async def of_batch(conn: AsyncConnection, room_id: str, batch: str) -> list[Received]:
    """The waiting commands of a batch, in order."""
    rows = await conn.execute(
        sa.select(*_RECEIVED)
        .where(
            command.c.room_id == room_id,
            command.c.state == "received",
            command.c.batch == batch,
        )
        .order_by(command.c.seq)
    )
    return [_received(row) for row in rows]


async def creating_room(conn: AsyncConnection, task_id: str) -> str | None:
    """Where a task is about to be created that is not in the index yet."""
    found: str | None = await conn.scalar(
        sa.select(command.c.room_id)
        .where(command.c.task_id == task_id, command.c.state.in_(("received", "pending")))
        .order_by(command.c.seq)
        .limit(1)
    )
    return found


async def reroute(conn: AsyncConnection, seq: int, room_id: str) -> None:
    """The task of a waiting command lives elsewhere by now."""
    await conn.execute(command.update().where(command.c.seq == seq).values(room_id=room_id))


async def name_event(conn: AsyncConnection, new: NewCommand) -> Known | None:
    """A command that came another way first has a room event too; what is known of it.

    None: it needs none, for it is accepted, or has one already.
    """
    named = (
        await conn.execute(
            command.update()
            .where(
                command.c.actor == new.actor,
                command.c.cmd_id == new.cmd_id,
                command.c.room_id == new.room_id,
                command.c.event_id.is_(None),
                command.c.state.in_(("received", "pending", "rejected")),
            )
            .values(event_id=new.event_id)
            .returning(*_KNOWN)
        )
    ).first()
    return None if named is None else _known(named)


async def event_of(conn: AsyncConnection, actor: str, cmd_id: str) -> str | None:
    """The room event of a command, which nobody else names until this transaction has ended."""
    found: str | None = await conn.scalar(
        sa.select(command.c.event_id)
        .where(command.c.actor == actor, command.c.cmd_id == cmd_id)
        .with_for_update()
    )
    return found


async def begin(conn: AsyncConnection, actor: str, cmd_id: str, now: int) -> None:
    """The decision is made and is being sent."""
    await _set(conn, actor, cmd_id, state="pending", decided_at=now)


async def receive_again(conn: AsyncConnection, actor: str, cmd_id: str) -> None:
    """The decision was withdrawn: the command waits again."""
    await _set(conn, actor, cmd_id, state="received", decided_at=None)


async def accept(
    conn: AsyncConnection, actor: str, cmd_id: str, *, task_id: str, rev: int, row: dict[str, Any]
) -> None:
    """The log has the revision that this command made. row: the other columns, where the ledger
    does not know the command."""
    statement = inserting(conn, command).values(
        actor=actor,
        cmd_id=cmd_id,
        task_id=task_id,
        rev=rev,
        state="accepted",
        body=None,
        body_sha256=UNKNOWN,
        **row,
    )
    statement = statement.on_conflict_do_update(
        index_elements=["actor", "cmd_id"],
        set_={"state": "accepted", "rev": rev, "refusal": None},
        where=command.c.state != "accepted",
    )
    await conn.execute(statement)


async def reject(
    conn: AsyncConnection, actor: str, cmd_id: str, refusal: dict[str, Any], now: int
) -> None:
    """The command was refused, for good."""
    await _set(
        conn,
        actor,
        cmd_id,
        state="rejected",
        refusal=json_text.dumps(refusal),
        decided_at=now,
    )


async def rejected_in_log(
    conn: AsyncConnection, actor: str, cmd_id: str, refusal: dict[str, Any], row: dict[str, Any]
) -> None:
    """The log has the rejection of this command; what the ledger says already stands."""
    text = json_text.dumps(refusal)
    statement = inserting(conn, command).values(
        actor=actor,
        cmd_id=cmd_id,
        state="rejected",
        refusal=text,
        body=None,
        body_sha256=UNKNOWN,
        **row,
    )
    statement = statement.on_conflict_do_update(
        index_elements=["actor", "cmd_id"],
        set_={"state": "rejected", "refusal": text},
        where=command.c.state.in_(("received", "pending")),
    )
    await conn.execute(statement)


async def remove(conn: AsyncConnection, actor: str, cmd_id: str) -> None:
    """Nothing is known of a command any more: what it did is not in the log."""
    await conn.execute(command.delete().where(command.c.actor == actor, command.c.cmd_id == cmd_id))


async def chain(
    conn: AsyncConnection, actor: str, cmd_id: str, limit: int = 100
) -> list[tuple[str, str, int | None, str | None]]:
    """A command and those it depends on in turn: (task_id, state, rev, body) of each."""
    found: list[tuple[str, str, int | None, str | None]] = []
    next_id: str | None = cmd_id
    seen: set[str] = set()
    while next_id is not None and next_id not in seen and len(found) < limit:
        seen.add(next_id)
        row = (
            await conn.execute(
                sa.select(command.c.task_id, command.c.state, command.c.rev, command.c.body).where(
                    command.c.actor == actor, command.c.cmd_id == next_id
                )
            )
        ).first()
        if row is None:
            break
        found.append((row.task_id, row.state, row.rev, row.body))
        next_id = json_text.loads(row.body).get("depends_on") if row.body else None
    return found


async def events_of_task(conn: AsyncConnection, task_id: str) -> list[str]:
    """The command events about a task, the refused ones too."""
    rows = await conn.execute(
        sa.select(command.c.event_id).where(
            command.c.task_id == task_id, command.c.event_id.isnot(None)
        )
    )
    return [row.event_id for row in rows]


async def forget_bodies(conn: AsyncConnection, task_id: str) -> None:
    """Removes what commands about an erased task said."""
    await conn.execute(
        command.update()
        .where(command.c.task_id == task_id, command.c.state.in_(("accepted", "rejected")))
        .values(body=None, refusal=sa.case((command.c.state == "rejected", '{"code":"not_found"}')))
    )


async def forget(conn: AsyncConnection, before: int) -> None:
    """Drops outcomes decided before a time (ms)."""
    decided: Sequence[State] = ("accepted", "rejected")
    await conn.execute(
        command.delete().where(command.c.state.in_(decided), command.c.decided_at < before)
    )


async def _set(conn: AsyncConnection, actor: str, cmd_id: str, **values: Any) -> None:
    await conn.execute(
        command.update()
        .where(command.c.actor == actor, command.c.cmd_id == cmd_id)
        .values(**values)
    )
