"""`move`: the same task in another room."""

from __future__ import annotations

from typing import Any

from appservice_tasks.contracts import OpMove
from appservice_tasks.domain.apply_status import categorise
from appservice_tasks.domain.case import Case
from appservice_tasks.domain.outcome import Refused
from appservice_tasks.domain.rank import rank_between
from appservice_tasks.domain.rights import may_create
from appservice_tasks.domain.room import Room
from appservice_tasks.domain.workflow import counterpart


def apply_move(op: OpMove, case: Case) -> Room:
    """Bring the task to another room under its rules; the room it lives in from now on.

    Identity, key and history stay. People who are not in the new room leave the task's lists, the
    status becomes its counterpart in the new workflow, and `origin` leads back.
    """
    case.require("move")
    context = case.context
    target = context.target
    if op["room_id"] == context.room.room_id:
        raise case.invalid("/room_id", "form", "the task is there already")
    if target is None or case.who.user_id not in target.members:
        raise Refused("not_found", "there is no such room for you")
    if target.encrypted:
        raise Refused("encrypted_room_not_enabled", "the room is encrypted")
    if target.config is None or not target.config["enabled"]:
        raise Refused("tasks_disabled", "the room has no tasks")
    if not may_create(case.who.user_id, target, context):
        raise Refused("forbidden", "you may not open tasks in that room")
    _check_owners(case.draft.task, target)
    draft = case.draft
    draft.record({"field": "room_id", "from": context.room.room_id, "to": op["room_id"]})
    draft.set("kind", "personal" if target.config["kind"] == "personal" else "team")
    status = counterpart(target.workflow, draft.task["status"], draft.task["category"])
    draft.set("status", status["id"])
    categorise(status["category"], case)
    draft.task["rank"] = rank_between(target.last_rank, None) or rank_between(None, None)
    if context.root_event_id is not None:
        draft.task["origin"] = {
            "room_id": context.room.room_id,
            "event_id": context.root_event_id,
        }
    for field in ("collaborators", "watchers"):
        _leave_behind(field, target, case)
    return target


def _check_owners(task: dict[str, Any], target: Room) -> None:
    """Nobody loses sight of a task that is theirs."""
    for person in (task["assignee"], task["creator"], task["assigner"]):
        if person is not None and person not in target.members:
            raise Refused("assignee_not_member", f"{person} is not in that room")


def _leave_behind(field: str, target: Room, case: Case) -> None:
    people = case.draft.task.get(field, [])
    gone = [person for person in people if person not in target.members]
    if gone:
        staying = [person for person in people if person in target.members]
        case.draft.replace_list(field, staying)
        for person in gone:
            case.draft.record({"field": field, "from": person})
