"""Creates, changes and erases tasks for REST: a body becomes a command, its outcome a task."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from appservice_tasks.contracts import CommandRequest, Op, Outcome, Task, TaskCreate, TaskPatch
from appservice_tasks.domain.ids import task_id_for
from appservice_tasks.domain.patch import draft_of, ops_for_patch
from appservice_tasks.errors import Problem, unavailable
from appservice_tasks.matrix_client import MatrixClient, Refused, Unavailable
from appservice_tasks.services.delegations import Delegations
from appservice_tasks.services.refusals import problem_of
from appservice_tasks.services.room_state import MEMBER
from appservice_tasks.services.show_tasks import ShowTasks
from appservice_tasks.services.submit import NOT_SET_UP, Submission, Submit
from appservice_tasks.services.who import Caller
from appservice_tasks.storage import json_text, ledger, rooms, task_rows
from appservice_tasks.storage.database import Database
from appservice_tasks.storage.task_rows import StoredTask

_RETRY_SECONDS: Final = 2
_BLIND: Final = 0
"""The base_rev of who has seen nothing."""


class OwnRooms(Protocol):
    """Rooms that are there for one's own tasks, made with the caller's rights if need be."""

    async def personal(self, caller: Caller) -> str:
        """The caller's personal room."""

    async def direct(self, caller: Caller, other: str) -> str:
        """The room of the caller and somebody else. Raises Problem."""


class ChangeTasks:
    """Speaks commands for those who speak REST."""

    def __init__(
        self,
        database: Database,
        homeserver: MatrixClient,
        submit: Submit,
        show: ShowTasks,
        own_rooms: OwnRooms,
        delegations: Delegations,
    ) -> None:
        self._database = database
        self._homeserver = homeserver
        self._submit = submit
        self._show = show
        self._own_rooms = own_rooms
        self._delegations = delegations

    async def create(
        self, caller: Caller, wanted: TaskCreate, *, key: str | None, delegated: str | None
    ) -> Task:
        """The new task. key: the command's id. delegated: the token of whom a bot acts for.

        Raises Problem.
        """
        behalf = await self._delegations.person_behind(caller.user_id, delegated)
        cmd_id = key or str(uuid.uuid4())
        room_id = wanted.get("room_id")
        known = None if key is None else await self._known_room(caller.user_id, cmd_id)
        if known is not None and room_id not in (None, known):
            raise Problem("idempotency_key_reused", "The key came with another room before")
        if room_id is None:
            room_id = known or await self._room_for(caller, behalf, wanted.get("assigned_to"))
        elif known is None and await self._is_not_set_up(caller, room_id):
            raise Problem("tasks_disabled", NOT_SET_UP)
        content = {
            "v": 1,
            "cmd_id": cmd_id,
            "task_id": task_id_for(caller.user_id, cmd_id),
            "base_rev": 0,
            "ops": [{"op": "create", "task": draft_of(wanted)}],
        }
        outcome = await self._submit.one(
            Submission(caller.user_id, content, room_id=room_id, on_behalf_of=behalf)
        )
        return await self._task_of(behalf or caller.user_id, outcome)

    async def _is_not_set_up(self, caller: Caller, room_id: str) -> bool:
        """Whether it is a room of the caller's that was never set up for tasks. For others than its
        members it is not there."""
        async with self._database.read() as conn:
            stored = await rooms.find(conn, room_id)
        if stored is not None and stored.joined:
            return False
        try:
            own = await self._homeserver.speaking(caller.token).state_content(
                room_id, MEMBER, caller.user_id
            )
        except Refused:
            return False
        except Unavailable as error:
            raise problem_of(error) from error
        return own is not None and own.get("membership") == "join"

    async def _known_room(self, actor: str, cmd_id: str) -> str | None:
        async with self._database.read() as conn:
            known = await ledger.known(conn, actor, cmd_id)
        return None if known is None else known.room_id

    async def _room_for(self, caller: Caller, behalf: str | None, assignee: str | None) -> str:
        """Where a task goes that names no room."""
        if behalf is not None:
            raise Problem(
                "invalid",
                "Who acts for somebody names the room",
                errors=[{"pointer": "/room_id", "code": "required"}],
            )
        if assignee is None or assignee == caller.user_id:
            return await self._own_rooms.personal(caller)
        return await self._own_rooms.direct(caller, assignee)

    async def patch(
        self,
        caller: Caller,
        name: str,
        wanted: TaskPatch,
        *,
        key: str | None,
        seen_rev: int | None,
        delegated: str | None,
    ) -> Task:
        """The task after the change. name: its id or key. seen_rev: of If-Match; None: the write
        is blind. Raises Problem."""
        behalf = await self._delegations.person_behind(caller.user_id, delegated)
        judged = behalf or caller.user_id
        request = ["patch", name.lower(), wanted, seen_rev, behalf]
        known = await self._known(caller, key, request)
        if known is not None:
            return await self._task_of(judged, known)
        async with self._database.read() as conn:
            stored = await self._show.find(conn, judged, name)
            assert stored.snapshot is not None
            ops = ops_for_patch(stored.snapshot, wanted)
            if not ops:
                return await self._show.one(conn, judged, stored)
        conflict = wanted.get("on_conflict", "reject" if seen_rev is not None else "force")
        base_rev = seen_rev if seen_rev is not None else _BLIND
        if seen_rev is None and conflict == "reject":
            base_rev = stored.rev
        more = {"base_rev": base_rev, "on_conflict": conflict}
        outcome = await self._command(caller, stored, ops, key, request, behalf, more)
        return await self._task_of(judged, outcome)

    async def erase(self, caller: Caller, name: str, *, key: str | None) -> None:
        """Erases a task's content for good. Raises Problem."""
        request = ["erase", name.lower()]
        outcome = await self._known(caller, key, request)
        if outcome is None:
            async with self._database.read() as conn:
                stored = await self._show.find(conn, caller.user_id, name)
            more = {"base_rev": _BLIND, "on_conflict": "force"}
            ops: list[Op] = [{"op": "erase"}]
            outcome = await self._command(caller, stored, ops, key, request, None, more)
        _raise_unless_accepted(outcome)

    async def _known(self, caller: Caller, key: str | None, request: Any) -> Outcome | None:
        if key is None:
            return None
        return await self._submit.known(caller.user_id, key, json_text.digest(request))

    async def _command(
        self,
        caller: Caller,
        stored: StoredTask,
        ops: Sequence[Op],
        key: str | None,
        request: Any,
        behalf: str | None,
        more: Mapping[str, Any],
    ) -> Outcome:
        content = {
            "v": 1,
            "cmd_id": key or str(uuid.uuid4()),
            "task_id": stored.task_id,
            "ops": list(ops),
            **more,
        }
        return await self._submit.one(
            Submission(
                caller.user_id,
                content,
                on_behalf_of=behalf,
                request_sha256=json_text.digest(request),
            )
        )

    async def _task_of(self, user_id: str, outcome: Outcome) -> Task:
        _raise_unless_accepted(outcome)
        async with self._database.read() as conn:
            stored = await self._show.find(conn, user_id, outcome["task_id"])
            return await self._show.one(conn, user_id, stored)

    async def run(
        self,
        caller: Caller,
        commands: Sequence[CommandRequest],
        *,
        via: Any,
        delegated: str | None = None,
        atomic: bool = False,
    ) -> list[Outcome]:
        """The outcomes of commands, in their order; of accepted ones with the task."""
        behalf = await self._delegations.person_behind(caller.user_id, delegated)
        submissions = [
            Submission(
                caller.user_id,
                {name: value for name, value in command.items() if name != "room_id"},
                via=via,
                room_id=command.get("room_id"),
                on_behalf_of=behalf,
            )
            for command in commands
        ]
        named = {command["room_id"] for command in commands if "room_id" in command}
        not_set_up = {each for each in named if await self._is_not_set_up(caller, each)}
        outcomes = await self._submit.many(submissions, atomic=atomic, not_set_up=not_set_up)
        accepted = [each["task_id"] for each in outcomes if each["state"] == "accepted"]
        async with self._database.read() as conn:
            found = await task_rows.find_many(conn, accepted)
            seen = set(await self._show.visible_rooms(conn, behalf or caller.user_id))
            visible = [each for each in found.values() if each.room_id in seen]
            shown = await self._show.shown(conn, behalf or caller.user_id, visible)
        by_id = {task["id"]: task for task in shown}
        for outcome in outcomes:
            if outcome["state"] == "accepted" and outcome["task_id"] in by_id:
                outcome["task"] = by_id[outcome["task_id"]]
        return outcomes

    async def run_one(self, caller: Caller, command: CommandRequest) -> Outcome:
        """One command of the socket."""
        (outcome,) = await self.run(caller, [command], via="ws")
        return outcome


def _raise_unless_accepted(outcome: Outcome) -> None:
    if outcome["state"] == "pending":
        raise unavailable(
            "It is kept and will be decided: ask again with the same Idempotency-Key",
            _RETRY_SECONDS,
        )
    if outcome["state"] == "rejected":
        raise Problem(
            outcome["code"],
            outcome.get("detail", ""),
            errors=outcome.get("errors", ()),
            conflicts=outcome.get("conflicts", ()),
            current_rev=outcome.get("current_rev"),
        )
