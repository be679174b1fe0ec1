"""Days in a line of text."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Final

from appservice_tasks.domain.quick_add.found import FoundDate, bounded
from appservice_tasks.domain.quick_add.words import (
    DAYS,
    DOUBTFUL_WEEKDAYS,
    MINUTES,
    MONTH_UNITS,
    MONTHS,
    NUMBERS,
    SHORT_WEEKDAYS,
    WEEKDAYS,
    alternatives,
)

END_OF_WORK: Final = time(18, 0)
EVENING: Final = time(19, 0)

# Prepositions are taken out of the title with the date. Those of the first kind say "due".
_MEANT: Final = (
    r"(?:due|deadline|by|until|till|before|no later than|к|ко|до|срок|крайний срок|дедлайн"
    r"|не позднее|не позже)"
)
_MEANT_WORD: Final = re.compile(rf"(?<!\w){_MEANT}(?!\w)", re.IGNORECASE)
_MARKS: Final = rf"(?P<marks>(?:(?:{_MEANT}|on|for|в|во|на):? ){{0,3}})"
# Words after which a date is about something else.
_ELSEWHERE: Final = re.compile(
    r"(?:\b(?:every|each|last|past|since|after|from|кажд\w+|прошл\w+|прошедш\w+|после|с|со|от|по|за"
    r"|version|build|release|верси[яиюей]+|сборк[аиуе]|релиз)\s+(?:the\s+)?|\bv\.?\s?)$",
    re.IGNORECASE,
)
_WHICH: Final = (
    r"(?:(?P<this>this|coming|эт(?:от|у|о|ой|ого|ому)|ближайш(?:ий|ую|ее|ей|его|ему))"
    r"|(?P<next>next|следующ(?:ий|ую|ее|ей|его|ему))) "
)
_NUMBER: Final = rf"\d{{1,3}}|{alternatives(NUMBERS)}"
_MONTH: Final = rf"(?P<month>{alternatives(MONTHS)})\.?"
_YEAR: Final = r"(?:,? (?P<year>\d{4})(?: ?(?:года|г\.|г))?)?"

Reader = Callable[[re.Match[str], datetime, str], FoundDate | None]


def find_dates(text: str, now: datetime, lang: str) -> list[FoundDate]:
    """Every day that the text names, from left to right, none overlapping another.

    now: in the person's zone. lang: decides only how `5/6` is read.
    """
    found: list[FoundDate] = []
    for pattern, read in _RULES:
        for match in pattern.finditer(text):
            if any(match.start() < each.end and each.start < match.end() for each in found):
                continue
            if _ELSEWHERE.search(text[: match.start()]):
                continue
            each = read(match, now, lang)
            if each is not None:
                found.append(each)
    return sorted(found, key=lambda each: each.start)


def _found(
    match: re.Match[str],
    day: date,
    *,
    otherwise: date | None = None,
    at: time | None = None,
    moment: datetime | None = None,
) -> FoundDate:
    marks = match.groupdict().get("marks") or ""
    meant = _MEANT_WORD.search(" ".join(marks.split()))
    return FoundDate(
        match.start(),
        match.end(),
        day,
        otherwise=otherwise if otherwise != day else None,
        meant=meant is not None,
        time=at,
        moment=moment,
    )


def _iso(match: re.Match[str], _now: datetime, _lang: str) -> FoundDate | None:
    day = _day(int(match["y"]), int(match["m"]), int(match["d"]))
    return None if day is None else _found(match, day)


def _dotted(match: re.Match[str], now: datetime, _lang: str) -> FoundDate | None:
    """25.12.2026, 25.12.26, 25.12; never 3.11 alone, which may be a version."""
    year = match["year"]
    marks = match["marks"].lower().split()
    if year is None and marks and marks[-1] in ("в", "at"):
        return None  # "в 10.12" is ten past, not December
    if year is None and not marks:
        before = match.string[: match.start()].rstrip().rpartition(" ")[2]
        looks_like_version = before[:1].isascii() and before[:1].isupper()
        if len(match["d"]) < 2 or len(match["m"]) < 2 or looks_like_version:
            return None
    day = _in_calendar(int(match["d"]), int(match["m"]), year, now)
    return None if day is None else _found(match, day)


def _slashed(match: re.Match[str], now: datetime, lang: str) -> FoundDate | None:
    """5/6: the month first in English, the day first in Russian; the other reading is kept."""
    first, second, year = int(match["a"]), int(match["b"]), match["year"]
    if (
        first in (0, 24)
        or second == 0
        or (year is None and match["a"] + match["b"] in ("12", "24"))
    ):
        return None  # 1/2 and 24/7 are seldom dates
    day_first = _in_calendar(first, second, year, now)
    month_first = _in_calendar(second, first, year, now)
    one, other = (month_first, day_first) if lang == "en" else (day_first, month_first)
    day = one or other
    return None if day is None else _found(match, day, otherwise=other)


def _named(match: re.Match[str], now: datetime, _lang: str) -> FoundDate | None:
    """25 May, May 25th, 25-го мая 2027 года."""
    month = MONTHS[match["month"].lower()]
    day = _in_calendar(int(match["d"]), month, match["year"], now)
    return None if day is None else _found(match, day)


def _of_month(match: re.Match[str], now: datetime, _lang: str) -> FoundDate | None:
    """The 25th, 25-го, 25 числа: the next such day."""
    wanted, today = int(match["d"]), now.date()
    if not 1 <= wanted <= 31:
        return None
    year, month = today.year, today.month
    while True:
        day = _day(year, month, wanted)
        if day is not None and day >= today:
            return _found(match, day)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


def _near(match: re.Match[str], now: datetime, _lang: str) -> FoundDate | None:
    word = " ".join(match["near"].lower().split())
    today = now.date()
    if word == "tonight":
        return _found(match, today, at=EVENING)
    if word in ("today", "сегодня"):
        return _found(match, today)
    days = 2 if "after" in word or word == "послезавтра" else 1
    return _found(match, today + timedelta(days=days))


def _weekday(match: re.Match[str], now: datetime, _lang: str) -> FoundDate | None:
    word = match["weekday"].lower()
    chosen = match["this"] or match["next"]
    short = word in SHORT_WEEKDAYS
    if short and not (match["marks"] or chosen or _stands_apart(match)):
        return None
    if word in DOUBTFUL_WEEKDAYS and not (match["marks"] or chosen):
        return None
    wanted = SHORT_WEEKDAYS[word] if short else WEEKDAYS[word]
    today = now.date()
    ahead = (wanted - today.weekday()) % 7
    coming = today + timedelta(days=ahead)
    if match["next"]:
        monday = today - timedelta(days=today.weekday())
        later = monday + timedelta(days=7 + wanted)
        return _found(match, later, otherwise=coming if ahead else None)
    if ahead == 0 and not match["this"]:
        return _found(match, today + timedelta(days=7), otherwise=today)
    return _found(match, coming)


def _stands_apart(match: re.Match[str]) -> bool:
    """At the end, or before a time or a sign: there a short name is hardly another word."""
    rest = match.string[match.end() :].strip()
    return (
        not rest
        or re.match(r"[,;#!@)\ufffc]|(?:at|в)\s+\d|\d{1,2}(?::\d\d|\s*[ap]m)", rest) is not None
    )


def _later(match: re.Match[str], now: datetime, _lang: str) -> FoundDate | None:
    """In three days, через две недели, through minutes and hours to a moment."""
    unit = match["unit"].lower()
    count = _count(match["n"])
    if unit in MINUTES:
        moment = now + timedelta(minutes=MINUTES[unit] * count)
        return _found(match, moment.date(), moment=moment)
    if unit == "день" and match["n"] is None:
        # "Через день" skips none or one.
        today = now.date()
        return _found(match, today + timedelta(days=1), otherwise=today + timedelta(days=2))
    if unit in DAYS:
        return _found(match, now.date() + timedelta(days=DAYS[unit] * count))
    return _found(match, _months_later(now.date(), MONTH_UNITS[unit] * count))


def _half_hours(match: re.Match[str], now: datetime, _lang: str) -> FoundDate | None:
    minutes = 90 if "полтора" in match["half"].lower() else 30
    moment = now + timedelta(minutes=minutes)
    return _found(match, moment.date(), moment=moment)


def _period(match: re.Match[str], now: datetime, _lang: str) -> FoundDate | None:
    """This week, next month, the weekend, the end of something."""
    today = now.date()
    monday = today - timedelta(days=today.weekday())
    match match.lastgroup:
        case "next_week":
            return _found(match, monday + timedelta(days=7))
        case "this_week":
            return _found(match, max(today, monday + timedelta(days=4)))
        case "weekend":
            return _found(match, max(today, monday + timedelta(days=5)))
        case "next_month":
            return _found(match, _months_later(today.replace(day=1), 1))
        case "end_of_day":
            return _found(match, today, at=END_OF_WORK)
        case "end_of_month":
            return _found(match, today.replace(day=monthrange(today.year, today.month)[1]))
        case "end_of_quarter":
            month = (today.month + 2) // 3 * 3
            return _found(match, date(today.year, month, monthrange(today.year, month)[1]))
    return _found(match, date(today.year, 12, 31))


def _ordinal(match: re.Match[str], now: datetime, lang: str) -> FoundDate | None:
    """`25th` counts after `the`; Russian endings speak for themselves."""
    english = match[0].lower().endswith(("st", "nd", "rd", "th"))
    if english and match["the"] is None:
        return None
    return _of_month(match, now, lang)


def _count(word: str | None) -> int:
    if word is None:
        return 1
    return int(word) if word.isdigit() else NUMBERS[" ".join(word.lower().split())]


def _in_calendar(day: int, month: int, year: str | None, now: datetime) -> date | None:
    """The day; without a year the next such day that is not past."""
    if year is not None:
        return _day(int(year) if len(year) == 4 else 2000 + int(year), month, day)
    today = now.date()
    for candidate in range(today.year, today.year + 9):
        found = _day(candidate, month, day)
        if found is not None and found >= today:
            return found
    return None


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _months_later(start: date, months: int) -> date:
    index = start.year * 12 + start.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))


def _rule(core: str, read: Reader) -> tuple[re.Pattern[str], Reader]:
    return bounded(_MARKS + core), read


_DAY: Final = r"(?P<d>\d{1,2})(?:st|nd|rd|th|-?го|-?ое|-?му)?"

_RULES: Final[tuple[tuple[re.Pattern[str], Reader], ...]] = (
    _rule(r"(?P<y>\d{4})-(?P<m>\d{2})-(?P<d>\d{2})", _iso),
    _rule(rf"{_DAY} (?:of )?{_MONTH}{_YEAR}", _named),
    _rule(rf"{_MONTH} (?P<d>\d{{1,2}})(?:st|nd|rd|th)?{_YEAR}", _named),
    _rule(r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})(?:\.(?P<year>\d{4}|\d{2}))?", _dotted),
    _rule(r"(?P<a>\d{1,2})/(?P<b>\d{1,2})(?:/(?P<year>\d{4}|\d{2}))?", _slashed),
    _rule(
        r"(?P<near>(?:the )?day after tomorrow|today|tonight|tomorrow|tmrw|tmr"
        r"|послезавтра|сегодня|завтрашн(?:ему|его) дн[юя]|завтра)",
        _near,
    ),
    _rule(r"(?P<half>in half an hour|через полчаса|через полтора часа)", _half_hours),
    _rule(
        rf"(?:in|within|через|в течение) (?:(?P<n>{_NUMBER}) )?"
        rf"(?P<unit>{alternatives(MINUTES, DAYS, MONTH_UNITS)})",
        _later,
    ),
    _rule(
        rf"(?P<n>{_NUMBER}) (?P<unit>{alternatives(MINUTES, DAYS, MONTH_UNITS)})"
        r" from (?:now|today)",
        _later,
    ),
    _rule(
        r"(?:(?P<end_of_day>(?:the )?end of (?:the |this )?(?:business )?day|eod|cob"
        r"|конц[аеу] (?:рабочего )?дня)"
        r"|(?P<end_of_month>(?:the )?end of (?:the |this )?month|eom|конц[аеу] (?:этого )?месяца)"
        r"|(?P<end_of_quarter>(?:the )?end of (?:the |this )?quarter|eoq|конц[аеу] квартала)"
        r"|(?P<end_of_year>(?:the )?end of (?:the |this )?year|eoy|конц[аеу] года)"
        r"|(?P<this_week>(?:the )?end of (?:the |this )?week|eow|конц[аеу] (?:этой )?недели"
        r"|this week|этой неделе)"
        r"|(?P<next_week>next week|следующей неделе)"
        r"|(?P<weekend>(?:this |the )?weekend|(?:эти |этих )?выходн(?:ые|ых|ым))"
        r"|(?P<next_month>next month|следующем месяце))",
        _period,
    ),
    _rule(
        rf"(?:{_WHICH})?(?P<weekday>{alternatives(WEEKDAYS, SHORT_WEEKDAYS)})",
        _weekday,
    ),
    _rule(
        r"(?P<the>the )?(?P<d>\d{1,2})(?:(?:st|nd|rd|th|-го|-ое|-му|го|му)(?: числа)?| числа)",
        _ordinal,
    ),
)
