"""Who is told about a revision, and why."""

from __future__ import annotations

from dataclasses import dataclass

from appservice_tasks.contracts import Change, NotificationKind, Snapshot


@dataclass(frozen=True, slots=True)
class Notice:
    """One person is told one thing."""

    user_id: str
    kind: NotificationKind


def notices(before: Snapshot | None, after: Snapshot, change: Change) -> list[Notice]:
    """Whom a revision concerns, each person once, with the weightiest kind; never its own actor."""
    raise NotImplementedError
