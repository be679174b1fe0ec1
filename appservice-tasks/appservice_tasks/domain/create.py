"""`create`: the first snapshot."""

from __future__ import annotations

from typing import Any, Final

from appservice_tasks.contracts import NewTask
from appservice_tasks.domain.case import Case
from appservice_tasks.domain.outcome import Refused
from appservice_tasks.domain.rank import rank_between
from appservice_tasks.domain.relations import blocks_itself, is_below
from appservice_tasks.domain.rights import Mode, assignment_mode
from appservice_tasks.domain.workflow import DEFAULT_WORKFLOW, status_of

PLAIN: Final = (
    "description",
    "due",
    "start",
    "estimate_min",
    "labels",
    "checklist",
    "parent",
    "blocked_by",
    "blocked_reason",
    "links",
    "attachments",
    "needs_review",
    "recurrence",
    "fields",
    "source",
)
"""Fields that are taken over as they are; empty ones stay absent."""


def first_snapshot(new: NewTask, task_id: str, case: Case) -> dict[str, Any]:
    """The task that the draft describes; raises Refused.

    Every field that is given counts as changed by revision 1.
    """
    context, who = case.context, case.who.user_id
    room = context.room
    workflow = room.workflow
    initial = status_of(workflow, workflow["initial"]) or DEFAULT_WORKFLOW["statuses"][0]
    personal = room.config is not None and room.config["kind"] == "personal"
    task: dict[str, Any] = {
        "v": 1,
        "task_id": task_id,
        "key": context.next_key,
        "rev": 1,
        "kind": "personal" if personal else "team",
        "title": new["title"],
        "status": initial["id"],
        "category": initial["category"],
        "creator": who,
        "assigner": who,
        "assignee": None,
        "assignment": {"state": "none"},
        "priority": new.get("priority", "none"),
        "created_at": case.at,
        "updated_at": case.at,
        "rank": rank_between(room.last_rank, None) or rank_between(None, None),
    }
    for field in PLAIN:
        value: Any = new.get(field)
        # An estimate of 0 minutes says something; an empty list or text does not.
        if value or (value == 0 and value is not False):
            task[field] = value
    _check_relations(task, case)
    _take_people(new, task, case)
    task["frev"] = {
        name: 1
        for name in ("title", "status", "priority", "assignee", "assignment", *PLAIN)
        if name in task and name not in ("fields", "source", "checklist")
    }
    task["frev"] |= {f"fields.{name}": 1 for name in task.get("fields", ())}
    task["frev"] |= {f"checklist.{item['id']}": 1 for item in task.get("checklist", ())}
    return task


def _check_relations(task: dict[str, Any], case: Case) -> None:
    own, context = task["task_id"], case.context
    parent = task.get("parent")
    if parent is not None:
        if is_below(own, parent, context):
            raise case.invalid("/task/parent", "cycle", "a task cannot stand below itself")
        case.neighbour(parent, "/task/parent")
    for index, blocker in enumerate(task.get("blocked_by", ())):
        if blocks_itself(own, blocker, context):
            raise case.invalid("/task/blocked_by", "cycle", "a task cannot wait for itself")
        case.neighbour(blocker, f"/task/blocked_by/{index}")
    for index, link in enumerate(task.get("links", ())):
        if link["rel"] != "url":
            case.neighbour(link["task_id"], f"/task/links/{index}/task_id")


def _take_people(new: NewTask, task: dict[str, Any], case: Case) -> None:
    for field in ("collaborators", "watchers"):
        people: Any = new.get(field)
        if people:
            for person in people:
                case.admit(person)
            task[field] = people
    for item in task.get("checklist", ()):
        if "assignee" in item:
            case.admit(item["assignee"])
    to = new.get("assignee")
    if to is None:
        return
    if case.who.granted is not None:
        raise Refused("forbidden", "a bot assigns only on behalf of a person")
    mode: Mode = assignment_mode(case.who.user_id, to, case.context)
    if mode == "deny":
        raise Refused("assignee_not_allowed", f"{to} cannot be assigned by you here")
    case.admit(to)
    asked = mode == "request" or (new.get("request", False) and to != case.who.user_id)
    task["assignee"] = to
    task["assignment"] = {"state": "requested" if asked else "active", "at": case.at}
