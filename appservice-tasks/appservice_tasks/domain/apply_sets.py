"""`add` and `remove`: sets, whose changes commute."""

from __future__ import annotations

from typing import Any, Final

from appservice_tasks.contracts import OpAdd, OpRemove
from appservice_tasks.domain.case import Case
from appservice_tasks.domain.outcome import Refused
from appservice_tasks.domain.relations import blocks_itself
from appservice_tasks.domain.rights import operation_name

LIMITS: Final = {
    "labels": 20,
    "collaborators": 20,
    "watchers": 50,
    "blocked_by": 20,
    "links": 20,
    "attachments": 20,
}
"""How many members each set may have."""


def apply_add(op: OpAdd, case: Case) -> None:
    """Add a member; one that is there already changes nothing."""
    _require(op, case)
    field, value = op["field"], op["value"]
    members = case.draft.task.get(field, [])
    if any(identity(field, member) == identity(field, value) for member in members):
        return
    if len(members) >= LIMITS[field]:
        raise Refused("limit_exceeded", f"at most {LIMITS[field]} {field}")
    if op["field"] in ("collaborators", "watchers"):
        case.admit(op["value"])
    elif op["field"] == "blocked_by":
        task_id = case.draft.task["task_id"]
        if blocks_itself(task_id, op["value"], case.context):
            raise case.invalid("/value", "cycle", "a task cannot wait for itself")
        case.neighbour(op["value"], "/value")
    elif op["field"] == "links" and op["value"]["rel"] != "url":
        case.neighbour(op["value"]["task_id"], "/value/task_id")
    case.draft.replace_list(field, [*members, value])
    case.draft.record({"field": field, "to": value})


def apply_remove(op: OpRemove, case: Case) -> None:
    """Take a member out; one that is not there changes nothing."""
    _require(op, case)
    field, value = op["field"], op["value"]
    members = case.draft.task.get(field, [])
    gone = [each for each in members if identity(field, each) == identity(field, value)]
    if not gone:
        return
    case.draft.replace_list(field, [each for each in members if each not in gone])
    case.draft.record({"field": field, "from": gone[0]})


def identity(field: str, member: Any) -> Any:
    """What makes two members the same: links by what they lead to, attachments by address."""
    if field == "links":
        return (member["rel"], member.get("task_id"), member.get("url"))
    if field == "attachments":
        return member["url"] if "url" in member else member["file"]["url"]
    return member


def _require(op: OpAdd | OpRemove, case: Case) -> None:
    """One's own name may be put on and off the watchers' list, and off the collaborators'."""
    who = case.who
    if who.granted is None and who.sees and not who.guest:
        own = op["value"] == who.user_id
        if own and op["field"] == "watchers":
            return
        if own and op["field"] == "collaborators" and op["op"] == "remove":
            return
    name = operation_name(op, who.user_id)
    case.require(f"{op['op']}:{op['field']}" if name in ("watch", "unwatch") else name)
