"""A due date in words, so that nobody has to guess how it was read."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal
from zoneinfo import ZoneInfo

from appservice_tasks.contracts import When
from appservice_tasks.domain.quick_add.words import MONTHS_IN_FULL, WEEKDAYS_IN_FULL


def spelled_out(when: When, lang: Literal["en", "ru"]) -> str:
    """`Thursday, 26 November 2026, 15:00`; `четверг, 26 ноября 2026 г., 15:00`."""
    if "date" in when:
        return _day(date.fromisoformat(when["date"]), lang)
    moment = datetime.fromtimestamp(when["at"] / 1000, ZoneInfo(when["tz"]))
    return f"{_day(moment.date(), lang)}, {moment:%H:%M}"


def _day(day: date, lang: Literal["en", "ru"]) -> str:
    text = (
        f"{WEEKDAYS_IN_FULL[lang][day.weekday()]}, {day.day} "
        f"{MONTHS_IN_FULL[lang][day.month - 1]} {day.year}"
    )
    return f"{text} г." if lang == "ru" else text
