"""The operation names that somebody may do, so that clients never offer a refusable action."""

from __future__ import annotations

from appservice_tasks.contracts import Operation, Snapshot
from appservice_tasks.domain.context import Context


def can(user_id: str, task: Snapshot, context: Context) -> list[Operation]:
    """What `decide` would accept from this person on this task now, sorted.

    `set:<field>`, `add:<field>`, `remove:<field>`, `item_put`, `item_check`, `item_remove`,
    `transition:<status>`, `force:<status>` (done over open blockers, with a reason), `assign`,
    `delegate` (assign down one's own line only), `accept`, `decline`, `rank`, `move`, `erase`,
    `watch`, `comment`.
    context: of the task's room; `actor` and the command's circumstances are not looked at.
    """
    raise NotImplementedError
