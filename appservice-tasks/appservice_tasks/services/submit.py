"""Commands that come by REST or socket: stored, then decided by whoever holds the room's lease."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, cast

from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.contracts import Outcome
from appservice_tasks.domain.commands import Command, InvalidCommand
from appservice_tasks.errors import unavailable
from appservice_tasks.services.bus import Told
from appservice_tasks.services.index import parsed
from appservice_tasks.services.work import Work
from appservice_tasks.storage import completeness, json_text, ledger, task_rows
from appservice_tasks.storage.ledger import UNKNOWN, Known, NewCommand

WAIT_SECONDS: Final = 15.0
_POLL_SECONDS: Final = 0.25
"""Another process may decide; it tells nobody here."""

NOT_SET_UP: Final = "The room is not set up for tasks"

Identity = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Submission:
    """One command.

    content: of the command, without `room_id`. room_id: where `create` goes. on_behalf_of: the
    person whose delegated token a bot holds. request_sha256: of the request, where the content was
    made from it and from the task as it was; else the content's own hash counts. event_id: of the
    message that says it, where one does.
    """

    actor: str
    content: Mapping[str, Any]
    via: Literal["rest", "ws", "import", "schedule", "matrix"] = "rest"
    room_id: str | None = None
    on_behalf_of: str | None = None
    request_sha256: str | None = None
    event_id: str | None = None

    @property
    def body_sha256(self) -> str:
        """What a repetition of the same identity must have too."""
        return self.request_sha256 or json_text.digest(self.content)


class Submit:
    """Takes commands and waits for their outcomes."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._waiting: dict[Identity, list[asyncio.Event]] = {}
        work.bus.listen(self._hear)

    def _hear(self, told: Told) -> None:
        for outcome in told.outcomes:
            for event in self._waiting.get((outcome.actor, outcome.cmd_id), ()):
                event.set()

    async def one(self, submission: Submission, *, wait: float = WAIT_SECONDS) -> Outcome:
        """The outcome of one command; `pending` if there is none within `wait` seconds."""
        (outcome,) = await self.many([submission], wait=wait)
        return outcome

    async def many(
        self,
        submissions: Sequence[Submission],
        *,
        atomic: bool = False,
        wait: float = WAIT_SECONDS,
        not_set_up: Collection[str] = (),
    ) -> list[Outcome]:
        """The outcomes of several, in their order.

        atomic: all of them or none; they must be about one room. not_set_up: rooms where a new task
        is refused with `tasks_disabled`, and may be sent again once they are set up. A command that
        was submitted before gets its first outcome; another one under its identity is
        `idempotency_key_reused`.
        Raises Problem `unavailable` where it is not known yet whether a task exists.
        """
        outcomes: list[Outcome | None] = [_invalid(each) for each in submissions]
        if atomic and any(outcomes):
            return [
                outcome or _rejected(each, "dependency_rejected")
                for outcome, each in zip(outcomes, submissions, strict=True)
            ]
        bells: dict[Identity, asyncio.Event] = {}
        try:
            fresh = True
            batch = str(uuid.uuid4()) if atomic and len(submissions) > 1 else None
            async with self._work.begin() as unit:
                rooms: set[str] = set()
                for number, each in enumerate(submissions):
                    if outcomes[number] is not None:
                        continue
                    try:
                        taken = await self._take(unit.conn, each, batch, unit.now, not_set_up)
                    except _NotTaken as refused:
                        if atomic:
                            raise
                        outcomes[number] = refused.outcome
                        continue
                    if isinstance(taken, str):
                        rooms.add(taken)
                        self._ring_me(_identity(each), bells)
                    else:
                        outcomes[number] = taken
                        if taken["state"] == "pending":
                            fresh = False
                            outcomes[number] = None
                            self._ring_me(_identity(each), bells)
                if atomic and len(rooms) > 1:
                    raise _SeveralRooms
                unit.rooms |= rooms
            known = await self._wait(bells, wait, fresh=fresh)
        except _SeveralRooms:
            return [_rejected(each, "invalid", "atomic is about one room") for each in submissions]
        except _NotTaken as refused:
            return [
                refused.outcome
                if _identity(each)[1] == refused.outcome["cmd_id"]
                else _rejected(each, "dependency_rejected")
                for each in submissions
            ]
        finally:
            for identity, bell in bells.items():
                self._waiting[identity].remove(bell)
                if not self._waiting[identity]:
                    del self._waiting[identity]
        return [
            outcome or outcome_of(known.get(_identity(each)), cast(str, each.content["cmd_id"]))
            for outcome, each in zip(outcomes, submissions, strict=True)
        ]

    async def known(self, actor: str, cmd_id: str, request_sha256: str) -> Outcome | None:
        """What a request with this Idempotency-Key has led to before; None: it is new."""
        async with self._work.database.read() as conn:
            found = await ledger.known(conn, actor, cmd_id)
        if found is None:
            return None
        if found.body_sha256 not in (request_sha256, UNKNOWN):
            return {"cmd_id": cmd_id, "state": "rejected", "code": "idempotency_key_reused"}
        if not found.decided:
            bells: dict[Identity, asyncio.Event] = {}
            self._ring_me((actor, cmd_id), bells)
            try:
                found = (await self._wait(bells, WAIT_SECONDS)).get((actor, cmd_id), found)
            finally:
                self._waiting[actor, cmd_id].remove(bells[actor, cmd_id])
        return outcome_of(found, cmd_id)

    def _ring_me(self, identity: Identity, bells: dict[Identity, asyncio.Event]) -> None:
        if identity not in bells:
            bells[identity] = asyncio.Event()
            self._waiting.setdefault(identity, []).append(bells[identity])

    async def _take(
        self,
        conn: AsyncConnection,
        submission: Submission,
        batch: str | None,
        now: int,
        not_set_up: Collection[str],
    ) -> Outcome | str:
        """Stores a command; the room it waits in, or the outcome that it has already.

        Raises _NotTaken.
        """
        command = cast(Command, parsed(submission.content))
        known = await ledger.known(conn, submission.actor, command.cmd_id)
        if known is not None:
            if known.body_sha256 not in (submission.body_sha256, UNKNOWN):
                raise _NotTaken(_rejected(submission, "idempotency_key_reused"))
            return outcome_of(known, command.cmd_id)
        room_id = await self._room_of(conn, command, submission.room_id)
        if room_id is None:
            if command.creates:
                raise _NotTaken(_rejected(submission, "invalid", "create needs a room_id"))
            if not await completeness.is_complete(conn):
                raise unavailable("The index is being read: the task may be in it in a moment", 1)
            raise _NotTaken(_rejected(submission, "not_found"))
        if command.creates and room_id in not_set_up:
            raise _NotTaken(_rejected(submission, "tasks_disabled", NOT_SET_UP))
        new = NewCommand(
            actor=submission.actor,
            cmd_id=command.cmd_id,
            room_id=room_id,
            task_id=command.task_id,
            body=submission.content,
            body_sha256=submission.body_sha256,
            via=submission.via,
            event_id=submission.event_id,
            on_behalf_of=submission.on_behalf_of,
            batch=batch,
        )
        await ledger.receive(conn, new, now)
        return room_id

    async def _room_of(
        self, conn: AsyncConnection, command: Command, given: str | None
    ) -> str | None:
        if command.creates:
            return given
        stored = await task_rows.find(conn, command.task_id)
        if stored is not None:
            return stored.room_id
        return await ledger.creating_room(conn, command.task_id)

    async def _wait(
        self, bells: Mapping[Identity, asyncio.Event], seconds: float, *, fresh: bool = False
    ) -> dict[Identity, Known]:
        """What is known of these commands once all are decided, or the time is up.

        fresh: none was decided when its bell was hung up.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        decided: dict[Identity, Known] = {}
        open_ = set(bells)
        if fresh and open_:
            await self._first_ring(
                [bells[identity] for identity in open_], min(seconds, _POLL_SECONDS)
            )
        while open_:
            for identity in open_:
                bells[identity].clear()
            async with self._work.database.read() as conn:
                found = await ledger.known_many(conn, open_)
            decided |= found
            open_ -= {identity for identity, known in found.items() if known.decided}
            left = end - loop.time()
            if not open_ or left <= 0:
                break
            await self._first_ring(
                [bells[identity] for identity in open_], min(left, _POLL_SECONDS)
            )
        return decided

    async def _first_ring(self, bells: Sequence[asyncio.Event], seconds: float) -> None:
        ringing = [asyncio.create_task(bell.wait()) for bell in bells]
        try:
            await asyncio.wait(ringing, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in ringing:
                task.cancel()


class _SeveralRooms(Exception):
    """Commands that are to be decided together are about several rooms."""


class _NotTaken(Exception):
    """A command is refused without being kept: it may be sent again."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome


def outcome_of(known: Known | None, cmd_id: str) -> Outcome:
    """What the ledger says of a command."""
    if known is None or not known.decided:
        return {"cmd_id": cmd_id, "state": "pending"}
    outcome: dict[str, Any] = {"cmd_id": cmd_id, "state": known.state, **(known.refusal or {})}
    if known.task_id:
        outcome["task_id"] = known.task_id
    if known.state == "accepted":
        outcome["rev"] = known.rev
    return cast(Outcome, outcome)


def _identity(submission: Submission) -> Identity:
    return submission.actor, cast(str, submission.content["cmd_id"])


def _invalid(submission: Submission) -> Outcome | None:
    command = parsed(submission.content)
    if not isinstance(command, InvalidCommand):
        return None
    outcome = _rejected(submission, "invalid", str(command)[:500])
    outcome["errors"] = command.errors
    return outcome


def _rejected(submission: Submission, code: Any, detail: str = "") -> Outcome:
    outcome: Outcome = {
        "cmd_id": str(submission.content.get("cmd_id", "")),
        "state": "rejected",
        "code": code,
    }
    if detail:
        outcome["detail"] = detail
    return outcome
