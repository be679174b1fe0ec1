"""One line of text becomes the draft of a task, with the words that made each part."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from appservice_tasks.contracts import Priority, When


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What words may refer to.

    now: aware, in the person's zone. people: display names by user ID. labels: every name of each
    label of the room, by label ID.
    """

    now: datetime
    tz: str
    lang: str = "en"
    people: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Token:
    """A stretch of the text (half-open, in UTF-16 code units) and what it was taken for."""

    kind: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Draft:
    """What the line says. due_ambiguous: the date could be read otherwise; spell it out."""

    title: str
    assigned_to: str | None = None
    due: When | None = None
    due_ambiguous: bool = False
    priority: Priority | None = None
    labels: tuple[str, ...] = ()
    unknown_people: tuple[str, ...] = ()
    tokens: tuple[Token, ...] = ()


def parse_quick_add(text: str, around: Surroundings) -> Draft:
    """Never fails: words that mean nothing stay in the title."""
    raise NotImplementedError
