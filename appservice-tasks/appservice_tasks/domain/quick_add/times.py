"""Times of day in a line of text, and the zones named with them."""

from __future__ import annotations

import re
from datetime import time
from typing import Final

from appservice_tasks.domain.quick_add.found import FoundTime, bounded
from appservice_tasks.domain.quick_add.words import DAY_TIMES, ZONES
from appservice_tasks.domain.zones import is_zone

LAST_NIGHT_HOUR: Final = 6
"""A bare "at 5" is the afternoon; from seven on the morning is as likely, and stands."""

_AT: Final = r"(?:(?:at|by|for|before|till|until|around|в|во|к|до|на|около) )?"
_ZONE: Final = (
    r"(?: ?\(?(?P<zone>"
    + "|".join(re.escape(name).replace(r"\ ", " ") for name in sorted(ZONES, key=len, reverse=True))
    + r"|[A-Z][A-Za-z]+/[A-Z][A-Za-z_]+)\)?)?"
)
_CLOCK: Final = bounded(
    rf"{_AT}(?P<h>\d{{1,2}}):(?P<m>\d{{2}})(?: ?(?P<half>am|pm|a\.m\.|p\.m\.))?{_ZONE}"
)
_DOTTED: Final = bounded(rf"(?:в|к|до|at|by) (?P<h>\d{{1,2}})\.(?P<m>\d{{2}}){_ZONE}")
_ENGLISH: Final = bounded(rf"{_AT}(?P<h>\d{{1,2}}) ?(?P<half>am|pm|a\.m\.|p\.m\.){_ZONE}")
_RUSSIAN: Final = bounded(
    rf"{_AT}(?P<h>\d{{1,2}})(?: ?(?:ч\.?|час|часа|часам|часов))?"
    rf" (?P<half>утра|дня|вечера|ночи){_ZONE}"
)
_HOURS: Final = bounded(
    rf"(?:(?:в|к|до) (?P<h>\d{{1,2}}) ?(?:ч\.?|час|часа|часам|часов)"
    rf"|at (?P<h2>\d{{1,2}}) o['’]?clock){_ZONE}"
)
_ONE: Final = bounded(rf"(?:в|к) (?P<one>час|часу)(?: дня)?{_ZONE}")
_WEAK: Final = bounded(rf"(?P<mark>at|by|before|till|в|к|до) (?P<h>\d{{1,2}}){_ZONE}")
_PART: Final = bounded(
    r"(?P<part>(?:(?:in|at|by|before|this|the|around) ){0,2}"
    r"(?:morning|afternoon|evening|night|noon|midday|midnight|lunch)|"
    + "|".join(sorted((word for word in DAY_TIMES if not word.isascii()), key=len, reverse=True))
    + ")"
    + _ZONE
)
_NEEDS_MORE: Final = frozenset({"morning", "afternoon", "evening", "night", "lunch", "midday"})
"""Nouns that are a time only with a preposition or beside a date."""


def find_times(text: str) -> list[FoundTime]:
    """Every time of day, from left to right, none overlapping another."""
    found: list[FoundTime] = []
    for pattern in (_CLOCK, _DOTTED, _ENGLISH, _RUSSIAN, _HOURS, _ONE, _PART, _WEAK):
        for match in pattern.finditer(text):
            if any(match.start() < each.end and each.start < match.end() for each in found):
                continue
            each = _part_of_day(match) if pattern is _PART else _hour(match, pattern)
            if each is not None:
                found.append(each)
    return sorted(found, key=lambda each: each.start)


def _hour(match: re.Match[str], pattern: re.Pattern[str]) -> FoundTime | None:
    named = match.groupdict()
    hour = 13 if named.get("one") else int(named.get("h") or named.get("h2") or 0)
    minute = int(named.get("m") or 0)
    half = (named.get("half") or "").lower().replace(".", "")
    if half:
        if not 1 <= hour <= 12 and half in ("am", "pm"):
            return None
        hour = _of_half(hour, half)
    if hour > 23 or minute > 59:
        return None
    clock = pattern in (_CLOCK, _DOTTED)
    bare = not half and not clock and not named.get("one")
    doubtful = bare and 1 <= hour <= LAST_NIGHT_HOUR
    zone, end = _zone(match)
    return FoundTime(
        match.start(),
        end,
        time(hour + 12 if doubtful else hour, minute),
        doubtful=doubtful,
        weak=pattern is _WEAK,
        zone=zone,
    )


def _of_half(hour: int, half: str) -> int:
    """The hour on a clock of 24."""
    if half in ("pm", "дня", "вечера"):
        return hour if hour >= 12 else hour + 12
    if half == "ночи":
        # 11 at night is the evening's end, 2 at night the morning's beginning.
        return hour % 12 if hour in range(1, 6) or hour == 12 else (hour + 12) % 24
    return 0 if hour == 12 and half == "am" else hour


def _part_of_day(match: re.Match[str]) -> FoundTime:
    words = match["part"].lower().split()
    name = " ".join(words)
    noun = words[-1] if words[-1] in DAY_TIMES and name not in DAY_TIMES else name
    hour, minute = DAY_TIMES[noun]
    zone, end = _zone(match)
    return FoundTime(
        match.start(),
        end,
        time(hour, minute),
        behind=len(words) == 1 and noun in _NEEDS_MORE,
        zone=zone,
    )


def _zone(match: re.Match[str]) -> tuple[str | None, int]:
    """The zone, and where the time ends: before what only looked like a zone."""
    name = match["zone"]
    if name is None:
        return None, match.end()
    known = ZONES.get(" ".join(name.lower().split()))
    if known is not None or is_zone(name):
        return known or name, match.end()
    return None, match.start() + len(match.string[match.start() : match.start("zone")].rstrip(" ("))
