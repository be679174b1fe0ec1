"""Statuses and the transitions between them."""

from __future__ import annotations

from typing import Final

from appservice_tasks.contracts import Category, Fault, Status, Workflow


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
"""The workflow of a room that says nothing else. Source: README.md."""

OPEN_CATEGORIES: Final[frozenset[Category]] = frozenset({"todo", "doing", "review"})


def is_open(category: Category) -> bool:
    """Whether a task of this category still waits for somebody."""
    return category in OPEN_CATEGORIES


def status_of(workflow: Workflow, slug: str) -> Status | None:
    """The status of this id, if the workflow has it."""
    return next((status for status in workflow["statuses"] if status["id"] == slug), None)


def who_may(workflow: Workflow, status: str, to: str, *, needs_review: bool) -> frozenset[str]:
    """Who may take a task from one status to another; empty where the workflow has no such way.

    A task whose status the workflow no longer has can be brought back to the initial one by an
    editor.
    """
    if status_of(workflow, to) is None:
        return frozenset()
    if status_of(workflow, status) is None:
        return frozenset({"editor"} if to == workflow["initial"] else ())
    condition = "needs_review" if needs_review else "no_review"
    return frozenset(
        who
        for transition in workflow["transitions"]
        if transition["from"] == status and transition["to"] == to
        if transition.get("if", condition) == condition
        for who in transition["who"]
    )


def counterpart(workflow: Workflow, status: str, category: Category) -> Status:
    """The status that a task gets which comes from a room with another workflow.

    The same id with the same meaning, else the first of its category, else the initial one.
    """
    same = status_of(workflow, status)
    if same is not None and same["category"] == category:
        return same
    for each in workflow["statuses"]:
        if each["category"] == category:
            return each
    initial = status_of(workflow, workflow["initial"])
    return initial if initial is not None else workflow["statuses"][0]


def faults_of_workflow(workflow: Workflow) -> list[Fault]:
    """What the schema cannot say: ids are unique, and every name leads to a status."""
    faults: list[Fault] = []
    ids = [status["id"] for status in workflow["statuses"]]
    if len(set(ids)) < len(ids):
        faults.append({"pointer": "/statuses", "code": "unique"})
    if workflow["initial"] not in ids:
        faults.append({"pointer": "/initial", "code": "form", "detail": "names no status"})
    faults += [
        {"pointer": f"/transitions/{index}", "code": "form", "detail": "names no status"}
        for index, transition in enumerate(workflow["transitions"])
        if not {transition["from"], transition["to"]} <= set(ids)
    ]
    categories = {status["category"] for status in workflow["statuses"]}
    faults += [
        {"pointer": "/statuses", "code": "form", "detail": f"none is {category}"}
        for category in ("todo", "done")
        if category not in categories
    ]
    return faults
