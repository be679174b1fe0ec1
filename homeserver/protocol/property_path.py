"""Dot-separated paths to properties of an event.

Source: appendices, "Dot-separated property paths".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

MISSING: Final = object()
"""What `lookup` finds where there is nothing; null is a value."""

_PIECE: Final = re.compile(r"\\([.\\])|(\.)|([^.\\]+|\\)", re.DOTALL)


def parse_path(text: str) -> tuple[str, ...]:
    r"""The property names of a path: `content.m\.relates_to` is ("content", "m.relates_to").

    A backslash escapes a dot or a backslash; before anything else it stands for itself.
    """
    names = [""]
    for escaped, dot, plain in _PIECE.findall(text):
        if dot:
            names.append("")
        else:
            names[-1] += escaped or plain
    return tuple(names)


def lookup(value: object, path: tuple[str, ...]) -> Any:
    """What stands at the path below `value`, or MISSING."""
    for name in path:
        if not isinstance(value, dict) or name not in value:  # JSON's objects are no others
            return MISSING
        value = value[name]
    return value


def select(value: Mapping[str, Any], paths: tuple[tuple[str, ...], ...]) -> dict[str, Any]:
    """A copy with only the properties that the paths name, for the `event_fields` of a filter."""
    kept: dict[str, Any] = {}
    taken: set[tuple[str, ...]] = set()
    for path in sorted(paths, key=len):
        # A shorter path may have brought the whole object already.
        if any(path[:length] in taken for length in range(1, len(path) + 1)):
            continue
        found = lookup(value, path)
        if found is MISSING:
            continue
        place = kept
        for name in path[:-1]:
            place = place.setdefault(name, {})
        place[path[-1]] = found
        taken.add(path)
    return kept
