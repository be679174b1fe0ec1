"""From a method and a path to an endpoint: a trie of path segments.

Ours, because every ``/rooms/{id}/...`` route would be compared in turn by the web framework's own.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from urllib.parse import unquote

from homeserver.api.endpoint import Endpoint


@dataclass(slots=True)
class _Node:
    literal: dict[str, _Node] = field(default_factory=dict)
    parameter: _Node | None = None
    methods: dict[str, tuple[Endpoint, tuple[str, ...]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match:
    """An endpoint with the values of its path parameters, percent-decoded."""

    endpoint: Endpoint
    values: dict[str, str]


class Router:
    """Knows every endpoint. ``{name}`` in a path is one segment; a literal segment wins over a
    parameter."""

    def __init__(self, endpoints: list[Endpoint]) -> None:
        self._root = _Node()
        self._fixed: dict[tuple[str, str], Match] = {}
        self.endpoints = endpoints
        for item in endpoints:
            for path in item.paths:
                self._add(item, path)

    def _add(self, item: Endpoint, path: str) -> None:
        node, names = self._root, []
        for segment in path.split("/")[1:]:
            if segment.startswith("{"):
                names.append(segment[1:-1])
                if node.parameter is None:
                    node.parameter = _Node()
                node = node.parameter
            else:
                node = node.literal.setdefault(segment, _Node())
        if item.method in node.methods:
            raise ValueError(f"{item.method} {path} is declared twice")
        node.methods[item.method] = (item, tuple(names))
        if not names:
            self._fixed[item.method, path] = Match(item, {})

    def find(self, method: str, raw_path: str) -> Match | set[str]:
        """The match, or the methods that this path has (empty: no such path)."""
        fixed = self._fixed.get((method, raw_path))
        if fixed is not None:
            return fixed
        segments = raw_path.split("/")[1:]
        if len(segments) > 1 and segments[-1] == "":
            # A state event's empty state key; a trailing slash elsewhere.
            found = self._walk(segments) or self._walk(segments[:-1])
        else:
            found = self._walk(segments)
        if found is None:
            return set()
        node, values = found
        entry = node.methods.get(method)
        if entry is None:
            return set(node.methods)
        item, names = entry
        if not names:
            return Match(item, {})
        return Match(item, {n: _decoded(v) for n, v in zip(names, values, strict=True)})

    def _walk(self, segments: list[str]) -> tuple[_Node, list[str]] | None:
        node = self._root
        values: list[str] = []
        choices: list[tuple[_Node, int, list[str]]] = []
        i = 0
        while True:
            if i == len(segments):
                if node.methods:
                    return node, values
            else:
                segment = segments[i]
                literal = node.literal.get(segment)
                if literal is not None:
                    if node.parameter is not None:
                        choices.append((node.parameter, i + 1, [*values, segment]))
                    node, i = literal, i + 1
                    continue
                if node.parameter is not None:
                    node, i, values = node.parameter, i + 1, [*values, segment]
                    continue
            if not choices:
                return None
            node, i, values = choices.pop()


_LONGEST_KEPT = 300


@lru_cache(4096)
def _decode(segment: str) -> str:
    return unquote(segment)


def _decoded(segment: str) -> str:
    """The segment percent-decoded. Ids come again and again, so they are remembered."""
    if "%" not in segment:
        return segment
    return _decode(segment) if len(segment) <= _LONGEST_KEPT else unquote(segment)
