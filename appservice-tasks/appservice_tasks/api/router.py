"""From a method and a path to an endpoint."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from appservice_tasks.api.endpoint import Endpoint


@dataclass(frozen=True, slots=True)
class Match:
    """An endpoint with the values of its path parameters, percent-decoded."""

    endpoint: Endpoint
    values: list[tuple[str, str]]


class Router:
    """Knows every endpoint. A literal segment wins over a parameter, which is never empty."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self.endpoints = list(endpoints)
        self._by_shape: dict[tuple[str | None, ...], dict[str, Endpoint]] = {}
        for each in self.endpoints:
            shape = tuple(None if s.startswith("{") else s for s in _segments(each.path))
            methods = self._by_shape.setdefault(shape, {})
            if each.method in methods:
                raise ValueError(f"{each.method} {each.path} is declared twice")
            methods[each.method] = each
        # Of two shapes that fit, the one whose earlier segment is literal comes first.
        self._shapes = sorted(self._by_shape, key=lambda shape: [s is None for s in shape])

    def find(self, method: str, raw_path: str) -> Match | list[str]:
        """The match, or the methods that this path has (empty: no such path)."""
        segments = _segments(raw_path)
        for shape in self._shapes:
            if len(shape) != len(segments):
                continue
            if all(given and s in (None, given) for s, given in zip(shape, segments, strict=True)):
                methods = self._by_shape[shape]
                if method not in methods:
                    return sorted(methods)
                found = methods[method]
                names = _segments(found.path)
                return Match(
                    found,
                    [
                        (name[1:-1], unquote(given, errors="replace"))
                        for name, given in zip(names, segments, strict=True)
                        if name.startswith("{")
                    ],
                )
        return []


def _segments(path: str) -> list[str]:
    return path.split("/")[1:]
