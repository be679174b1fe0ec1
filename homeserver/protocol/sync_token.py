"""The tokens that clients hand back: positions of the whole log, and places in a timeline.

    stream    s<pos>[.<pos>...][~d<to-device pos>][~t<room>:<hash>...][~p<ms>][~l<pos>]
    timeline  t<pos>.<minor>

A stream token has one position per database. `d` stands there while a to-device backlog is being
cut into pieces, one `t` for each room whose list of typing users the client was shown last as not
empty, `p` for presence, which is kept by time, `l` where members are loaded lazily and several
processes answer: the position of the first sync of this chain. `t<pos>.<minor>` is just before the
event of that order key; `s<pos>` is after all keys of that position or lower.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote_to_bytes

from homeserver.errors import InvalidParam

MAX_POSITION: Final = 2**63 - 1
"""What the databases' integers hold."""

LOWEST_MINOR: Final = -(2**62)
"""Below the minor of every event of a position."""

MAX_TOKEN_LENGTH: Final = 65536

_SHORT: Final = 64
"""Characters of a token that is remembered once it was parsed."""

_TIMELINE: Final = re.compile(r"t([0-9]{1,19})\.(-?[0-9]{1,19})", re.ASCII)
_POSITIONS: Final = re.compile(r"s([0-9]{1,19}(?:\.[0-9]{1,19})*)", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]{1,19}", re.ASCII)
_TYPING: Final = re.compile(r"([^:~]+):([0-9A-Za-z_-]+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class StreamToken:
    """What a client has seen of the log.

    pos: the position of the first database; further: those of others. to_device: the last
    to-device position returned, when it lags behind pos. typing: room -> hash of its typing list
    (hashes of letters, digits, - and _). presence: milliseconds. lazy_since: members that a device
    was sent before this position count for nothing.
    """

    pos: int
    further: tuple[int, ...] = ()
    to_device: int | None = None
    typing: Mapping[str, str] = field(default_factory=dict)
    presence: int | None = None
    lazy_since: int | None = None

    @classmethod
    def parse(cls, text: object) -> StreamToken:
        """Raises InvalidParam for anything that `str()` does not make."""
        if not isinstance(text, str) or len(text) > MAX_TOKEN_LENGTH:
            raise _malformed()
        if len(text) <= _SHORT:
            return _known(text)
        return cls._parse(text)

    @classmethod
    def _parse(cls, text: str) -> StreamToken:
        head, *parts = text.split("~")
        match = _POSITIONS.fullmatch(head)
        if match is None:
            raise _malformed()
        positions = [_position(number) for number in match[1].split(".")]
        to_device: int | None = None
        presence: int | None = None
        lazy_since: int | None = None
        typing: dict[str, str] = {}
        for part in parts:
            kind, rest = part[:1], part[1:]
            if kind == "d" and to_device is None and _NUMBER.fullmatch(rest):
                to_device = _position(rest)
            elif kind == "p" and presence is None and _NUMBER.fullmatch(rest):
                presence = _position(rest)
            elif kind == "l" and lazy_since is None and _NUMBER.fullmatch(rest):
                lazy_since = _position(rest)
            elif kind == "t" and (entry := _TYPING.fullmatch(rest)):
                typing[_unquoted(entry[1])] = entry[2]
            else:
                raise _malformed()
        return cls(positions[0], tuple(positions[1:]), to_device, typing, presence, lazy_since)

    def __str__(self) -> str:
        parts = ["s" + ".".join(map(str, (self.pos, *self.further)))]
        if self.to_device is not None:
            parts.append(f"d{self.to_device}")
        parts.extend(f"t{_quoted(room)}:{digest}" for room, digest in self.typing.items())
        if self.presence is not None:
            parts.append(f"p{self.presence}")
        if self.lazy_since is not None:
            parts.append(f"l{self.lazy_since}")
        return "~".join(parts)

    @property
    def place(self) -> tuple[int, int]:
        """The order key just before which the token stands: after everything at `pos`."""
        return self.pos + 1, LOWEST_MINOR


@lru_cache(256)
def _known(text: str) -> StreamToken:
    """Whoever waits for the same has the same token."""
    return StreamToken._parse(text)


@lru_cache(256)
def plain_token(pos: int, presence: int | None, lazy_since: int | None) -> str:
    """The token of a moment at which nobody types."""
    return str(StreamToken(pos, presence=presence, lazy_since=lazy_since))


@dataclass(frozen=True, slots=True, order=True)
class TimelineToken:
    """A place in a timeline: just before the event with the order key (pos, minor)."""

    pos: int
    minor: int = 0

    @classmethod
    def parse(cls, text: object) -> TimelineToken:
        """Raises InvalidParam for anything that `str()` does not make."""
        match = _TIMELINE.fullmatch(text) if isinstance(text, str) else None
        if match is None:
            raise _malformed()
        minor = int(match[2])
        if abs(minor) > MAX_POSITION:
            raise _malformed()
        return cls(_position(match[1]), minor)

    def __str__(self) -> str:
        return f"t{self.pos}.{self.minor}"

    @property
    def place(self) -> tuple[int, int]:
        """The order key just before which the token stands."""
        return self.pos, self.minor


def parse_any(text: object) -> StreamToken | TimelineToken:
    """A token of either kind, for endpoints that take both; else InvalidParam."""
    if isinstance(text, str) and text.startswith("t"):
        return TimelineToken.parse(text)
    return StreamToken.parse(text)


def _position(digits: str) -> int:
    value = int(digits)
    if value > MAX_POSITION:
        raise _malformed()
    return value


def _quoted(room: str) -> str:
    # quote() leaves "~" alone, which separates our parts.
    return quote(room, safe="!").replace("~", "%7E")


def _unquoted(text: str) -> str:
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeDecodeError as error:
        raise _malformed() from error


def _malformed() -> InvalidParam:
    return InvalidParam("Not a token of this server")
