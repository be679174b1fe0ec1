"""Tests of every room version, or of those from one on or up to one."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from homeserver.protocol.room_versions import ROOM_VERSIONS, RoomVersion


def numbered(first: int, last: int) -> list[RoomVersion]:
    """The versions between two, both included."""
    return [ROOM_VERSIONS[str(number)] for number in range(first, last + 1)]


def _named(versions: list[RoomVersion]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("version", versions, ids=[f"v{v.identifier}" for v in versions])


def since(first: int) -> pytest.MarkDecorator:
    """Gives `version`: each from this one on."""
    return _named(numbered(first, 12))


def until(last: int) -> pytest.MarkDecorator:
    """Gives `version`: each up to this one."""
    return _named(numbered(1, last))


EVERY = since(1)


def each_since(name: str, values: Mapping[object, int]) -> pytest.MarkDecorator:
    """Gives `version` and a value of this name, for each value from the version on that it has."""
    pairs = [
        pytest.param(version, value, id=f"v{version.identifier}-{value}")
        for value, first in values.items()
        for version in numbered(first, 12)
    ]
    return pytest.mark.parametrize(("version", name), pairs)
