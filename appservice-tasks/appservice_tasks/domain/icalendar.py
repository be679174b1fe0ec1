"""Tasks as a calendar. Source: RFC 5545 (iCalendar), RFC 7986 (properties of the calendar)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal

from appservice_tasks.contracts import Category, Priority, Snapshot, When

Component = Literal["VTODO", "VEVENT"]

_STATUS: Final[dict[Category, str]] = {
    "todo": "NEEDS-ACTION",
    "doing": "IN-PROCESS",
    "review": "IN-PROCESS",
    "done": "COMPLETED",
    "cancelled": "CANCELLED",
}
"""RFC 5545, 3.8.1.11."""

_PRIORITY: Final[dict[Priority, int]] = {"urgent": 1, "high": 3, "normal": 5, "low": 9, "none": 0}
"""RFC 5545, 3.8.1.9: 1 is the highest, 0 undefined."""

_LINE_BYTES: Final = 75
_EVENT_MINUTES: Final = 30
"""Length of the event that stands for a moment."""


def calendar(name: str, tasks: Iterable[Snapshot], component: Component) -> str:
    """The whole calendar. As events, only tasks with a due date are in it."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Team Messenger//Tasks//EN",
        "CALSCALE:GREGORIAN",
        f"NAME:{_text(name)}",
        f"X-WR-CALNAME:{_text(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT15M",
    ]
    for task in tasks:
        if component == "VTODO":
            lines += _todo(task)
        elif task.get("due"):
            lines += _event(task)
    lines.append("END:VCALENDAR")
    return "".join(_folded(line) for line in lines)


def _todo(task: Snapshot) -> Iterator[str]:
    yield "BEGIN:VTODO"
    yield from _common(task)
    yield f"STATUS:{_STATUS[task['category']]}"
    due, start = task.get("due"), task.get("start")
    # Both must be of one kind (3.8.2.3), and the start before the end.
    if start and (not due or ("date" in start) == ("date" in due)) and _before(start, due):
        yield _when("DTSTART", start)
    if due:
        yield _when("DUE", due)
    closed_at = task.get("closed_at")
    if task["category"] == "done" and closed_at is not None:
        yield f"COMPLETED:{_utc(closed_at)}"
        yield "PERCENT-COMPLETE:100"
    yield "END:VTODO"


def _event(task: Snapshot) -> Iterator[str]:
    due = task.get("due")
    assert due
    yield "BEGIN:VEVENT"
    yield from _common(task)
    yield "STATUS:CANCELLED" if task["category"] == "cancelled" else "STATUS:CONFIRMED"
    yield "TRANSP:TRANSPARENT"
    if "date" in due:
        yield _when("DTSTART", due)
        day = date.fromisoformat(due["date"])
        if day < date.max:
            yield f"DTEND;VALUE=DATE:{day + timedelta(days=1):%Y%m%d}"
    else:
        yield f"DTSTART:{_utc(due['at'] - _EVENT_MINUTES * 60_000)}"
        yield f"DTEND:{_utc(due['at'])}"
    yield "END:VEVENT"


def _common(task: Snapshot) -> Iterator[str]:
    yield f"UID:{task['task_id']}"
    yield f"DTSTAMP:{_utc(task['updated_at'])}"
    yield f"CREATED:{_utc(task['created_at'])}"
    yield f"LAST-MODIFIED:{_utc(task['updated_at'])}"
    yield f"SEQUENCE:{task['rev'] - 1}"
    yield f"SUMMARY:{_text(task['key'] + ' ' + task['title'])}"
    description = task.get("description")
    if description:
        yield f"DESCRIPTION:{_text(description)}"
    yield f"PRIORITY:{_PRIORITY[task['priority']]}"
    yield f"ORGANIZER:{_matrix_uri(task['assigner'])}"
    if task["assignee"] is not None:
        accepted = "NEEDS-ACTION" if task["assignment"]["state"] == "requested" else "ACCEPTED"
        yield f"ATTENDEE;PARTSTAT={accepted}:{_matrix_uri(task['assignee'])}"
    if task.get("labels"):
        yield "CATEGORIES:" + ",".join(_text(label) for label in task["labels"])
    if task.get("parent"):
        yield f"RELATED-TO;RELTYPE=PARENT:{task['parent']}"


def _matrix_uri(user_id: str) -> str:
    """MSC2312: `matrix:u/olga:corp.example`."""
    return "matrix:u/" + user_id.removeprefix("@").replace("/", "%2F")


def _when(name: str, when: When) -> str:
    if "date" in when:
        return f"{name};VALUE=DATE:{when['date'].replace('-', '')}"
    return f"{name}:{_utc(when['at'])}"


def _before(start: When, due: When | None) -> bool:
    if not due:
        return True
    if "date" in start and "date" in due:
        return start["date"] < due["date"]
    return "at" in start and "at" in due and start["at"] < due["at"]


def _utc(ms: int) -> str:
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(value: str) -> str:
    """RFC 5545, 3.3.11."""
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    escaped = escaped.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\\n")
    return "".join(character for character in escaped if character >= " " or character == "\t")


def _folded(line: str) -> str:
    """RFC 5545, 3.1: lines of at most 75 octets, no character torn apart."""
    pieces: list[str] = []
    piece, size = "", 0
    for character in line:
        width = len(character.encode())
        if size + width > _LINE_BYTES:
            pieces.append(piece)
            piece, size = " ", 1
        piece += character
        size += width
    pieces.append(piece)
    return "\r\n".join(pieces) + "\r\n"
