"""What was found in a line, and where."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A day, or a moment where the words gave one ("in two hours").

    otherwise: another reading. meant: words said that it is a due date ("by", "до"). time: where
    the words imply one ("tonight").
    """

    start: int
    end: int
    day: date
    otherwise: date | None = None
    meant: bool = False
    time: time | None = None
    moment: datetime | None = None


@dataclass(frozen=True, slots=True)
class FoundTime:
    """A time of day.

    doubtful: could be twelve hours off. weak: counts only beside a date or last. behind: counts
    only behind a date. zone: named with it.
    """

    start: int
    end: int
    time: time
    doubtful: bool = False
    weak: bool = False
    behind: bool = False
    zone: str | None = None


def bounded(pattern: str) -> re.Pattern[str]:
    """The pattern between the edges of words, in any letter case; blanks match any blanks."""
    spaced = pattern.replace(" ?", r"\s*").replace(" ", r"\s+")
    return re.compile(rf"(?<![\w/.:-]){spaced}(?![\w/]|[.:]\d|-\w|['’]s)", re.IGNORECASE)
