"""Who is told about a revision, and why."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from appservice_tasks.contracts import Change, NotificationKind, Snapshot

_MENTION: Final = re.compile(r"@[a-z0-9._=/+-]+:[a-zA-Z0-9.-]+(?::\d+)?(?<![.-])")

IMPORTANT: Final[frozenset[NotificationKind]] = frozenset(
    {"assigned", "requested", "accepted", "declined", "returned", "unassigned", "mention"}
)
"""What a room that announces only important things still announces."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One person is told one thing."""

    user_id: str
    kind: NotificationKind


def notices(before: Snapshot | None, after: Snapshot, change: Change) -> list[Notice]:
    """Whom a revision concerns, each person once with the weightiest kind, by user ID.

    Never those who made it themselves. before: the predecessor, None for revision 1.
    """
    found: dict[str, NotificationKind] = {}

    def tell(kind: NotificationKind, people: Iterable[str | None]) -> None:
        for person in people:
            if person is not None:
                found.setdefault(person, kind)

    _tell_of_assignment(before, after, tell)
    text, old_text = _text(after), _text(before)
    tell("mention", sorted(set(_MENTION.findall(text)) - set(_MENTION.findall(old_text))))
    if before is not None and before["status"] != after["status"]:
        tell("status", [after["creator"], after["assigner"], after["assignee"]])
        tell("status", after.get("collaborators", ()))
        tell("status", after.get("watchers", ()))
    for oneself in (change["actor"], change.get("on_behalf_of")):
        if oneself is not None:
            found.pop(oneself, None)
    return [Notice(person, kind) for person, kind in sorted(found.items())]


def mentions(
    told: list[Notice], announce: Literal["all", "important", "none"] = "all"
) -> list[str]:
    """The people for `m.mentions`, as the room's config wants it; at most 100."""
    if announce == "none":
        return []
    return [notice.user_id for notice in told if announce == "all" or notice.kind in IMPORTANT][
        :100
    ]


class _Tell(Protocol):
    def __call__(self, kind: NotificationKind, people: Iterable[str | None]) -> None: ...


def _tell_of_assignment(before: Snapshot | None, after: Snapshot, tell: _Tell) -> None:
    old = before["assignee"] if before is not None else None
    new, state = after["assignee"], after["assignment"]["state"]
    old_state = before["assignment"]["state"] if before is not None else "none"
    if new is not None and new != old:
        returned = before is not None and new == before["assigner"]
        tell("requested" if state == "requested" else "returned" if returned else "assigned", [new])
    elif new is not None and old_state == "requested" and state == "active":
        tell("accepted", [after["assigner"]])
    if state == "declined" and old is not None:
        tell("declined", [after["assigner"]])
    elif old is not None and new != old:
        tell("unassigned", [old])


def _text(task: Snapshot | None) -> str:
    return "" if task is None else f"{task['title']}\n{task.get('description', '')}"
