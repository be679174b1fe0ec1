"""Statuses and the transitions between them."""

from __future__ import annotations

from typing import Final

from appservice_tasks.contracts import Category, Status, Workflow


def _status(slug: str, category: Category, en: str, ru: str) -> Status:
    return {"id": slug, "category": category, "name": {"en": en, "ru": ru}}


DEFAULT_WORKFLOW: Final[Workflow] = {
    "v": 1,
    "initial": "open",
    "statuses": [
        _status("open", "todo", "Open", "Открыта"),
        _status("in_progress", "doing", "In progress", "В работе"),
        _status("review", "review", "In review", "На проверке"),
        _status("done", "done", "Done", "Готово"),
        _status("cancelled", "cancelled", "Cancelled", "Отменена"),
    ],
    "transitions": [
        {"from": "open", "to": "in_progress", "who": ["editor", "assignee", "collaborator"]},
        {"from": "in_progress", "to": "open", "who": ["editor", "assignee", "collaborator"]},
        {
            "from": "open",
            "to": "review",
            "who": ["editor", "assignee", "collaborator"],
            "if": "needs_review",
        },
        {
            "from": "in_progress",
            "to": "review",
            "who": ["editor", "assignee", "collaborator"],
            "if": "needs_review",
        },
        {"from": "open", "to": "done", "who": ["editor", "assignee"], "if": "no_review"},
        {"from": "in_progress", "to": "done", "who": ["editor", "assignee"], "if": "no_review"},
        {"from": "review", "to": "done", "who": ["editor"]},
        {"from": "review", "to": "in_progress", "who": ["editor", "assignee"]},
        {"from": "open", "to": "cancelled", "who": ["editor"]},
        {"from": "in_progress", "to": "cancelled", "who": ["editor"]},
        {"from": "review", "to": "cancelled", "who": ["editor"]},
        {"from": "done", "to": "open", "who": ["editor", "assignee"]},
        {"from": "cancelled", "to": "open", "who": ["editor"]},
    ],
}
"""The workflow of a room that says nothing else. Source: TASKS.md, section 4."""
