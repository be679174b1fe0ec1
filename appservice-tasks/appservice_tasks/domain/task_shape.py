"""The one shape of a task on REST, feed and socket (`Task` in openapi.yaml)."""

from __future__ import annotations

from appservice_tasks.contracts import Operation, Snapshot, Task


def task_shape(
    snapshot: Snapshot, *, room_id: str, event_id: str, can: list[Operation], blocked: bool
) -> Task:
    """event_id: the root. blocked: whether a blocker is still open."""
    raise NotImplementedError
