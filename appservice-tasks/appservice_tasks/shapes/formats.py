"""Formats of strings that JSON Schema names. Source: JSON Schema validation, section 7.3."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final
from urllib.parse import urlsplit

_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DATE_TIME: Final = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)


def is_date(text: str) -> bool:
    """A day of the calendar, `YYYY-MM-DD`."""
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def is_date_time(text: str) -> bool:
    """A moment with its offset (RFC 3339). Leap seconds are not taken."""
    if not _DATE_TIME.fullmatch(text):
        return False
    # More than six digits of a second are more than datetime holds.
    shortened = re.sub(r"(\.\d{6})\d+", r"\1", text.upper())
    try:
        datetime.fromisoformat(shortened)
    except ValueError:
        return False
    return True


def is_uri(text: str) -> bool:
    """An address with scheme and host."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    return bool(parts.scheme and parts.hostname) and (port is None or port > 0)


def is_uri_reference(text: str) -> bool:
    """An address, or a part of one."""
    try:
        urlsplit(text)
    except ValueError:
        return False
    return not any(character.isspace() for character in text)


FORMATS: Final[Mapping[str, Callable[[str], bool]]] = {
    "date": is_date,
    "date-time": is_date_time,
    "uri": is_uri,
    "uri-reference": is_uri_reference,
}
