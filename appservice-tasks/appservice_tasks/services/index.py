"""The index: the fold of the rooms' logs.

An event counts only if its sender is the room's authority, or was it before; of a task's revisions
the highest counts. Applying an event again, or later than its successors, changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast
from uuid import UUID

from appservice_tasks.contracts import Change, Snapshot
from appservice_tasks.domain.commands import Command, parse
from appservice_tasks.domain.commands import InvalidCommand as Invalid
from appservice_tasks.domain.events import TaskEvent, read_task_event
from appservice_tasks.domain.ids import COMMAND, RESULT, TASK
from appservice_tasks.matrix_client import MatrixEvent
from appservice_tasks.services.bus import Outcome
from appservice_tasks.services.work import Unit
from appservice_tasks.shapes import check_event
from appservice_tasks.storage import chores, json_text, ledger, revisions, rooms, task_rows
from appservice_tasks.storage.chores import Chore
from appservice_tasks.storage.feed import Entry
from appservice_tasks.storage.ledger import Known, NewCommand
from appservice_tasks.storage.rooms import StoredRoom

TYPES = (TASK, RESULT, COMMAND)
"""The events of a log that the index is made of."""


@dataclass(frozen=True, slots=True)
class Applied:
    """A revision that is new to the index.

    before: the predecessor, None of a root and where it is not known. after: None: erased.
    current: it is the newest one.
    """

    task_id: str
    room: StoredRoom
    event_id: str
    root_event_id: str
    before: Snapshot | None
    after: Snapshot | None
    change: Change
    current: bool


class Effect(Protocol):
    """What follows from a revision: notices, reminders, cards, redactions."""

    async def follow(self, unit: Unit, applied: Applied) -> None:
        """Part of the transaction that applies it."""


class Index:
    """Applies events. authorities: who may be one, of whatever room."""

    def __init__(self, authority: str, authorities: frozenset[str]) -> None:
        self.authority = authority
        self._authorities = authorities
        self._effects: tuple[Effect, ...] = ()

    def follow_with(self, *effects: Effect) -> Index:
        """The same index, with these effects of each new revision."""
        made = Index(self.authority, self._authorities)
        made._effects = effects
        return made

    def senders(self, room: StoredRoom | None) -> frozenset[str]:
        """Whose task events count in a room: ours, and those that both we and the room name."""
        named = room.config.get("past_authorities", ()) if room and room.config else ()
        return frozenset((self.authority, *(self._authorities & set(named))))

    async def apply(self, unit: Unit, room: StoredRoom, event: MatrixEvent) -> bool:
        """Takes in an event of the room's log; whether it was new."""
        kind = event["type"]
        if kind == COMMAND:
            return await self._store_command(unit, room, event)
        if event["sender"] not in self.senders(room) or "state_key" in event:
            return False
        if kind == TASK:
            return await self._apply_task(unit, room, event)
        if kind == RESULT:
            return await self._apply_result(unit, room, event)
        return False

    async def foresees(self, unit: Unit, room: StoredRoom, event: MatrixEvent) -> bool:
        """Whether a pushed event says nothing that is not here, or is not about to be: it does not
        count, or its command is being sent, or has had its outcome."""
        if event["sender"] not in self.senders(room) or "state_key" in event:
            return True
        content = event["content"]
        if event["type"] == TASK:
            read = read_task_event(content)
            if read is None or read.departs_from(room.room_id):
                return True
            identity = read.change["actor"], read.change["cause"]["cmd_id"]
            states = {"pending", "accepted"}
        else:
            if check_event(content, RESULT):
                return True
            identity = content["cause"]["actor"], content["cause"]["cmd_id"]
            states = {"pending", "accepted", "rejected"}
        known = await ledger.known(unit.conn, *identity)
        return known is not None and known.state in states

    async def _apply_task(self, unit: Unit, room: StoredRoom, event: MatrixEvent) -> bool:
        read = read_task_event(event["content"])
        if read is None or read.task["rev"] != read.change["rev"]:
            return False
        if read.departs_from(room.room_id):
            return False
        task_id = read.task["task_id"]
        new = await revisions.add(
            unit.conn,
            task_id=task_id,
            room_id=room.room_id,
            event_id=event["event_id"],
            change=read.change,
            content=event["content"],
            now=unit.now,
        )
        if not new:
            return False
        await self._accept(unit, room, read)
        before = await task_rows.find(unit.conn, task_id)
        current = before is None or before.rev < read.change["rev"]
        root = read.root_event_id or event["event_id"]
        if current:
            await put_current(unit, read, room_id=room.room_id, root_event_id=root)
            known = before.room_id if before and before.snapshot else None
            if known is not None and (known != room.room_id or "erased" in read.task):
                unit.entries.append(Entry("gone", known, task_id, read.change["rev"]))
            if "erased" not in read.task:
                unit.entries.append(Entry("task", room.room_id, task_id, read.change["rev"]))
        if unit.quiet:
            return True
        follows = before is not None and before.rev == read.change["prev_rev"]
        applied = Applied(
            task_id=task_id,
            room=room,
            event_id=event["event_id"],
            root_event_id=root,
            before=before.snapshot if before and follows else None,
            after=None if "erased" in read.task else read.task,
            change=read.change,
            current=current,
        )
        for effect in self._effects:
            await effect.follow(unit, applied)
        return True

    async def restate(
        self, unit: Unit, room: StoredRoom, event: MatrixEvent, read: TaskEvent, *, newest: bool
    ) -> None:
        """Writes what an event of the log says again, whatever the index has; nothing follows.

        newest: it is the highest revision of its task in this log. A task that has moved on to
        another room stays there.
        """
        task_id, rev = read.task["task_id"], read.change["rev"]
        await revisions.remove_unless_redacted(unit.conn, task_id, rev)
        await revisions.add(
            unit.conn,
            task_id=task_id,
            room_id=room.room_id,
            event_id=event["event_id"],
            change=read.change,
            content=event["content"],
            now=unit.now,
        )
        await self._accept(unit, room, read)
        stored = await task_rows.find(unit.conn, task_id) if newest else None
        moved_on = stored is not None and stored.room_id != room.room_id and stored.rev > rev
        if newest and not moved_on:
            root = read.root_event_id or event["event_id"]
            await put_current(unit, read, room_id=room.room_id, root_event_id=root)

    async def _accept(self, unit: Unit, room: StoredRoom, read: TaskEvent) -> None:
        change = read.change
        await ledger.accept(
            unit.conn,
            change["actor"],
            change["cause"]["cmd_id"],
            task_id=read.task["task_id"],
            rev=change["rev"],
            row={
                "room_id": room.room_id,
                "via": change["cause"]["via"],
                "event_id": change["cause"].get("event_id"),
                "on_behalf_of": change.get("on_behalf_of"),
                "received_at": change["at"],
                "decided_at": change["at"],
            },
        )
        unit.outcomes.append(Outcome(change["actor"], change["cause"]["cmd_id"]))
        prefix, number = task_rows.split_key(read.task["key"])
        if change["rev"] == 1:
            await rooms.spend_number(unit.conn, prefix, number)

    async def _apply_result(self, unit: Unit, room: StoredRoom, event: MatrixEvent) -> bool:
        content = event["content"]
        if check_event(content, RESULT):
            return False
        cause = content["cause"]
        await ledger.rejected_in_log(
            unit.conn,
            cause["actor"],
            cause["cmd_id"],
            refusal_of(content),
            {
                "room_id": room.room_id,
                "task_id": "",
                "via": "matrix",
                "event_id": content["m.relates_to"]["event_id"],
                "received_at": event["origin_server_ts"],
                "decided_at": event["origin_server_ts"],
            },
        )
        unit.outcomes.append(Outcome(cause["actor"], cause["cmd_id"], rejected=True))
        return True

    async def _store_command(self, unit: Unit, room: StoredRoom, event: MatrixEvent) -> bool:
        new = command_of(event, room.room_id)
        if new is None or event["sender"] == self.authority:
            return False
        if await ledger.receive(unit.conn, new, unit.now):
            return True
        await self._tell_room(unit, new)
        return False

    async def _tell_room(self, unit: Unit, new: NewCommand) -> None:
        """A command that came another way before is in the log now: so must its refusal be, or
        an index made from the log would decide it again."""
        known = await ledger.name_event(unit.conn, new)
        if known is not None:
            await self.tell_refusal(unit, known)

    async def tell_refusal(self, unit: Unit, known: Known) -> None:
        """Writes the refusal of a command into the log that the command is in.

        Where it is there already, this changes nothing. Where it was lost, it is there again.
        """
        if known.state != "rejected" or known.refusal is None or known.event_id is None:
            return
        content = {
            "v": 1,
            "m.relates_to": {"rel_type": "m.reference", "event_id": known.event_id},
            "cause": {"actor": known.actor, "cmd_id": known.cmd_id},
            "outcome": "rejected",
            **known.refusal,
        }
        payload = {"type": RESULT, "content": content}
        chore = Chore(f"o:{known.actor}/{known.cmd_id}", "send", known.room_id, payload)
        await chores.drop(unit.conn, chore.txn_id)
        await chores.add(unit.conn, chore, unit.now)
        unit.chores = True


def command_of(event: MatrixEvent, room_id: str) -> NewCommand | None:
    """The command in a room event; None where it has no identity by which to answer.

    What is wrong with it otherwise is found out when it is decided.
    """
    content = event["content"]
    cmd_id = content.get("cmd_id")
    if not is_uuid(cmd_id) or "state_key" in event:
        return None
    task_id = content.get("task_id")
    return NewCommand(
        actor=event["sender"],
        cmd_id=cast(str, cmd_id),
        room_id=room_id,
        task_id=cast(str, task_id) if is_uuid(task_id) else "",
        body=content,
        body_sha256=json_text.digest(content),
        via="matrix",
        event_id=event["event_id"],
    )


def parsed(body: object) -> Command | Invalid:
    """A stored body as a command, or why it is none."""
    try:
        return parse(body)
    except Invalid as invalid:
        return invalid


def is_uuid(value: object) -> bool:
    """Whether it is a UUID as we write them."""
    if not isinstance(value, str):
        return False
    try:
        return str(UUID(value)) == value
    except ValueError:
        return False


def refusal_of(content: Mapping[str, Any]) -> dict[str, Any]:
    """The refusal in a result, with the keys of an `Outcome`."""
    keys: Sequence[str] = ("code", "detail", "current_rev", "conflicts", "errors")
    return {key: content[key] for key in keys if key in content}


async def put_current(unit: Unit, read: TaskEvent, *, room_id: str, root_event_id: str) -> None:
    """Makes an event's snapshot or tombstone the task's current state."""
    if "erased" in read.task:
        await task_rows.put_tombstone(
            unit.conn,
            read.task,
            room_id=room_id,
            root_event_id=root_event_id,
            at=read.change["at"],
        )
    else:
        await task_rows.put_snapshot(
            unit.conn,
            read.task,
            room_id=room_id,
            root_event_id=root_event_id,
        )
