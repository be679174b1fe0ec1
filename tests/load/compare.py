"""Two runs side by side: how many times better the second is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.load.report import ServerReport, aligned, number

_MORE_IS_BETTER = {"per_s": "a second"}
_LESS_IS_BETTER = {
    "p50_ms": "p50 ms",
    "p99_ms": "p99 ms",
    "cpu_ms": "CPU ms",
    "database_cpu_ms": "DB CPU ms",
    "memory_mib": "MiB",
}
_OF_A_SERVER = {"start_s": "start s", "idle_mib": "idle MiB", "after_mib": "MiB afterwards"}


def reports_of(document: Mapping[str, Any]) -> list[ServerReport]:
    """The servers of a run, from the JSON that it wrote."""
    return [ServerReport.from_json(values) for values in document["servers"]]


def comparison(first: list[ServerReport], second: list[ServerReport]) -> str:
    """A table for each database that both runs have; where each has one server, for those two.

    "better" says how many times better the second is, in whichever sense the row is.
    """
    if len(first) == len(second) == 1:
        pairs = [(first[0], second[0])]
    else:
        by_database = {report.database: report for report in second}
        pairs = [(a, by_database[a.database]) for a in first if a.database in by_database]
    return "\n\n".join(_table(a, b) for a, b in pairs) or "The two runs have nothing in common."


def _table(a: ServerReport, b: ServerReport) -> str:
    rows = [["", "", _name(a), _name(b), "better"]]
    theirs = {item.what: item.figures for item in b.measurements}
    for item in a.measurements:
        figures = theirs.get(item.what, {})
        for key, title in (_MORE_IS_BETTER | _LESS_IS_BETTER).items():
            x, y = item.figures.get(key), figures.get(key)
            if x is not None and y is not None:
                rows.append([item.what, title, *_judged(x, y, more=key in _MORE_IS_BETTER)])
    for key, title in _OF_A_SERVER.items():
        x, y = getattr(a, key), getattr(b, key)
        if x is not None and y is not None:
            rows.append(["the server", title, *_judged(x, y, more=False)])
    return "\n".join(aligned(rows, left=2))


def _name(report: ServerReport) -> str:
    return f"{report.software or 'server'} on {report.database}"


def _judged(x: float, y: float, *, more: bool) -> list[str]:
    gain = "" if not x or not y else f"{y / x if more else x / y:.2f}x"
    return [number(x), number(y), gain]
