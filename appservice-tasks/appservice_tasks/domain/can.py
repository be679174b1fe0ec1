"""The operation names that somebody may do, so that clients never offer a refusable action."""

from __future__ import annotations

from typing import cast

from appservice_tasks.contracts import GrantedOperation, Operation, Snapshot
from appservice_tasks.domain.context import Context
from appservice_tasks.domain.relations import open_blockers
from appservice_tasks.domain.rights import MATRIX, Standing, has_line, standing
from appservice_tasks.domain.workflow import who_may

Alike = dict[tuple[object, ...], list[Operation]]
"""What was found before for tasks that are alike in all that `can` looks at."""


def can_each(user_id: str, task: Snapshot, context: Context, alike: Alike) -> list[Operation]:
    """`can` of one of many tasks. alike: of the same person and moment, and nobody else's."""
    who = standing(user_id, task, context)
    key = (
        context.room.room_id,
        who,
        task["status"],
        task.get("needs_review", False),
        user_id in task.get("watchers", ()),
        bool(open_blockers(task.get("blocked_by", ()), context)),
    )
    found = alike.get(key)
    if found is None:
        found = alike[key] = can(user_id, task, context)
    return found


def can(user_id: str, task: Snapshot, context: Context) -> list[Operation]:
    """What `decide` would accept from this person on this task now, sorted.

    `set:<field>`, `add:<field>`, `remove:<field>`, `item_put`, `item_check`, `item_remove`,
    `transition:<status>`, `force:<status>` (done over open blockers, with a reason), `assign`,
    `delegate` (assign down one's own line only), `accept`, `decline`, `rank`, `move`, `erase`,
    `watch`, `unwatch`, `comment`.
    context: of the task's room, with the task's blockers among the neighbours; `actor` and what
    belongs to a command are not looked at.
    """
    who = standing(user_id, task, context)
    config = context.room.config
    if context.room.encrypted or config is None or not config["enabled"]:
        return ["comment"] if who.sees and who.member and who.granted is None else []
    names = {*(name for name in MATRIX if who.may(name)), *_transitions(who, task, context)}
    if who.granted is not None:
        names |= {"comment"} & who.granted
        return cast(list[Operation], sorted(names))
    if not who.sees:
        return []
    if who.member:
        names.add("comment")
    if not who.guest:
        names.add("unwatch" if user_id in task.get("watchers", ()) else "watch")
    if who.collaborator and not who.guest:
        names.add("remove:collaborators")
    if who.asked:
        names |= {"accept", "decline"}
    if who.assignee and not who.editor and has_line(user_id, context):
        names.add("delegate")
    if who.erases:
        names.add("erase")
    return cast(list[Operation], sorted(names))


def granted(names: list[GrantedOperation]) -> frozenset[str]:
    """A list of grants as `Room.grants` holds it."""
    return frozenset(names)


def _transitions(who: Standing, task: Snapshot, context: Context) -> set[str]:
    workflow = context.room.workflow
    blocked = bool(open_blockers(task.get("blocked_by", ()), context))
    names: set[str] = set()
    for status in workflow["statuses"]:
        to = status["id"]
        if to == task["status"]:
            continue
        ways = who_may(workflow, task["status"], to, needs_review=task.get("needs_review", False))
        if not who.may_go(ways):
            continue
        if not (blocked and status["category"] == "done"):
            names.add(f"transition:{to}")
        elif who.editor:
            names.add(f"force:{to}")
    return names
