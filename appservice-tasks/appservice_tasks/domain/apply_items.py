"""`item_put`, `item_check`, `item_remove`: the checklist, item by item."""

from __future__ import annotations

from typing import Any, Final

from appservice_tasks.contracts import OpItemCheck, OpItemPut, OpItemRemove
from appservice_tasks.domain.case import Case
from appservice_tasks.domain.outcome import Refused

MAX_ITEMS: Final = 50


def apply_item_put(op: OpItemPut, case: Case) -> None:
    """Add an item, or change the one with its id.

    Others' ticks never conflict with a change of the text; two changes of one text do.
    """
    case.require("item_put")
    draft = op["item"]
    items: list[Any] = list(case.draft.task.get("checklist", ()))
    place = _index(items, draft["id"])
    before = items.pop(place) if place is not None else None
    assignee = draft.get("assignee")
    if assignee is not None and (before is None or before.get("assignee") != assignee):
        case.admit(assignee)
    item = _merged(before, dict(draft))
    name = f"checklist.{draft['id']}"
    rewrites = before is not None and _words(item) != _words(before)
    theirs = _before(case, draft["id"])
    if rewrites and case.baseline.overlaps(name, _words(item), _words(theirs), shown=theirs):
        return
    if before is None and len(items) >= MAX_ITEMS:
        raise Refused("limit_exceeded", f"at most {MAX_ITEMS} items")
    target = _target(op, items, place)
    if item == before and target == place:
        return
    items.insert(target, item)
    case.draft.replace_list("checklist", items)
    if before is None or rewrites:
        case.draft.mark(name)
    case.draft.record(
        {"field": "checklist", "to": item}
        if before is None
        else {"field": "checklist", "from": before, "to": item}
    )


def apply_item_check(op: OpItemCheck, case: Case) -> None:
    """Tick an item or take the tick away; of two, the later decided one stands."""
    case.require("item_check")
    items = list(case.draft.task.get("checklist", ()))
    place = _index(items, op["id"])
    if place is None:
        raise case.invalid("/id", "not_found", "there is no such item, or no more")
    before = items[place]
    if before["done"] == op["done"]:
        return
    items[place] = {**before, "done": op["done"]}
    case.draft.replace_list("checklist", items)
    case.draft.record({"field": "checklist", "from": before, "to": items[place]})


def apply_item_remove(op: OpItemRemove, case: Case) -> None:
    """Take an item out, unless somebody rewrote it meanwhile."""
    case.require("item_remove")
    items = list(case.draft.task.get("checklist", ()))
    place = _index(items, op["id"])
    if place is None:
        return
    name = f"checklist.{op['id']}"
    if case.baseline.overlaps(name, None, _before(case, op["id"])):
        return
    gone = items.pop(place)
    case.draft.replace_list("checklist", items)
    case.draft.unmark(name)
    case.draft.record({"field": "checklist", "from": gone})


def _index(items: list[Any], item_id: str) -> int | None:
    return next((index for index, item in enumerate(items) if item["id"] == item_id), None)


def _merged(before: dict[str, Any] | None, draft: dict[str, Any]) -> dict[str, Any]:
    item = {"done": False, **(before or {}), **draft}
    if item.get("assignee") is None:
        item.pop("assignee", None)
    return item


def _target(op: OpItemPut, items: list[Any], place: int | None) -> int:
    """Where the item goes among the others."""
    if "after" not in op:
        return len(items) if place is None else place
    after = op["after"]
    if after is None:
        return 0
    index = _index(items, after)
    # The one it should follow may be gone meanwhile: then last.
    return len(items) if index is None else index + 1


def _words(item: dict[str, Any] | None) -> object:
    return None if item is None else (item["text"], item.get("assignee"))


def _before(case: Case, item_id: str) -> Any:
    task = case.baseline.task or {}
    return next((item for item in task.get("checklist", ()) if item["id"] == item_id), None)
