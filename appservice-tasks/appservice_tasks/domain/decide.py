"""The decision: a task, a command and its circumstances become a revision or a refusal."""

from __future__ import annotations

from typing import Any, assert_never, cast

from appservice_tasks.contracts import Cause, Change, Op, Snapshot, Tombstone
from appservice_tasks.domain.apply_fields import apply_set
from appservice_tasks.domain.apply_items import (
    apply_item_check,
    apply_item_put,
    apply_item_remove,
)
from appservice_tasks.domain.apply_sets import apply_add, apply_remove
from appservice_tasks.domain.apply_status import apply_rank, apply_transition
from appservice_tasks.domain.assign import apply_accept, apply_assign, apply_decline
from appservice_tasks.domain.canonical import MAX_SNAPSHOT_BYTES, canonical_json
from appservice_tasks.domain.case import Case
from appservice_tasks.domain.commands import Command
from appservice_tasks.domain.context import Context
from appservice_tasks.domain.create import first_snapshot
from appservice_tasks.domain.draft import Draft
from appservice_tasks.domain.ids import task_id_for
from appservice_tasks.domain.merge import Baseline
from appservice_tasks.domain.org import Role
from appservice_tasks.domain.outcome import Erasure, Refusal, Refused, Revision
from appservice_tasks.domain.relocate import apply_move
from appservice_tasks.domain.rights import Standing, may_create, standing, visible
from appservice_tasks.domain.room import Room

OWN_IDENTITIES = ("schedule", "import")
"""Where the service itself creates: a task's identity follows from the series or the file."""

SILENT_FIELDS = frozenset({"rank"})
"""A change of nothing else is worth no line in the timeline."""


def decide(
    task: Snapshot | None, command: Command, context: Context
) -> Revision | Erasure | Refusal:
    """Pure and deterministic; `task` is never changed.

    task: the current snapshot, None when there is none (never was, or erased). An accepted command
    that changes nothing still makes a revision, silent and with an empty diff: its acceptance must
    be readable from the room.
    """
    try:
        if command.creates:
            return _create(task, command, context)
        if task is None or not _sees(task, context):
            raise Refused("not_found", "there is no such task for you")
    except Refused as refused:
        return Refusal(refused.code, refused.detail, errors=refused.errors)
    try:
        return _change(task, command, context)
    except Refused as refused:
        return Refusal(refused.code, refused.detail, current_rev=task["rev"], errors=refused.errors)


def _create(task: Snapshot | None, command: Command, context: Context) -> Revision | Refusal:
    who, room = context.judged, context.room
    if who not in room.members and context.org.person(who).role is not Role.ADMIN:
        raise Refused("not_found", "there is no such room for you")
    _check_room(room)
    _check_dependency(command, context)
    if task is not None:
        raise Refused("idempotency_key_reused", "the command has made a task before")
    if (
        context.via not in OWN_IDENTITIES
        and task_id_for(context.actor, command.cmd_id) != command.task_id
    ):
        fault = {"pointer": "/task_id", "code": "form", "detail": "not made from actor and cmd_id"}
        raise Refused("invalid", fault["detail"], (cast(Any, fault),))
    if not may_create(who, room, context):
        raise Refused("forbidden", "you may not open tasks here")
    case = Case(
        draft=Draft({}, 1),
        who=_newcomer(context),
        baseline=Baseline(None, 0, frozenset(), force=False, authors={}),
        context=context,
        at=context.at,
    )
    first = command.ops[0]
    if first["op"] != "create":
        raise AssertionError("a command that creates starts with create")
    snapshot = cast(Snapshot, first_snapshot(first["task"], command.task_id, case))
    invited = case.draft.invite
    case.draft = Draft(snapshot, 1)
    case.draft.invite = invited
    case.who = standing(who, snapshot, context)
    if snapshot["assignee"] is not None:
        case.draft.record({"field": "assignee", "from": None, "to": snapshot["assignee"]})
    for index, op in enumerate(command.ops[1:], start=1):
        case.pointer = f"/ops/{index}"
        _apply(op, case)
    return _revision(case, command, prev_rev=None, room_id=room.room_id)


def _change(task: Snapshot, command: Command, context: Context) -> Revision | Erasure | Refusal:
    _check_room(context.room)
    _check_dependency(command, context)
    if command.base_rev > task["rev"]:
        fault: Any = {"pointer": "/base_rev", "code": "range", "detail": "not yet reached"}
        raise Refused("invalid", "the task has no such revision yet", (fault,))
    rev, at = task["rev"] + 1, max(context.at, task["updated_at"])
    case = Case(
        draft=Draft(task, rev),
        who=standing(context.judged, task, context),
        baseline=Baseline(
            task,
            command.base_rev,
            context.dependency.revs if context.dependency else frozenset(),
            force=command.on_conflict == "force",
            authors=context.authors,
        ),
        context=context,
        at=at,
    )
    if command.ops[0]["op"] == "erase":
        return _erase(task, command, case)
    room_id, moved_from = context.room.room_id, None
    for index, op in enumerate(command.ops):
        case.pointer = f"/ops/{index}"
        if op["op"] == "move":
            room_id, moved_from = apply_move(op, case).room_id, context.room.room_id
        else:
            _apply(op, case)
    if case.baseline.conflicts:
        return Refusal(
            "conflict",
            "others changed the same meanwhile",
            current_rev=task["rev"],
            conflicts=tuple(case.baseline.conflicts),
        )
    return _revision(case, command, prev_rev=task["rev"], room_id=room_id, moved_from=moved_from)


def _apply(op: Op, case: Case) -> None:
    match op["op"]:
        case "set":
            apply_set(op, case)
        case "add":
            apply_add(op, case)
        case "remove":
            apply_remove(op, case)
        case "item_put":
            apply_item_put(op, case)
        case "item_check":
            apply_item_check(op, case)
        case "item_remove":
            apply_item_remove(op, case)
        case "transition":
            apply_transition(op, case)
        case "assign":
            apply_assign(op, case)
        case "accept":
            apply_accept(op, case)
        case "decline":
            apply_decline(op, case)
        case "rank":
            apply_rank(op, case)
        case "create" | "move" | "erase":
            raise AssertionError(f"{op['op']} is handled where it may stand")
        case never:
            assert_never(never)


def _erase(task: Snapshot, command: Command, case: Case) -> Erasure:
    if not case.who.erases:
        raise Refused("forbidden", "the task is not yours to erase")
    tombstone: Tombstone = {
        "v": 1,
        "task_id": task["task_id"],
        "key": task["key"],
        "rev": case.draft.rev,
        "erased": True,
    }
    change = _change_of(case, command, prev_rev=task["rev"])
    return Erasure(tombstone, change, case.context.room.room_id)


def _revision(
    case: Case,
    command: Command,
    *,
    prev_rev: int | None,
    room_id: str,
    moved_from: str | None = None,
) -> Revision:
    draft = case.draft
    draft.task["rev"] = draft.rev
    draft.task["updated_at"] = case.at
    size = len(canonical_json(draft.task))
    if size > MAX_SNAPSHOT_BYTES:
        raise Refused("too_large", f"{size} bytes, {MAX_SNAPSHOT_BYTES} are allowed")
    change = _change_of(case, command, prev_rev=prev_rev)
    if prev_rev is not None and draft.fields <= SILENT_FIELDS:
        change["silent"] = True
    return Revision(
        snapshot=cast(Snapshot, draft.task),
        change=change,
        room_id=room_id,
        moved_from=moved_from,
        invite=tuple(draft.invite),
    )


def _change_of(case: Case, command: Command, *, prev_rev: int | None) -> Change:
    context = case.context
    cause: Cause = {"cmd_id": command.cmd_id, "via": context.via}
    if context.event_id is not None:
        cause["event_id"] = context.event_id
    change: Change = {
        "rev": case.draft.rev,
        "prev_rev": prev_rev,
        "actor": context.actor,
        "at": case.at,
        "diff": case.draft.diff(),
        "cause": cause,
    }
    if context.on_behalf_of is not None:
        change["on_behalf_of"] = context.on_behalf_of
    if case.draft.reason:
        change["reason"] = case.draft.reason
    return change


def _sees(task: Snapshot, context: Context) -> bool:
    """Bots see where they are granted anything; people where they are members, or govern."""
    if context.org.person(context.judged).role is Role.BOT:
        return standing(context.judged, task, context).sees
    return visible(context.judged, task, context)


def _check_room(room: Room) -> None:
    if room.encrypted:
        raise Refused("encrypted_room_not_enabled", "the room is encrypted")
    if room.config is None or not room.config["enabled"]:
        raise Refused("tasks_disabled", "the room has no tasks")


def _check_dependency(command: Command, context: Context) -> None:
    if command.depends_on is None:
        return
    if context.dependency is None or context.dependency.state == "missing":
        raise Refused("dependency_missing", "the command it depends on has not come")
    if context.dependency.state == "rejected":
        raise Refused("dependency_rejected", "the command it depends on was refused")


def _newcomer(context: Context) -> Standing:
    """Who creates, before there is a task to have a part in."""
    who = context.judged
    if context.org.person(who).role is Role.BOT:
        return Standing(who, granted=context.room.grants.get(who, frozenset()))
    return Standing(who, sees=True, parts=frozenset({"editor"}))
