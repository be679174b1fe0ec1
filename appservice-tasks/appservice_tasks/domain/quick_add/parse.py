"""One line of text becomes the draft of a task, with the words that made each part."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from appservice_tasks.contracts import Priority, When
from appservice_tasks.domain.keys import transliterate
from appservice_tasks.domain.quick_add.dates import find_dates
from appservice_tasks.domain.quick_add.found import FoundDate, FoundTime
from appservice_tasks.domain.quick_add.people import find_full_name, find_person
from appservice_tasks.domain.quick_add.times import find_times
from appservice_tasks.domain.quick_add.words import PRIORITIES

Kind = Literal["person", "due", "priority", "label"]

_LITERAL: Final = re.compile(
    r'"[^"]*"|«[^»]*»|“[^”]*”|\b(?:https?|mxc|mailto):\S+|(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]+'
)
"""Quoted text and addresses are never read."""
_PERSON: Final = re.compile(
    r"(?:(?<!\S)(?P<prep>to|for|на|для|with|from|about|and|с|со|от|у|про|и)\s+)?(?<![^\s(])"
    r'@(?:"([^"]+)"|«([^»]+)»|([\w.=/+-]+(?::[\w.:-]+)?))',
    re.IGNORECASE,
)
_GIVEN_TO: Final = frozenset({"to", "for", "на", "для"})
"""Other prepositions make the person a part of what is to be done."""
_PRIORITY: Final = re.compile(r"(?<!\S)!([\w]+)(?!\w)|(?<!\S)(!{2,3})(?!\S)")
_LABEL: Final = re.compile(r"(?<!\S)#([^\W\d_][\w-]*)")
_COMMAND: Final = re.compile(r"\s*/task\b")
_JOINT: Final = re.compile(r"[\s,]*")

MAX_LABELS: Final = 20


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What words may refer to.

    now: aware, in the person's zone `tz`. people: display names by user ID. me: who writes.
    labels: every name of each label of the room, by label ID. lang: how 5/6 is read.
    """

    now: datetime
    tz: str
    lang: Literal["en", "ru"] = "en"
    people: Mapping[str, str] = field(default_factory=dict)
    me: str | None = None
    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Token:
    """A stretch of the text (half-open, in UTF-16 code units) and what it was taken for."""

    kind: Kind
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What the line says.

    due_otherwise: another reading of the date; then it should be spelled out (`spelled_out`).
    unknown_people: names after @ that fit nobody, or several; they stay in the title.
    """

    title: str
    assigned_to: str | None = None
    due: When | None = None
    due_otherwise: When | None = None
    priority: Priority | None = None
    labels: tuple[str, ...] = ()
    unknown_people: tuple[str, ...] = ()
    tokens: tuple[Token, ...] = ()

    @property
    def due_ambiguous(self) -> bool:
        """Whether the date could be read otherwise."""
        return self.due_otherwise is not None


def parse_quick_add(text: str, around: Surroundings) -> Draft:
    """Never fails: words that mean nothing stay in the title."""
    reading = _Reading(text)
    command = _COMMAND.match(text)
    if command:
        reading.hide(command.start(), command.end())
        reading.cut.append((command.start(), command.end()))
    assigned_to, unknown = _read_people(reading, around)
    for literal in _LITERAL.finditer(reading.left):
        reading.hide(literal.start(), literal.end())
    priority = _read_priority(reading)
    labels = _read_labels(reading, around.labels)
    due, otherwise = _read_due(reading, around)
    return Draft(
        title=reading.title(),
        assigned_to=assigned_to,
        due=due,
        due_otherwise=otherwise,
        priority=priority,
        labels=labels,
        unknown_people=unknown,
        tokens=tuple(sorted(reading.tokens, key=lambda token: token.start)),
    )


class _Reading:
    """The text, what of it is still to be read, and what was taken out."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.left = text
        self.cut: list[tuple[int, int]] = []
        self.tokens: list[Token] = []

    def hide(self, start: int, end: int) -> None:
        """Read no further here. The filler is no letter, digit or blank."""
        self.left = self.left[:start] + "\ufffc" * (end - start) + self.left[end:]

    def take(self, kind: Kind, start: int, end: int) -> None:
        """Take a stretch out of the title."""
        start += len(self.text[start:end]) - len(self.text[start:end].lstrip())
        self.tokens.append(
            Token(kind, _utf16(self.text, start), _utf16(self.text, end), self.text[start:end])
        )
        self.hide(start, end)
        self.cut.append((start, end))

    def title(self) -> str:
        """What is left, without the gaps and the signs that held what was taken out."""
        title, at = "", 0
        for start, end in sorted(self.cut):
            title = _joined(title, self.text[at:start])
            at = end
        title = " ".join(_joined(title, self.text[at:]).split())
        title = re.sub(r"^[\s.,;:!?–—-]+|[\s,;:–—-]+$", "", title)
        if self.text[:1].isupper() and any(start == 0 for start, _ in self.cut):
            return title[:1].upper() + title[1:]
        return title


def _joined(left: str, right: str) -> str:
    left, right = left.rstrip(), right.lstrip()
    if left.endswith("(") and right.startswith(")"):
        return _joined(left[:-1], right[1:])
    if not left or not right:
        return left or right
    if right[0] in ",;:.!?)":
        return left.rstrip(",;:") + right
    return f"{left} {right}"


def _read_people(reading: _Reading, around: Surroundings) -> tuple[str | None, tuple[str, ...]]:
    """The first person who is known is the assignee; others stay in the title."""
    assigned_to: str | None = None
    unknown: list[str] = []
    for match in _PERSON.finditer(reading.left):
        name, end = _whole_name(match, reading.text, around)
        found = find_person(name, around.people, around.me)
        given = (match["prep"] or "to").lower() in _GIVEN_TO
        if found is None:
            unknown.append(name)
        elif given and assigned_to is None:
            assigned_to = found
            reading.take("person", match.start(), end)
            continue
        reading.hide(match.start(), end)
    return assigned_to, tuple(unknown)


def _whole_name(match: re.Match[str], text: str, around: Surroundings) -> tuple[str, int]:
    """The name and its end; a second word belongs to it if both make the name of one person."""
    quoted = match[2] or match[3]
    if quoted:
        return quoted, match.end()
    name = match[4].rstrip(".:,/-")
    end = match.end() - (len(match[4]) - len(name))
    second = re.compile(r" ([^\W\d_]+)").match(text, end)
    if second and find_full_name(f"{name} {second[1]}", around.people) is not None:
        return f"{name} {second[1]}", second.end()
    return name, end


def _read_priority(reading: _Reading) -> Priority | None:
    """The last one counts."""
    priority: Priority | None = None
    for match in _PRIORITY.finditer(reading.left):
        found: Priority | None = (
            PRIORITIES.get(match[1].lower())
            if match[1]
            else ("high" if len(match[2]) == 2 else "urgent")
        )
        if found is not None:
            priority = found
            reading.take("priority", match.start(), match.end())
    return priority


def _read_labels(reading: _Reading, known: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    by_name = {
        name.lower().replace(" ", "_"): label
        for label, names in known.items()
        for name in (label, *names)
    }
    labels: dict[str, None] = {}
    for match in _LABEL.finditer(reading.left):
        name = match[1].lower().rstrip("-")
        slug = transliterate(name.replace("-", " ")).replace(" ", "_")[:32]
        label = by_name.get(name) or by_name.get(name.replace("-", "_")) or slug
        if label and len(labels) < MAX_LABELS:
            labels[label] = None
            reading.take("label", match.start(), match.end())
    return tuple(labels)


def _read_due(reading: _Reading, around: Surroundings) -> tuple[When | None, When | None]:
    dates = find_dates(reading.left, around.now, around.lang)
    times = [
        each
        for each in find_times(reading.left)
        if not any(_overlap(other, each) for other in dates)
    ]
    day = next((each for each in dates if each.meant), dates[0] if dates else None)
    clock = _chosen_time(reading.left, times, day)
    if day is None and clock is None:
        return None, None
    for each in (day, clock):
        if each is not None:
            reading.take("due", each.start, each.end)
    due = _when(day, clock, around)
    otherwise = _otherwise(day, clock, around)
    if otherwise is None and day is not None:
        second = next((each for each in dates if each.day != day.day and not day.meant), None)
        otherwise = None if second is None else _when(second, clock, around)
    return due, None if otherwise == due else otherwise


def _chosen_time(text: str, times: list[FoundTime], day: FoundDate | None) -> FoundTime | None:
    """The first that is beside the date, else the first that needs no neighbour."""
    if day is not None and day.moment is not None:
        return None
    beside = [each for each in times if day is not None and _touch(text, day, each)]
    if beside:
        return min(beside, key=lambda each: each.weak)
    for each in times:
        if each.behind:
            continue
        last = not text[each.end :].strip(" .,!?\ufffc")
        if not each.weak or (last and re.match(r"(?i)at|в|к", text[each.start :]) is not None):
            return each
    return None


def _when(day: FoundDate | None, clock: FoundTime | None, around: Surroundings) -> When:
    tz = clock.zone if clock is not None and clock.zone is not None else around.tz
    now = around.now.astimezone(ZoneInfo(tz))
    if day is not None and day.moment is not None:
        moment = day.moment.replace(second=0, microsecond=0)
        return {"at": _ms(moment), "tz": around.tz}
    at = clock.time if clock is not None else day.time if day is not None else None
    if at is None:
        assert day is not None
        return {"date": day.day.isoformat()}
    if day is None:
        moment = _moment(now.date(), at, tz)
        if moment <= now:
            moment = _moment(now.date() + timedelta(days=1), at, tz)
    else:
        moment = _moment(day.day, at, tz)
    return {"at": _ms(moment), "tz": tz}


def _otherwise(day: FoundDate | None, clock: FoundTime | None, around: Surroundings) -> When | None:
    if day is not None and day.otherwise is not None:
        return _when(FoundDate(day.start, day.end, day.otherwise, time=day.time), clock, around)
    if clock is not None and clock.doubtful:
        early = FoundTime(
            clock.start, clock.end, clock.time.replace(hour=clock.time.hour - 12), zone=clock.zone
        )
        other = _when(day, early, around)
        if "at" in other and other["at"] > _ms(around.now):
            return other
    return None


def _moment(day: date, at: time, tz: str) -> datetime:
    # By way of UTC, so that an hour that a clock change skips becomes the next that exists.
    return datetime.combine(day, at, ZoneInfo(tz)).astimezone(UTC).astimezone(ZoneInfo(tz))


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _overlap(day: FoundDate, clock: FoundTime) -> bool:
    return day.start < clock.end and clock.start < day.end


def _touch(text: str, day: FoundDate, clock: FoundTime) -> bool:
    if clock.behind and clock.start < day.start:
        return False
    first, second = sorted(((day.start, day.end), (clock.start, clock.end)))
    return _JOINT.fullmatch(text, first[1], second[0]) is not None


def _utf16(text: str, index: int) -> int:
    return len(text[:index].encode("utf-16-le")) // 2
