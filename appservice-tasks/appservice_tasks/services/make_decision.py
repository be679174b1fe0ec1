"""Step 2 of the decision protocol: one transaction from a waiting command to a durable intent.

It checks the lease's epoch, takes the oldest waiting command of the room, gathers what the decision
looks at, decides, and stores the event to be sent, byte for byte, with its transaction id and time.
A refusal of a command that came as a room event is sent too; other refusals are in the ledger only.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.contracts import Change, Snapshot, Via
from appservice_tasks.domain.commands import Command, InvalidCommand
from appservice_tasks.domain.context import Author, Context, Dependency
from appservice_tasks.domain.decide import decide
from appservice_tasks.domain.events import result_content, root_content, update_content
from appservice_tasks.domain.ids import RESULT, TASK
from appservice_tasks.domain.names import named_people, named_tasks
from appservice_tasks.domain.notices import mentions, notices
from appservice_tasks.domain.outcome import Erasure, Refusal, Revision
from appservice_tasks.domain.room import Room
from appservice_tasks.domain.text import Language, Telling
from appservice_tasks.services.bus import Outcome
from appservice_tasks.services.circumstances import Circumstances, KnownRoom
from appservice_tasks.services.index import parsed
from appservice_tasks.services.mend_redaction import REPUBLISH
from appservice_tasks.services.people import People
from appservice_tasks.services.work import Unit
from appservice_tasks.storage import (
    intents,
    json_text,
    leases,
    ledger,
    organisation,
    relations,
    revisions,
    rooms,
    task_rows,
)
from appservice_tasks.storage.intents import Intent
from appservice_tasks.storage.ledger import Received
from appservice_tasks.storage.task_rows import StoredTask

_LOOK_AHEAD = 50
"""Commands looked at to find one that need not wait for another room's."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One attempt. decided: something became of a command; sending: an event is to be sent;
    rerouted: rooms where a command waits now."""

    decided: bool = False
    sending: bool = False
    rerouted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Prepared:
    """names: people whose names the next decisions may need. strangers: who is about to act, or to
    be given something, and is not in the room as far as we know; perhaps they have just joined."""

    names: set[str]
    strangers: set[str]


@dataclass(frozen=True, slots=True)
class _Predecessor:
    """The task as the next decision finds it. exists: in the index, erased or not."""

    stored: StoredTask | None
    snapshot: Snapshot | None
    root_event_id: str | None
    room_id: str | None

    @property
    def erased(self) -> bool:
        return self.stored is not None and self.snapshot is None


class MakeDecision:
    """Decides the next command of a room."""

    def __init__(
        self, circumstances: Circumstances, people: People, *, language: Language, authority: str
    ) -> None:
        self._circumstances = circumstances
        self._people = people
        self._language: Language = language
        self._authority = authority

    async def prepare(self, conn: AsyncConnection, room_id: str) -> Prepared | None:
        """What is to be learnt before the next decisions of a room; None: nothing waits there."""
        wanted: set[str] = set()
        acting: set[str] = set()
        waiting = await ledger.waiting(conn, room_id, 10)
        if not waiting:
            return None
        for received in waiting:
            acting |= {received.actor, *([received.on_behalf_of] if received.on_behalf_of else [])}
            command = parsed(received.body)
            if isinstance(command, InvalidCommand):
                continue
            acting |= named_people(command)
            stored = await task_rows.find(conn, command.task_id)
            if stored is not None and stored.snapshot is not None:
                snapshot = stored.snapshot
                wanted |= {snapshot["creator"], snapshot["assigner"]}
                if snapshot["assignee"]:
                    wanted.add(snapshot["assignee"])
        known = await self._circumstances.room(conn, room_id)
        members = acting if known is None else known.room.members
        return Prepared(wanted | acting, acting - members - {self._authority})

    async def next(self, unit: Unit, room_id: str, shard: int, epoch: int) -> Turn:
        """Decides the oldest command of a room that has nothing pending. Raises Fenced."""
        conn = unit.conn
        await leases.check(conn, shard, epoch)
        if await intents.pending(conn, room_id) is not None:
            return Turn(sending=True)
        waiting = await ledger.waiting(conn, room_id, _LOOK_AHEAD)
        rerouted: list[str] = []
        for received in waiting:
            elsewhere = await self._elsewhere(conn, received)
            if elsewhere is not None:
                await ledger.reroute(conn, received.seq, elsewhere)
                rerouted.append(elsewhere)
                continue
            if await self._must_wait(conn, received):
                continue
            batch = [received]
            if received.batch is not None:
                batch = await ledger.of_batch(conn, room_id, received.batch)
            sending = await self._decide(unit, batch, shard, epoch)
            return Turn(True, sending, tuple(rerouted))
        return Turn(rerouted=tuple(rerouted))

    async def _elsewhere(self, conn: AsyncConnection, received: Received) -> str | None:
        """The room that a command's task lives in, if not this one. A command that came as a room
        event is about tasks of its room alone."""
        if received.via == "matrix" or not received.task_id:
            return None
        stored = await task_rows.find(conn, received.task_id)
        if stored is None or stored.room_id == received.room_id:
            return None
        return stored.room_id

    async def _must_wait(self, conn: AsyncConnection, received: Received) -> bool:
        """Whether the command that it depends on is still being decided in another room."""
        depends_on = received.body.get("depends_on") if isinstance(received.body, dict) else None
        if not isinstance(depends_on, str):
            return False
        known = await ledger.known(conn, received.actor, depends_on)
        return known is not None and not known.decided and known.cmd_id != received.cmd_id

    async def _decide(self, unit: Unit, batch: list[Received], shard: int, epoch: int) -> bool:
        """Decides commands together; whether something is to be sent."""
        overlay: dict[str, Snapshot] = {}
        accepted: list[tuple[Received, Command, Revision | Erasure, Context]] = []
        refused: tuple[Received, Refusal] | None = None
        for received in batch:
            verdict = await self._verdict(unit, received, overlay)
            if isinstance(verdict, Refusal):
                refused = received, verdict
                break
            command, outcome, context = verdict
            accepted.append((received, command, outcome, context))
            if isinstance(outcome, Revision):
                overlay[command.task_id] = outcome.snapshot
        sending: list[Intent] = []
        if refused is not None:
            for received in batch:
                why = refused[1]
                if received is not refused[0]:
                    why = Refusal("dependency_rejected", "another command of the batch was refused")
                sending += await self._refuse(unit, received, why)
        else:
            before: dict[str, Snapshot] = {}
            for received, command, outcome, context in accepted:
                previous = before.get(command.task_id)
                sending += await self._accept(unit, received, outcome, context, previous)
                if isinstance(outcome, Revision):
                    before[command.task_id] = outcome.snapshot
        if sending:
            await intents.add(unit.conn, sending, shard=shard, epoch=epoch, now=unit.now)
        return bool(sending)

    async def _verdict(
        self, unit: Unit, received: Received, overlay: dict[str, Snapshot]
    ) -> Refusal | tuple[Command, Revision | Erasure, Context]:
        if received.via == "repair" and received.actor == self._authority:
            return await self._republication(unit, received)
        command = parsed(received.body)
        if isinstance(command, InvalidCommand):
            return Refusal("invalid", str(command)[:500], errors=tuple(command.errors))
        known = await self._circumstances.room(unit.conn, received.room_id)
        if known is None or not known.stored.joined:
            return Refusal("not_found", "there is no such room for you")
        task = await self._predecessor(unit.conn, command, overlay)
        if task.erased:
            return Refusal("not_found", "the task was erased")
        if task.room_id is not None and task.room_id != received.room_id:
            return Refusal("not_found", "there is no such task in this room")
        if not known.stored.guarded and not known.stored.encrypted:
            return Refusal("tasks_disabled", "others than the tasks service can write tasks here")
        context = await self._context(unit, received, command, known, task, overlay)
        outcome = decide(task.snapshot, command, context)
        if isinstance(outcome, Refusal):
            return outcome
        return command, outcome, context

    async def _republication(
        self, unit: Unit, received: Received
    ) -> Refusal | tuple[Command, Revision, Context]:
        """The task as it is, once more: its newest event was redacted."""
        stored = await task_rows.find(unit.conn, received.task_id)
        known = await self._circumstances.room(unit.conn, received.room_id)
        if stored is None or stored.snapshot is None or known is None:
            return Refusal("not_found")
        if stored.rev != received.body.get(REPUBLISH):
            return Refusal("conflict", "a newer revision shows the task already")
        at = max(unit.now, stored.snapshot["updated_at"] + 1)
        snapshot: Snapshot = {**stored.snapshot, "rev": stored.rev + 1, "updated_at": at}
        change: Change = {
            "rev": snapshot["rev"],
            "prev_rev": stored.rev,
            "actor": self._authority,
            "at": at,
            "diff": [],
            "cause": {"cmd_id": received.cmd_id, "via": "repair"},
            "silent": True,
        }
        context = Context(
            actor=self._authority,
            room=known.room,
            org=await self._circumstances.chart(unit.conn),
            at=at,
            via="repair",
            next_key="",
        )
        command = Command(received.cmd_id, received.task_id, stored.rev, ())
        return command, Revision(snapshot, change, received.room_id), context

    async def _predecessor(
        self, conn: AsyncConnection, command: Command, overlay: dict[str, Snapshot]
    ) -> _Predecessor:
        stored = await task_rows.find(conn, command.task_id)
        if stored is None:
            return _Predecessor(None, overlay.get(command.task_id), None, None)
        snapshot = overlay.get(command.task_id, stored.snapshot)
        return _Predecessor(stored, snapshot, stored.root_event_id, stored.room_id)

    async def _context(
        self,
        unit: Unit,
        received: Received,
        command: Command,
        known: KnownRoom,
        task: _Predecessor,
        overlay: dict[str, Snapshot],
    ) -> Context:
        conn = unit.conn
        target = await self._target(conn, command)
        names = named_tasks(task.snapshot, command)
        judged = received.on_behalf_of or received.actor
        if names:
            # Cycles through tasks of several rooms: one decision about relations at a time, which
            # sees what others have decided and not applied yet.
            await relations.lock(conn)
            overlay = await relations.undecided(conn) | overlay
        neighbours = (
            await self._circumstances.neighbourhood(conn, names, judged, overlay) if names else {}
        )
        previous = 0 if task.snapshot is None else task.snapshot["updated_at"]
        authors = (
            {
                each.rev: Author(each.change["actor"], each.change["at"])
                for each in await revisions.after(conn, command.task_id, command.base_rev)
            }
            if task.snapshot is not None
            else {}
        )
        return Context(
            actor=received.actor,
            room=await _with_last_rank(conn, known.room),
            org=await self._circumstances.chart(conn),
            # Clients take the newest of replacements by time.
            at=max(unit.now, previous + 1),
            via=cast(Via, received.via),
            next_key=await self._next_key(conn, command, known),
            on_behalf_of=received.on_behalf_of,
            event_id=received.event_id,
            target=target,
            root_event_id=task.root_event_id,
            dependency=await self._dependency(conn, received, command),
            neighbours=neighbours,
            absent=self._people.absent(named_people(command)),
            authors=authors,
        )

    async def _target(self, conn: AsyncConnection, command: Command) -> Room | None:
        for op in command.ops:
            if op["op"] == "move":
                known = await self._circumstances.room(conn, op["room_id"])
                if known is None or not known.stored.usable:
                    return None
                return await _with_last_rank(conn, known.room)
        return None

    async def _next_key(self, conn: AsyncConnection, command: Command, known: KnownRoom) -> str:
        config = known.stored.config
        if not command.creates or config is None:
            return ""
        return f"{config['prefix']}-{await rooms.next_number(conn, config['prefix'])}"

    async def _dependency(
        self, conn: AsyncConnection, received: Received, command: Command
    ) -> Dependency | None:
        if command.depends_on is None:
            return None
        chain = await ledger.chain(conn, received.actor, command.depends_on)
        if not chain:
            return Dependency("missing")
        state = chain[0][1]
        revs = frozenset(
            rev for task_id, _, rev, _ in chain if task_id == command.task_id and rev is not None
        )
        return Dependency("accepted" if state == "accepted" else "rejected", revs)

    async def _accept(
        self,
        unit: Unit,
        received: Received,
        outcome: Revision | Erasure,
        context: Context,
        previous: Snapshot | None,
    ) -> list[Intent]:
        """The events of an accepted command. previous: decided in the same transaction."""
        conn, change = unit.conn, outcome.change
        after = outcome.snapshot if isinstance(outcome, Revision) else outcome.tombstone
        if context.next_key and change["rev"] == 1:
            prefix, number = task_rows.split_key(after["key"])
            await rooms.spend_number(conn, prefix, number)
        await ledger.begin(conn, received.actor, received.cmd_id, unit.now)
        stored = await task_rows.find(conn, after["task_id"])
        before = previous or (stored.snapshot if stored else None)
        telling = await self._telling(conn, context, before, outcome)
        people = _people_to_mention(before, outcome, context)

        def intent(kind: intents.Kind, room_id: str, txn: str, content: Any) -> Intent:
            return Intent(
                txn_id=f"{txn}:{received.actor}/{received.cmd_id}",
                room_id=received.room_id,
                send_room_id=room_id,
                kind=kind,
                event_type=TASK,
                content=json_text.to_bytes(content),
                ts=change["at"],
                actor=received.actor,
                cmd_id=received.cmd_id,
                invite=outcome.invite if isinstance(outcome, Revision) and txn == "o" else (),
            )

        if isinstance(outcome, Revision) and outcome.is_root:
            made = [
                intent("revision", outcome.room_id, "o", root_content(outcome, telling, people))
            ]
            if outcome.moved_from is not None and stored is not None:
                leaving = update_content(outcome, stored.root_event_id, telling, [])
                made.append(intent("departure", outcome.moved_from, "m", leaving))
            return made
        # A task that is created and changed in one batch has its root in the outbox only; its
        # event id is filled in when the root has been sent.
        root = stored.root_event_id if stored is not None else ""
        content = update_content(outcome, root, telling, people)
        return [intent("revision", outcome.room_id, "o", content)]

    async def _refuse(self, unit: Unit, received: Received, refusal: Refusal) -> list[Intent]:
        conn = unit.conn
        known = await self._circumstances.room(conn, received.room_id)
        unit.outcomes.append(Outcome(received.actor, received.cmd_id, rejected=True))
        # It may have come as a room event too since it was read; then its refusal follows it there.
        event_id = await ledger.event_of(conn, received.actor, received.cmd_id)
        if event_id is None or known is None or not known.stored.joined:
            said = refusal_body(refusal)
            await ledger.reject(conn, received.actor, received.cmd_id, said, unit.now)
            return []
        await ledger.begin(conn, received.actor, received.cmd_id, unit.now)
        content = result_content(
            refusal,
            actor=received.actor,
            cmd_id=received.cmd_id,
            command_event_id=event_id,
        )
        return [
            Intent(
                txn_id=f"o:{received.actor}/{received.cmd_id}",
                room_id=received.room_id,
                send_room_id=received.room_id,
                kind="result",
                event_type=RESULT,
                content=json_text.to_bytes(content),
                ts=unit.now,
                actor=received.actor,
                cmd_id=received.cmd_id,
            )
        ]

    async def _telling(
        self,
        conn: AsyncConnection,
        context: Context,
        before: Snapshot | None,
        outcome: Revision | Erasure,
    ) -> Telling:
        chosen = (await organisation.preferences(conn, [context.actor])).get(context.actor)
        lang = chosen.lang if chosen and chosen.lang in ("en", "ru") else self._language
        people = {context.actor, *([context.on_behalf_of] if context.on_behalf_of else [])}
        for snapshot in (before, outcome.snapshot if isinstance(outcome, Revision) else None):
            if snapshot is not None:
                people |= {snapshot["creator"], snapshot["assigner"]}
                people |= {snapshot["assignee"]} if snapshot["assignee"] else set()
        return Telling(
            lang=cast(Language, lang),
            names=self._people.names(people),
            workflow=(context.target or context.room).workflow,
        )


async def _with_last_rank(conn: AsyncConnection, room: Room) -> Room:
    return Room(
        room_id=room.room_id,
        config=room.config,
        workflow=room.workflow,
        labels=room.labels,
        members=room.members,
        encrypted=room.encrypted,
        owner=room.owner,
        last_rank=await task_rows.last_rank(conn, room.room_id),
        grants=room.grants,
    )


def _people_to_mention(
    before: Snapshot | None, outcome: Revision | Erasure, context: Context
) -> list[str]:
    if isinstance(outcome, Erasure):
        return []
    room = context.target or context.room
    announce = room.config.get("announce", "all") if room.config else "all"
    members = {*room.members, *outcome.invite}
    told = [
        each
        for each in notices(before, outcome.snapshot, outcome.change)
        if each.user_id in members
    ]
    return mentions(told, announce)


def refusal_body(refusal: Refusal) -> dict[str, Any]:
    """A refusal with the keys of an `Outcome`, as the ledger keeps it."""
    said: dict[str, Any] = {"code": refusal.code}
    if refusal.detail:
        said["detail"] = refusal.detail[:500]
    if refusal.current_rev is not None:
        said["current_rev"] = refusal.current_rev
    if refusal.conflicts:
        said["conflicts"] = list(refusal.conflicts)
    if refusal.errors:
        said["errors"] = list(refusal.errors)
    return said
