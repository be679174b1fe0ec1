"""`set`: one scalar field."""

from __future__ import annotations

from typing import Any

from appservice_tasks.contracts import OpSet, OpSetFields
from appservice_tasks.domain.case import Case
from appservice_tasks.domain.draft import value_of
from appservice_tasks.domain.outcome import Refused
from appservice_tasks.domain.relations import is_below

MAX_CUSTOM_FIELDS = 20


def apply_set(op: OpSet, case: Case) -> None:
    """Set a field; raises Refused, or notes a conflict and leaves the field alone."""
    case.require(f"set:{op['field']}")
    if op["field"] == "fields":
        _set_custom_fields(op, case)
        return
    value: Any = op["value"]
    if op["field"] in ("description", "blocked_reason") and value == "":
        value = None
    if op["field"] == "parent" and value is not None:
        _check_parent(value, case)
    if not case.baseline.overlaps(op["field"], value, _theirs(case, op["field"])):
        case.draft.set(op["field"], value)


def _check_parent(parent: str, case: Case) -> None:
    task_id = case.draft.task["task_id"]
    if parent == task_id or is_below(task_id, parent, case.context):
        raise case.invalid("/value", "cycle", "a task cannot stand below itself")
    case.neighbour(parent, "/value")


def _set_custom_fields(op: OpSetFields, case: Case) -> None:
    for field, value in op["value"].items():
        theirs = (_theirs(case, "fields") or {}).get(field)
        if not case.baseline.overlaps(f"fields.{field}", value, theirs):
            case.draft.set_custom(field, value)
    if len(case.draft.task.get("fields", {})) > MAX_CUSTOM_FIELDS:
        raise Refused("limit_exceeded", f"at most {MAX_CUSTOM_FIELDS} custom fields")


def _theirs(case: Case, field: str) -> Any:
    task = case.baseline.task
    return None if task is None else value_of(dict(task), field)
