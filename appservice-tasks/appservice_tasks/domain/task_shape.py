"""The one shape of a task on REST, feed and socket (`Task` in openapi.yaml)."""

from __future__ import annotations

from appservice_tasks.contracts import Operation, Snapshot, Task


def task_shape(
    snapshot: Snapshot, *, room_id: str, event_id: str, can: list[Operation], blocked: bool
) -> Task:
    """event_id: the root. blocked: whether a blocker is still open."""
    return {
        "id": snapshot["task_id"],
        "key": snapshot["key"],
        "rev": snapshot["rev"],
        "room_id": room_id,
        "event_id": event_id,
        "kind": snapshot["kind"],
        "title": snapshot["title"],
        "description": snapshot.get("description"),
        "status": snapshot["status"],
        "category": snapshot["category"],
        "creator": snapshot["creator"],
        "assigner": snapshot["assigner"],
        "assigned_to": snapshot["assignee"],
        "assignment": snapshot["assignment"],
        "priority": snapshot["priority"],
        "due": snapshot.get("due"),
        "start": snapshot.get("start"),
        "estimate_min": snapshot.get("estimate_min"),
        "labels": snapshot.get("labels", []),
        "collaborators": snapshot.get("collaborators", []),
        "watchers": snapshot.get("watchers", []),
        "checklist": snapshot.get("checklist", []),
        "parent": snapshot.get("parent"),
        "blocked_by": snapshot.get("blocked_by", []),
        "blocked": blocked,
        "blocked_reason": snapshot.get("blocked_reason"),
        "links": snapshot.get("links", []),
        "attachments": snapshot.get("attachments", []),
        "needs_review": snapshot.get("needs_review", False),
        "rank": snapshot.get("rank"),
        "fields": snapshot.get("fields", {}),
        "source": snapshot.get("source"),
        "origin": snapshot.get("origin"),
        "recurrence": snapshot.get("recurrence"),
        "created_at": snapshot["created_at"],
        "updated_at": snapshot["updated_at"],
        "closed_at": snapshot.get("closed_at"),
        "can": can,
    }
