"""Filters: what of a sync or a timeline a client wants to see.

Source: client-server-api, "Filtering" (definitions Filter, RoomFilter, RoomEventFilter,
EventFilter). Keys that are not known are ignored; the caller stores the JSON as it was given.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from homeserver.errors import BadJson
from homeserver.protocol.glob import star_matcher
from homeserver.protocol.property_path import parse_path

MAX_TIMELINE_LIMIT: Final = 100
"""Events of one room in one sync; a larger limit is taken for this."""

MAX_LIST: Final = 10_000
"""Entries in any list of a filter."""


_SHORT: Final = 64
"""Characters of a type for which an answer is kept."""


class TypeSet:
    """Event types, some with `*` wildcards."""

    __slots__ = ("_asked", "_exact", "_globs", "_said")

    def __init__(self, types: list[str]) -> None:
        self._exact = frozenset(name for name in types if "*" not in name)
        self._globs = tuple(star_matcher(name) for name in types if "*" in name)
        self._asked: str | None = None
        self._said = False

    def __contains__(self, event_type: object) -> bool:
        if event_type in self._exact:
            return True
        if not self._globs or not isinstance(event_type, str):
            return False
        if event_type != self._asked:  # Often the same is asked again.
            said = any(glob.match(event_type) for glob in self._globs)
            if len(event_type) > _SHORT:
                return said
            self._asked, self._said = event_type, said
        return self._said


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events pass, by type and sender. None for a list: it does not restrict.

    limit: None if not given; 0 or more and already clamped.
    """

    limit: int | None = None
    types: TypeSet | None = None
    not_types: TypeSet | None = None
    senders: frozenset[str] | None = None
    not_senders: frozenset[str] | None = None

    @property
    def accepts_all(self) -> bool:
        """Whether every event passes, so that nothing needs to be asked of each one."""
        return (
            self.types is None
            and self.not_types is None
            and self.senders is None
            and self.not_senders is None
        )

    def matches_type(self, event_type: str) -> bool:
        """Whether events of this type can pass."""
        if self.not_types is not None and event_type in self.not_types:
            return False
        return self.types is None or event_type in self.types

    def matches_sender(self, sender: str) -> bool:
        """Whether events of this sender can pass."""
        if self.not_senders is not None and sender in self.not_senders:
            return False
        return self.senders is None or sender in self.senders

    def matches(self, event_type: str, sender: str | None = None) -> bool:
        """Whether an event passes; without a sender (account data) only its type is asked."""
        return self.matches_type(event_type) and (sender is None or self.matches_sender(sender))


@dataclass(frozen=True, slots=True)
class RoomEventFilter(EventFilter):
    """Which events of which rooms pass.

    related_by_senders, related_by_rel_types: only events that have such children pass; that is
    for the caller to look up.
    """

    rooms: frozenset[str] | None = None
    not_rooms: frozenset[str] | None = None
    contains_url: bool | None = None
    lazy_load_members: bool = False
    include_redundant_members: bool = False
    unread_thread_notifications: bool = False
    related_by_senders: frozenset[str] | None = None
    related_by_rel_types: frozenset[str] | None = None

    @property
    def accepts_all(self) -> bool:
        """Whether every event of the rooms that pass does so itself."""
        return self.contains_url is None and (
            self.types is None
            and self.not_types is None
            and self.senders is None
            and self.not_senders is None
        )

    def matches_room(self, room_id: str) -> bool:
        """Whether events of this room can pass."""
        if self.not_rooms is not None and room_id in self.not_rooms:
            return False
        return self.rooms is None or room_id in self.rooms

    def matches_event(self, event_type: str, sender: str, content: Mapping[str, Any]) -> bool:
        """Whether an event passes, its room aside."""
        if not (self.matches_type(event_type) and self.matches_sender(sender)):
            return False
        return self.contains_url is None or self.contains_url == ("url" in content)


@dataclass(frozen=True, slots=True)
class RoomFilter:
    """The part of a sync filter that is about rooms."""

    rooms: frozenset[str] | None = None
    not_rooms: frozenset[str] | None = None
    include_leave: bool = False
    timeline: RoomEventFilter = RoomEventFilter()
    state: RoomEventFilter = RoomEventFilter()
    ephemeral: RoomEventFilter = RoomEventFilter()
    account_data: RoomEventFilter = RoomEventFilter()

    def matches_room(self, room_id: str) -> bool:
        """Whether the room appears at all."""
        if self.not_rooms is not None and room_id in self.not_rooms:
            return False
        return self.rooms is None or room_id in self.rooms


@dataclass(frozen=True, slots=True)
class SyncFilter:
    """A whole filter.

    event_fields: paths of the properties to keep, None for all. size: bytes of the JSON that it was
    read from.
    """

    event_fields: tuple[tuple[str, ...], ...] | None = None
    federation_format: bool = False
    presence: EventFilter = EventFilter()
    account_data: EventFilter = EventFilter()
    room: RoomFilter = RoomFilter()
    size: int = 0

    @property
    def plain_events(self) -> bool:
        """Whether events are shown whole in client format, as in the responses others share."""
        return self.event_fields is None and not self.federation_format


ACCEPT_ALL: Final = SyncFilter()
"""What holds where the client gave no filter."""


def parse_filter(value: object, *, max_limit: int = MAX_TIMELINE_LIMIT) -> SyncFilter:
    """A Filter object as it was read from JSON. Raises BadJson that names the wrong part."""
    given = _object(value, "filter")
    event_format = given.get("event_format", "client")
    if event_format not in ("client", "federation"):
        raise BadJson("event_format must be client or federation")
    fields = _strings(given, "event_fields")
    room = _object(given.get("room", {}), "room")
    return SyncFilter(
        event_fields=None if fields is None else tuple(parse_path(path) for path in fields),
        federation_format=event_format == "federation",
        presence=_event_filter(given.get("presence", {}), "presence", max_limit),
        account_data=_event_filter(given.get("account_data", {}), "account_data", max_limit),
        room=RoomFilter(
            rooms=_ids(room, "rooms", "!"),
            not_rooms=_ids(room, "not_rooms", "!"),
            include_leave=_flag(room, "include_leave") or False,
            **{
                part: parse_room_event_filter(room.get(part, {}), name=part, max_limit=max_limit)
                for part in ("timeline", "state", "ephemeral", "account_data")
            },
        ),
    )


def parse_room_event_filter(
    value: object, *, name: str = "filter", max_limit: int = 1000
) -> RoomEventFilter:
    """A RoomEventFilter object, as /messages, /context and search take it. Raises BadJson."""
    given = _object(value, name)
    senders = _ids(given, "related_by_senders", "@")
    rel_types = _strings(given, "related_by_rel_types")
    return RoomEventFilter(
        **_event_parts(given, max_limit),
        rooms=_ids(given, "rooms", "!"),
        not_rooms=_ids(given, "not_rooms", "!"),
        contains_url=_flag(given, "contains_url"),
        lazy_load_members=_flag(given, "lazy_load_members") or False,
        include_redundant_members=_flag(given, "include_redundant_members") or False,
        unread_thread_notifications=_flag(given, "unread_thread_notifications") or False,
        related_by_senders=senders,
        related_by_rel_types=None if rel_types is None else frozenset(rel_types),
    )


def _event_filter(value: object, name: str, max_limit: int) -> EventFilter:
    return EventFilter(**_event_parts(_object(value, name), max_limit))


def _event_parts(given: dict[str, Any], max_limit: int) -> dict[str, Any]:
    types, not_types = _strings(given, "types"), _strings(given, "not_types")
    return {
        "limit": _limit(given, max_limit),
        "types": None if types is None else TypeSet(types),
        "not_types": TypeSet(not_types) if not_types else None,
        "senders": _ids(given, "senders", "@"),
        "not_senders": _ids(given, "not_senders", "@") or None,
    }


def _object(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadJson(f"{name} must be an object")
    return value


def _strings(given: dict[str, Any], key: str) -> list[str] | None:
    value = given.get(key)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise BadJson(f"{key} must be a list of strings")
    if len(value) > MAX_LIST:
        raise BadJson(f"{key} has more than {MAX_LIST} entries")
    return value


def _ids(given: dict[str, Any], key: str, sigil: str) -> frozenset[str] | None:
    values = _strings(given, key)
    if values is None:
        return None
    if not all(value.startswith(sigil) for value in values):
        raise BadJson(f"{key} must hold identifiers that start with {sigil}")
    return frozenset(values)


def _flag(given: dict[str, Any], key: str) -> bool | None:
    value = given.get(key)
    if value is not None and not isinstance(value, bool):
        raise BadJson(f"{key} must be true or false")
    return value


def _limit(given: dict[str, Any], most: int) -> int | None:
    value = given.get("limit")
    if value is None:
        return None
    if type(value) is not int or value < 0:
        raise BadJson("limit must be an integer that is not negative")
    return min(value, most)
