"""What clients that know no tasks show: one line for a task, one for a change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from appservice_tasks.contracts import Change, Difference, Snapshot, Tombstone, When, Workflow
from appservice_tasks.domain.workflow import DEFAULT_WORKFLOW, status_of
from appservice_tasks.domain.zones import is_zone

Language = Literal["en", "ru"]

MAX_BODY: Final = 1000
"""Characters; the schema allows twice as many."""

WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {
        "due": "due", "created": "new task", "erased": "the task was erased",
        "nobody": "nobody", "asked": "asked", "accepted": "accepted", "declined": "declined",
        "moved": "moved to another room", "unchanged": "no change",
        "title": "title", "description": "description", "priority": "priority",
        "start": "start", "estimate_min": "estimate", "labels": "labels",
        "collaborators": "collaborators", "watchers": "watchers", "checklist": "checklist",
        "parent": "parent", "blocked_by": "blockers", "blocked_reason": "obstacle",
        "links": "links", "attachments": "attachments", "needs_review": "review",
        "recurrence": "repetition", "fields": "fields", "rank": "place",
    },
    "ru": {
        "due": "срок", "created": "новая задача", "erased": "задача стёрта",
        "nobody": "никто", "asked": "просьба", "accepted": "принято", "declined": "отказ",
        "moved": "перенесена в другую комнату", "unchanged": "без изменений",
        "title": "название", "description": "описание", "priority": "приоритет",
        "start": "начало", "estimate_min": "оценка", "labels": "метки",
        "collaborators": "соисполнители", "watchers": "наблюдатели", "checklist": "чек-лист",
        "parent": "родительская задача", "blocked_by": "блокирующие задачи",
        "blocked_reason": "препятствие", "links": "ссылки", "attachments": "вложения",
        "needs_review": "проверка", "recurrence": "повтор", "fields": "поля", "rank": "место",
    },
}  # fmt: skip

IMPLIED: Final = frozenset({"assigner", "assignment", "kind"})
"""Fields whose change is told by another one's."""


@dataclass(frozen=True, slots=True)
class Telling:
    """How to tell: the language, display names by user ID, and the names of statuses."""

    lang: Language = "en"
    names: Mapping[str, str] = field(default_factory=dict)
    workflow: Workflow = field(default_factory=lambda: DEFAULT_WORKFLOW)

    def person(self, user_id: object) -> str:
        """The display name; without one the user ID; for null "nobody"."""
        if not isinstance(user_id, str):
            return WORDS[self.lang]["nobody"]
        return self.names.get(user_id) or user_id

    def status(self, slug: object) -> str:
        """The status as the room calls it."""
        status = status_of(self.workflow, slug) if isinstance(slug, str) else None
        if status is None:
            return str(slug)
        name = status["name"]
        return name.get("ru", name["en"]) if self.lang == "ru" else name["en"]


def task_line(task: Snapshot, telling: Telling) -> str:
    """`OPS-42 Sign the contract → Ivan, due 25.11.2026 15:00 — In progress`."""
    line = f"{task['key']} {task['title']}"
    if task["assignee"] is not None:
        line += f" → {telling.person(task['assignee'])}"
    due = task.get("due")
    if due is not None:
        line += f", {WORDS[telling.lang]['due']} {spelled(due)}"
    return f"{line} — {telling.status(task['status'])}"[:MAX_BODY]


def change_line(task: Snapshot | Tombstone, change: Change, telling: Telling) -> str:
    """`OPS-42: Open → In progress (Ivan)`."""
    words = WORDS[telling.lang]
    if "erased" in task:
        told = words["erased"]
    elif change["prev_rev"] is None:
        told = words["created"]
    else:
        told = ", ".join(_told(change["diff"], telling)) or words["unchanged"]
    who = telling.person(change["actor"])
    if "on_behalf_of" in change:
        who += f" / {telling.person(change['on_behalf_of'])}"
    return f"{task['key']}: {told} ({who})"[:MAX_BODY]


def spelled(when: When) -> str:
    """A day as 25.11.2026, a moment with the time in its own zone."""
    if "date" in when:
        return date.fromisoformat(when["date"]).strftime("%d.%m.%Y")
    zone = ZoneInfo(when["tz"]) if is_zone(when["tz"]) else UTC
    return datetime.fromtimestamp(when["at"] / 1000, zone).strftime("%d.%m.%Y %H:%M")


def _told(diff: list[Difference], telling: Telling) -> list[str]:
    words = WORDS[telling.lang]
    told: dict[str, str] = {}
    fields = {entry["field"] for entry in diff}
    for entry in diff:
        name = entry["field"]
        if name == "status":
            told[name] = f"{telling.status(entry.get('from'))} → {telling.status(entry.get('to'))}"
        elif name == "assignee":
            told[name] = f"→ {telling.person(entry.get('to'))}"
        elif name == "assignment":
            told[name] = _negotiated(entry, fields, telling)
        elif name == "room_id":
            told[name] = words["moved"]
        elif name not in IMPLIED:
            base = name.partition(".")[0]
            told[base] = words.get(base, base)
    return [text for text in told.values() if text]


def _negotiated(entry: Difference, fields: set[str], telling: Telling) -> str:
    words = WORDS[telling.lang]
    match entry.get("to"):
        case {"state": "requested"}:
            return words["asked"]
        case {"state": "declined"}:
            return words["declined"]
        case {"state": "active"} if "assignee" not in fields:
            return words["accepted"]
    return ""
