"""The bodies of REST as operations: PUT and PATCH, and what POST creates."""

from __future__ import annotations

from typing import Any, Final, cast

from appservice_tasks.contracts import NewTask, Op, Snapshot, TaskCreate, TaskPatch
from appservice_tasks.domain.apply_sets import LIMITS, identity

SCALARS: Final = (
    "title",
    "description",
    "priority",
    "due",
    "start",
    "estimate_min",
    "parent",
    "blocked_reason",
    "needs_review",
    "recurrence",
    "fields",
)


def ops_for_patch(task: Snapshot, patch: TaskPatch) -> list[Op]:
    """The operations that bring the task to what the patch says; none for a patch without fields.

    Lists are compared with those of `task` and become additions and removals. The status comes
    last, so that `needs_review` in the same patch counts.
    """
    ops: list[dict[str, Any]] = [
        {"op": "set", "field": field, "value": patch[field]} for field in SCALARS if field in patch
    ]
    for field in LIMITS:
        if field in patch:
            ops += _set_ops(field, task.get(field, []), patch[field])  # type: ignore[literal-required]
    if "checklist" in patch:
        ops += _item_ops(task.get("checklist", []), patch["checklist"])
    if "assigned_to" in patch:
        ops.append({"op": "assign", "to": patch["assigned_to"], **_only(patch, "request")})
    if "status" in patch:
        ops.append({"op": "transition", "to": patch["status"], **_only(patch, "reason", "force")})
    return cast(list[Op], ops)


def draft_of(create: TaskCreate) -> NewTask:
    """The body of `POST /v1/tasks` as the draft of a `create`; the room is no part of it."""
    draft: dict[str, Any] = {
        field: value
        for field, value in create.items()
        if field not in ("room_id", "assigned_to") and value is not None
    }
    if create.get("assigned_to") is not None:
        draft["assignee"] = create["assigned_to"]
    return cast(NewTask, draft)


def _set_ops(field: str, present: Any, wanted: Any) -> list[dict[str, Any]]:
    has = {identity(field, each) for each in present}
    keeps = {identity(field, each) for each in wanted}
    removals = [
        {"op": "remove", "field": field, "value": each}
        for each in present
        if identity(field, each) not in keeps
    ]
    additions = [
        {"op": "add", "field": field, "value": each}
        for each in wanted
        if identity(field, each) not in has
    ]
    return removals + additions


def _item_ops(present: Any, wanted: Any) -> list[dict[str, Any]]:
    before = {item["id"]: item for item in present}
    ids = {item["id"] for item in wanted}
    ops: list[dict[str, Any]] = [
        {"op": "item_remove", "id": item["id"]} for item in present if item["id"] not in ids
    ]
    staying = [item["id"] for item in present if item["id"] in ids]
    in_order = [item["id"] for item in wanted if item["id"] in before] == staying
    after: str | None = None
    for item in wanted:
        old = before.get(item["id"])
        if old is None or not in_order:
            ops.append({"op": "item_put", "item": {"assignee": None, **item}, "after": after})
        elif {**old, "done": None} != {**item, "done": None}:
            ops.append({"op": "item_put", "item": {"assignee": None, **item}})
        elif old["done"] != item["done"]:
            ops.append({"op": "item_check", "id": item["id"], "done": item["done"]})
        after = item["id"]
    return ops


def _only(patch: TaskPatch, *names: str) -> dict[str, Any]:
    return {name: patch[name] for name in names if name in patch}  # type: ignore[literal-required]
