"""Conditions of push rules, compiled to functions of one event and one reader.

Source: client-server-api, "Push Rules", conditions.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from typing import Any, Final

from homeserver.protocol.event import Event
from homeserver.protocol.glob import literal_word_matcher, whole_matcher, word_matcher
from homeserver.protocol.power_levels import PowerLevels
from homeserver.protocol.property_path import MISSING, lookup, parse_path

MAX_INTEGER: Final = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a rule is asked for, and what the room looks like.

    display_name: in that room, None if there is none. member_count: joined members.
    levels: the room's power levels at the event.
    """

    user_id: str
    display_name: str | None
    member_count: int
    levels: PowerLevels


Test = Callable[[Event, Reader], bool]
Getter = Callable[[Event], Any]


def compile_condition(condition: Mapping[str, Any]) -> Test:
    """The test of one condition; unrecognised and malformed ones never hold."""
    make = _KINDS.get(condition.get("kind", ""))
    return never if make is None else make(condition)


def never(event: Event, reader: Reader) -> bool:
    """Holds for nothing."""
    return False


def getter(key: str) -> Getter:
    """What finds the property of an event in client format at a dotted path, or MISSING."""
    first, *others = parse_path(key)
    if first == "content":
        if len(others) == 1:
            return _content_getter(others[0])
        path = tuple(others)
        return lambda event: lookup(event.content, path)
    if not others and first in ("type", "sender", "event_id", "room_id", "origin_server_ts"):
        return attrgetter(first)
    if not others and first in ("state_key", "redacts"):
        return _optional_getter(first)
    return lambda event: MISSING


def _content_getter(name: str) -> Getter:
    return lambda event: event.content.get(name, MISSING)


def _optional_getter(name: str) -> Getter:
    get = attrgetter(name)

    def find(event: Event) -> Any:
        value = get(event)
        return MISSING if value is None else value

    return find


def event_match(key: str, pattern: str) -> Test:
    """The glob matches the whole property, or words of it for `content.body`."""
    find = getter(key)
    if parse_path(key) == ("content", "body"):
        expression = word_matcher(pattern)
    elif "*" not in pattern and "?" not in pattern:
        return _equals_ignoring_case(find, pattern)
    else:
        expression = whole_matcher(pattern)

    def matches(event: Event, reader: Reader) -> bool:
        value = find(event)
        return isinstance(value, str) and expression.match(value) is not None

    return matches


def _equals_ignoring_case(find: Getter, text: str) -> Test:
    folded = text.lower()
    length = len(text)

    def matches(event: Event, reader: Reader) -> bool:
        value = find(event)
        # Most values differ in length already; this is asked of every event.
        return isinstance(value, str) and len(value) == length and value.lower() == folded

    return matches


def state_key_is_reader(event: Event, reader: Reader) -> bool:
    """`event_match` of the state key with the reader's own ID, exact: IDs differ by case."""
    return event.state_key == reader.user_id


def mentions_reader(event: Event, reader: Reader) -> bool:
    r"""`event_property_contains` of `content.m\.mentions.user_ids` with the reader's own ID."""
    users = lookup(event.content, ("m.mentions", "user_ids"))
    return isinstance(users, list) and reader.user_id in users


def _compile_event_match(condition: Mapping[str, Any]) -> Test:
    key, pattern = condition.get("key"), condition.get("pattern")
    if not isinstance(key, str) or not isinstance(pattern, str):
        return never
    return event_match(key, pattern)


def _compile_property_is(condition: Mapping[str, Any]) -> Test:
    key, wanted = condition.get("key"), condition.get("value", MISSING)
    if not isinstance(key, str) or not _is_simple(wanted):
        return never
    find = getter(key)

    def matches(event: Event, reader: Reader) -> bool:
        return _same(find(event), wanted)

    return matches


def _compile_property_contains(condition: Mapping[str, Any]) -> Test:
    key, wanted = condition.get("key"), condition.get("value", MISSING)
    if not isinstance(key, str) or not _is_simple(wanted):
        return never
    find = getter(key)

    def matches(event: Event, reader: Reader) -> bool:
        values = find(event)
        return isinstance(values, list) and any(_same(value, wanted) for value in values)

    return matches


def _is_simple(value: object) -> bool:
    if type(value) is int:
        return abs(value) <= MAX_INTEGER
    return value is None or isinstance(value, str | bool)


def _same(value: object, wanted: object) -> bool:
    # 1 == True to Python, not to JSON.
    return type(value) is type(wanted) and value == wanted


def _compile_display_name(condition: Mapping[str, Any]) -> Test:
    return _contains_display_name


def _contains_display_name(event: Event, reader: Reader) -> bool:
    body = event.content.get("body")
    if not reader.display_name or not isinstance(body, str):
        return False
    return _name_matcher(reader.display_name).match(body) is not None


@lru_cache(maxsize=512)
def _name_matcher(name: str) -> re.Pattern[str]:
    return literal_word_matcher(name)


_COUNT: Final = re.compile(r"(==|<=|>=|<|>)?([0-9]{1,16})", re.ASCII)
_COMPARISONS: Final[Mapping[str | None, Callable[[int, int], bool]]] = {
    None: operator.eq,
    "==": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}


def _compile_member_count(condition: Mapping[str, Any]) -> Test:
    wanted = condition.get("is")
    match = _COUNT.fullmatch(wanted) if isinstance(wanted, str) else None
    if match is None:
        return never
    compare, number = _COMPARISONS[match[1]], int(match[2])
    return lambda event, reader: compare(reader.member_count, number)


def _compile_permission(condition: Mapping[str, Any]) -> Test:
    key = condition.get("key")
    if not isinstance(key, str):
        return never
    return lambda event, reader: (
        reader.levels.user_level(event.sender) >= reader.levels.notification_level(key)
    )


_KINDS: Final[Mapping[str, Callable[[Mapping[str, Any]], Test]]] = {
    "event_match": _compile_event_match,
    "event_property_is": _compile_property_is,
    "event_property_contains": _compile_property_contains,
    "contains_display_name": _compile_display_name,
    "room_member_count": _compile_member_count,
    "sender_notification_permission": _compile_permission,
}
