"""Identifiers: their types, and the grammar that text from outside must pass.

Parsers take any JSON value and raise `InvalidParam`. Source: appendices, "Identifier Grammar".
"""

from __future__ import annotations

import re
from typing import Final, NewType, TypeGuard

from homeserver.errors import InvalidParam, InvalidUsername

UserId = NewType("UserId", str)
RoomId = NewType("RoomId", str)
EventId = NewType("EventId", str)
RoomAlias = NewType("RoomAlias", str)
ServerName = NewType("ServerName", str)
DeviceId = NewType("DeviceId", str)

MAX_ID_BYTES: Final = 255
"""No identifier may be longer, counted in UTF-8 bytes with sigil and domain."""

_SERVER_NAME: Final = re.compile(
    r"(?:\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z.-]{1,255})(?::[0-9]{1,5})?", re.ASCII
)
_NEW_LOCALPART: Final = re.compile(r"[a-z0-9._=/+-]+", re.ASCII)
# Old accounts have localparts of any characters; only ":" and NUL never appear in one.
_LOCALPART: Final = re.compile(r"[^:\x00\ud800-\udfff]*")
_OPAQUE: Final = re.compile(r"[^\x00\ud800-\udfff]+")


def parse_user_id(value: object) -> UserId:
    """`@localpart:domain`; historical localparts (any characters, even none) are accepted."""
    return UserId(_with_domain(value, "@", "user ID", empty_localpart=True))


def parse_room_id(value: object) -> RoomId:
    """`!opaque:domain`, or `!hash` since room version 12."""
    return RoomId(_opaque(value, "!", "room ID"))


def parse_event_id(value: object) -> EventId:
    """`$hash`, or `$opaque:domain` of room versions 1 and 2."""
    return EventId(_opaque(value, "$", "event ID"))


def parse_room_alias(value: object) -> RoomAlias:
    """`#localpart:domain`."""
    return RoomAlias(_with_domain(value, "#", "room alias", empty_localpart=False))


def parse_server_name(value: object) -> ServerName:
    """A DNS name, IPv4 address or bracketed IPv6 address, with or without a port."""
    if not isinstance(value, str) or not is_server_name(value):
        raise InvalidParam("Not a valid server name")
    return ServerName(value)


def parse_device_id(value: object) -> DeviceId:
    """1 to 255 bytes of text without NUL; device IDs are otherwise opaque."""
    if not isinstance(value, str) or not _OPAQUE.fullmatch(value) or _too_long(value):
        raise InvalidParam("Not a valid device ID")
    return DeviceId(value)


def parse_new_localpart(value: object, server_name: str) -> str:
    """The localpart of a user ID to be made here; upper case is lowered.

    Raises InvalidUsername when it is empty, has other characters than `a-z0-9._=-/+`, or makes the
    whole ID longer than 255 bytes.
    """
    if not isinstance(value, str):
        raise InvalidUsername("The user name must be text")
    localpart = value.lower()
    if not _NEW_LOCALPART.fullmatch(localpart):
        raise InvalidUsername("A user name may contain only a-z, 0-9 and . _ = - / +")
    if _too_long(f"@{localpart}:{server_name}"):
        raise InvalidUsername("The user name is too long")
    return localpart


def is_server_name(value: str) -> bool:
    """Whether the text fits the grammar of server names."""
    return _SERVER_NAME.fullmatch(value) is not None


def is_user_id(value: object) -> TypeGuard[UserId]:
    """Whether `parse_user_id` would take the value."""
    try:
        parse_user_id(value)
    except InvalidParam:
        return False
    return True


def is_room_id(value: object) -> TypeGuard[RoomId]:
    """Whether `parse_room_id` would take the value."""
    try:
        parse_room_id(value)
    except InvalidParam:
        return False
    return True


def is_event_id(value: object) -> TypeGuard[EventId]:
    """Whether `parse_event_id` would take the value."""
    try:
        parse_event_id(value)
    except InvalidParam:
        return False
    return True


def domain_of(identifier: str) -> ServerName:
    """What follows the first colon; empty for identifiers that have no domain."""
    return ServerName(identifier.partition(":")[2])


def localpart_of(identifier: str) -> str:
    """What stands between the sigil and the first colon."""
    return identifier[1:].partition(":")[0]


def make_user_id(localpart: str, server_name: str) -> UserId:
    """The ID of a local user; nothing is checked."""
    return UserId(f"@{localpart}:{server_name}")


def _with_domain(value: object, sigil: str, name: str, *, empty_localpart: bool) -> str:
    if not isinstance(value, str) or value[:1] != sigil:
        raise InvalidParam(f"Not a valid {name}: it starts with {sigil}")
    localpart, colon, domain = value[1:].partition(":")
    if not colon or not is_server_name(domain):
        raise InvalidParam(f"Not a valid {name}: it ends with a colon and a server name")
    if not _LOCALPART.fullmatch(localpart) or not (localpart or empty_localpart):
        raise InvalidParam(f"Not a valid {name}: it has characters that are not allowed")
    if _too_long(value):
        raise InvalidParam(f"Not a valid {name}: it is too long")
    return value


def _opaque(value: object, sigil: str, name: str) -> str:
    if not isinstance(value, str) or value[:1] != sigil:
        raise InvalidParam(f"Not a valid {name}: it starts with {sigil}")
    if not _OPAQUE.fullmatch(value, 1) or _too_long(value):
        raise InvalidParam(f"Not a valid {name}")
    return value


def _too_long(value: str) -> bool:
    # Most identifiers are short enough to be under the bound in any encoding.
    return len(value) > MAX_ID_BYTES // 4 and len(value.encode()) > MAX_ID_BYTES
