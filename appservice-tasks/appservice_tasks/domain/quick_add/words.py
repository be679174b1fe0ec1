"""The words of dates in Russian and English."""

from __future__ import annotations

from typing import Final

from appservice_tasks.contracts import Priority

MONTHS: Final[dict[str, int]] = {
    "january": 1, "jan": 1, "february": 2, "feb": 2, "march": 3, "mar": 3, "april": 4, "apr": 4,
    "may": 5, "june": 6, "jun": 6, "july": 7, "jul": 7, "august": 8, "aug": 8, "september": 9,
    "sept": 9, "sep": 9, "october": 10, "oct": 10, "november": 11, "nov": 11, "december": 12,
    "dec": 12,
    "января": 1, "янв": 1, "февраля": 2, "фев": 2, "марта": 3, "мар": 3, "апреля": 4, "апр": 4,
    "мая": 5, "июня": 6, "июн": 6, "июля": 7, "июл": 7, "августа": 8, "авг": 8, "сентября": 9,
    "сен": 9, "сент": 9, "октября": 10, "окт": 10, "ноября": 11, "ноя": 11, "нояб": 11,
    "декабря": 12, "дек": 12,
}  # fmt: skip

WEEKDAYS: Final[dict[str, int]] = {
    "monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4, "saturday": 5,
    "sunday": 6,
    "понедельник": 0, "понедельника": 0, "понедельнику": 0,
    "вторник": 1, "вторника": 1, "вторнику": 1,
    "среда": 2, "среду": 2, "среде": 2, "среды": 2,
    "четверг": 3, "четверга": 3, "четвергу": 3,
    "пятница": 4, "пятницу": 4, "пятнице": 4, "пятницы": 4,
    "суббота": 5, "субботу": 5, "субботе": 5, "субботы": 5,
    "воскресенье": 6, "воскресенья": 6, "воскресенью": 6,
}  # fmt: skip

SHORT_WEEKDAYS: Final[dict[str, int]] = {
    "mon": 0, "tue": 1, "tues": 1, "wed": 2, "thu": 3, "thur": 3, "thurs": 3, "fri": 4,
    "sat": 5, "sun": 6,
    "пн": 0, "вт": 1, "ср": 2, "чт": 3, "пт": 4, "сб": 5, "вс": 6,
}  # fmt: skip
"""They are words of their own too ("he sat"), so they count only beside a preposition, a time, or
at the end."""

DOUBTFUL_WEEKDAYS: Final = frozenset({"среда", "среду", "среде", "среды"})
"""The Russian Wednesday is also an environment; it counts only after a preposition."""

NUMBERS: Final[dict[str, int]] = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "a couple of": 2, "couple of": 2, "a few": 3,
    "один": 1, "одну": 1, "два": 2, "две": 2, "три": 3, "четыре": 4, "пять": 5, "шесть": 6,
    "семь": 7, "восемь": 8, "девять": 9, "десять": 10, "пару": 2,
}  # fmt: skip

MINUTES: Final[dict[str, int]] = {
    "minute": 1, "minutes": 1, "min": 1, "mins": 1, "hour": 60, "hours": 60, "hr": 60, "hrs": 60,
    "минуту": 1, "минуты": 1, "минут": 1, "мин": 1, "час": 60, "часа": 60, "часов": 60,
}  # fmt: skip

DAYS: Final[dict[str, int]] = {
    "day": 1, "days": 1, "week": 7, "weeks": 7, "wk": 7, "wks": 7,
    "день": 1, "дня": 1, "дней": 1, "неделю": 7, "недели": 7, "недель": 7, "сутки": 1,
}  # fmt: skip

MONTH_UNITS: Final[dict[str, int]] = {
    "month": 1, "months": 1, "year": 12, "years": 12,
    "месяц": 1, "месяца": 1, "месяцев": 1, "год": 12, "года": 12, "лет": 12,
}  # fmt: skip

DAY_TIMES: Final[dict[str, tuple[int, int]]] = {
    "morning": (9, 0), "afternoon": (15, 0), "evening": (19, 0), "night": (21, 0),
    "noon": (12, 0), "midday": (12, 0), "midnight": (23, 59), "lunch": (13, 0),
    "утром": (9, 0), "с утра": (9, 0), "днём": (14, 0), "днем": (14, 0), "вечером": (19, 0),
    "ночью": (23, 0), "в обед": (13, 0), "к обеду": (13, 0), "до обеда": (12, 0),
    "после обеда": (15, 0), "к вечеру": (18, 0), "в полдень": (12, 0), "к полудню": (12, 0),
    "до полудня": (12, 0), "в полночь": (23, 59), "до полуночи": (23, 59),
}  # fmt: skip

ZONES: Final[dict[str, str]] = {
    "msk": "Europe/Moscow", "мск": "Europe/Moscow", "по мск": "Europe/Moscow",
    "moscow time": "Europe/Moscow", "по москве": "Europe/Moscow",
    "по московскому времени": "Europe/Moscow", "по московскому": "Europe/Moscow",
    "по калининграду": "Europe/Kaliningrad", "по самаре": "Europe/Samara",
    "по екатеринбургу": "Asia/Yekaterinburg", "по омску": "Asia/Omsk",
    "по новосибирску": "Asia/Novosibirsk", "по красноярску": "Asia/Krasnoyarsk",
    "по иркутску": "Asia/Irkutsk", "по владивостоку": "Asia/Vladivostok",
    "по берлину": "Europe/Berlin", "по лондону": "Europe/London", "по минску": "Europe/Minsk",
    "utc": "UTC", "gmt": "UTC", "по гринвичу": "UTC", "cet": "Europe/Berlin",
    "cest": "Europe/Berlin", "berlin time": "Europe/Berlin", "london time": "Europe/London",
    "eet": "Europe/Helsinki", "bst": "Europe/London", "est": "America/New_York",
    "edt": "America/New_York", "new york time": "America/New_York", "cst": "America/Chicago",
    "cdt": "America/Chicago", "mst": "America/Denver", "mdt": "America/Denver",
    "pst": "America/Los_Angeles", "pdt": "America/Los_Angeles",
    "jst": "Asia/Tokyo", "ist": "Asia/Kolkata",
}  # fmt: skip

PRIORITIES: Final[dict[str, Priority]] = {
    "none": "none", "low": "low", "normal": "normal", "medium": "normal", "high": "high",
    "important": "high", "urgent": "urgent", "asap": "urgent", "critical": "urgent",
    "4": "low", "3": "normal", "2": "high", "1": "urgent",
    "нет": "none", "низкий": "low", "низкая": "low", "неважно": "low", "обычный": "normal",
    "обычная": "normal", "средний": "normal", "средняя": "normal", "нормальный": "normal",
    "высокий": "high", "высокая": "high", "важно": "high", "важный": "high", "важная": "high",
    "срочно": "urgent", "срочный": "urgent", "срочная": "urgent", "критично": "urgent",
    "горит": "urgent",
}  # fmt: skip

MONTHS_IN_FULL: Final = {
    "en": (
        "January", "February", "March", "April", "May", "June", "July", "August", "September",
        "October", "November", "December",
    ),
    "ru": (
        "января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября",
        "октября", "ноября", "декабря",
    ),
}  # fmt: skip

WEEKDAYS_IN_FULL: Final = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "ru": (
        "понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье",
    ),
}  # fmt: skip


def alternatives(*tables: dict[str, int]) -> str:
    """A regular expression of all the words, the longest first."""
    words = {word for table in tables for word in table}
    return "|".join(sorted(words, key=lambda word: (-len(word), word)))
