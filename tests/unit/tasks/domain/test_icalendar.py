"""Tasks as calendar programs read them (RFC 5545)."""

from __future__ import annotations

from typing import Any, cast

import pytest

from appservice_tasks.contracts import Snapshot
from appservice_tasks.domain.icalendar import calendar

TASK_ID = "8f0d3a52-0000-4000-8000-000000000001"


def _task(**more: Any) -> Snapshot:
    task: dict[str, Any] = {
        "v": 1,
        "task_id": TASK_ID,
        "key": "OPS-42",
        "rev": 3,
        "kind": "team",
        "title": "Согласовать договор",
        "status": "open",
        "category": "todo",
        "creator": "@olga:a.example",
        "assigner": "@olga:a.example",
        "assignee": "@ivan:a.example",
        "assignment": {"state": "active"},
        "priority": "high",
        "created_at": 1_763_900_000_000,
        "updated_at": 1_763_900_100_456,
        "frev": {},
        **more,
    }
    return cast(Snapshot, {name: value for name, value in task.items() if value is not None})


def _lines(text: str) -> list[str]:
    """Unfolded, as RFC 5545, 3.1 says."""
    assert text.endswith("\r\n")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    return text.replace("\r\n ", "").split("\r\n")[:-1]


def test_a_task_is_a_todo() -> None:
    lines = _lines(calendar("Tasks", [_task(due={"date": "2026-12-01"})], "VTODO"))
    assert lines[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
    assert lines[-2:] == ["END:VTODO", "END:VCALENDAR"]
    for line in (
        f"UID:{TASK_ID}",
        "SUMMARY:OPS-42 Согласовать договор",
        "DTSTAMP:20251123T121500Z",
        "SEQUENCE:2",
        "PRIORITY:3",
        "STATUS:NEEDS-ACTION",
        "DUE;VALUE=DATE:20261201",
        "ORGANIZER:matrix:u/olga:a.example",
        "ATTENDEE;PARTSTAT=ACCEPTED:matrix:u/ivan:a.example",
    ):
        assert line in lines


@pytest.mark.parametrize(
    ("category", "status"),
    [
        ("todo", "NEEDS-ACTION"),
        ("doing", "IN-PROCESS"),
        ("review", "IN-PROCESS"),
        ("done", "COMPLETED"),
        ("cancelled", "CANCELLED"),
    ],
)
def test_a_category_is_a_status(category: str, status: str) -> None:
    task = _task(category=category, closed_at=1_763_900_100_456)
    lines = _lines(calendar("Tasks", [task], "VTODO"))
    assert f"STATUS:{status}" in lines
    assert ("COMPLETED:20251123T121500Z" in lines) is (category == "done")


def test_a_request_has_not_been_accepted() -> None:
    lines = _lines(calendar("Tasks", [_task(assignment={"state": "requested"})], "VTODO"))
    assert "ATTENDEE;PARTSTAT=NEEDS-ACTION:matrix:u/ivan:a.example" in lines


def test_an_event_stands_for_a_day_or_ends_at_a_moment() -> None:
    day = _lines(calendar("Tasks", [_task(due={"date": "2026-12-31"})], "VEVENT"))
    assert "DTSTART;VALUE=DATE:20261231" in day
    assert "DTEND;VALUE=DATE:20270101" in day
    due = {"at": 1_763_900_100_000, "tz": "Europe/Moscow"}
    moment = _lines(calendar("Tasks", [_task(due=due)], "VEVENT"))
    assert "DTSTART:20251123T114500Z" in moment
    assert "DTEND:20251123T121500Z" in moment


def test_only_what_is_due_is_an_event() -> None:
    assert "BEGIN:VEVENT" not in calendar("Tasks", [_task()], "VEVENT")


@pytest.mark.parametrize("due", [{"date": "9999-12-31"}, {"at": 253402300799999, "tz": "UTC"}])
@pytest.mark.parametrize("component", ["VTODO", "VEVENT"])
def test_the_last_day_of_all_is_a_day(due: Any, component: Any) -> None:
    assert f"UID:{TASK_ID}" in calendar("Tasks", [_task(due=due)], component)


def test_a_start_is_told_where_it_goes_with_the_due_date() -> None:
    moment = {"at": 1_763_900_000_000, "tz": "UTC"}
    for start, due, is_told in (
        ({"date": "2026-11-30"}, {"date": "2026-12-01"}, True),
        ({"date": "2026-12-01"}, {"date": "2026-12-01"}, False),
        (moment, {"date": "2026-12-01"}, False),
        (moment, None, True),
    ):
        text = calendar("Tasks", [_task(start=start, due=due)], "VTODO")
        assert ("DTSTART" in text) is is_told


def test_text_cannot_break_out_of_its_line() -> None:
    evil = "a\r\nEND:VTODO\nb,c;d\\e\x07"
    lines = _lines(calendar("A, B", [_task(title=evil, description=evil)], "VTODO"))
    assert "DESCRIPTION:a\\nEND:VTODO\\nb\\,c\\;d\\\\e" in lines
    assert lines.count("END:VTODO") == 1
    assert "NAME:A\\, B" in lines


def test_long_lines_are_folded_between_characters() -> None:
    title = "щ" * 255
    assert f"SUMMARY:OPS-42 {title}" in _lines(calendar("Tasks", [_task(title=title)], "VTODO"))
