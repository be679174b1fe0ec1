"""Whom and what a command names, so that the circumstances can be gathered before a decision."""

from __future__ import annotations

from appservice_tasks.contracts import NewTask, Op, Snapshot
from appservice_tasks.domain.commands import Command


def named_tasks(task: Snapshot | None, command: Command) -> frozenset[str]:
    """Other tasks that `decide` will look up in `Context.neighbours`: parents, blockers, ranks.

    What those lead to by `parent` and `blocked_by` is needed too, transitively.
    """
    names = set[str](task.get("blocked_by", ()) if task is not None else ())
    for op in command.ops:
        names |= _tasks_of(op)
    return frozenset(names)


def named_people(command: Command) -> frozenset[str]:
    """People a command brings in; those without an account belong in `Context.absent`."""
    names: set[str] = set()
    for op in command.ops:
        names |= _people_of(op)
    return frozenset(names)


def _tasks_of(op: Op) -> set[str]:
    if op["op"] == "create":
        return _tasks_of_draft(op["task"])
    if op["op"] == "set" and op["field"] == "parent" and op["value"] is not None:
        return {op["value"]}
    if op["op"] == "add" and op["field"] == "blocked_by":
        return {op["value"]}
    if op["op"] == "add" and op["field"] == "links" and op["value"]["rel"] != "url":
        return {op["value"]["task_id"]}
    if op["op"] == "rank":
        return {name for name in (op.get("before"), op.get("after")) if name is not None}
    return set()


def _tasks_of_draft(draft: NewTask) -> set[str]:
    names = set(draft.get("blocked_by", ()))
    parent = draft.get("parent")
    if parent is not None:
        names.add(parent)
    for link in draft.get("links", ()):
        if link["rel"] != "url":
            names.add(link["task_id"])
    return names


def _people_of(op: Op) -> set[str]:
    if op["op"] == "create":
        draft = op["task"]
        names = {*draft.get("collaborators", ()), *draft.get("watchers", ())}
        names |= {item["assignee"] for item in draft.get("checklist", ()) if "assignee" in item}
        assignee = draft.get("assignee")
        return names if assignee is None else names | {assignee}
    if op["op"] == "assign" and op["to"] is not None:
        return {op["to"]}
    if op["op"] == "add" and (op["field"] == "collaborators" or op["field"] == "watchers"):
        return {op["value"]}
    if op["op"] == "item_put":
        assignee = op["item"].get("assignee")
        return set() if assignee is None else {assignee}
    return set()
