"""What a run showed: as a table for people, and as JSON for comparing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.load.measure import Measurement


@dataclass
class ServerReport:
    """The figures of one server on one database.

    database: `sqlite`, `postgresql` or the name given to it; software: what the server calls
    itself; failed: the workloads that gave no figures, and why.
    """

    database: str
    software: str = ""
    start_s: float | None = None
    idle_mib: float | None = None
    after_mib: float | None = None
    database_mib: float | None = None
    measurements: list[Measurement] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        values = dict(vars(self))
        values["measurements"] = [item.to_json() for item in self.measurements]
        return {key: value for key, value in values.items() if value is not None}

    @staticmethod
    def from_json(values: Mapping[str, Any]) -> ServerReport:
        rest = dict(values)
        found: list[Measurement] = []
        for item in rest.pop("measurements"):
            figures = dict(item)
            found.append(Measurement(figures.pop("what"), figures.pop("unit"), figures))
        return ServerReport(measurements=found, **rest)


_COLUMNS = (
    ("per_s", "a second"),
    ("p50_ms", "p50 ms"),
    ("p99_ms", "p99 ms"),
    ("cpu_ms", "CPU ms"),
    ("database_cpu_ms", "DB CPU ms"),
    ("memory_mib", "MiB"),
    ("load_cpu_pct", "load %"),
    ("other_cpu_pct", "others %"),
)
"""CPU ms: of the server, for one unit. load, others: how busy they kept a core meanwhile."""


def table(report: ServerReport) -> str:
    """The figures of one server, a line for each measured span."""
    known = [
        (key, title)
        for key, title in _COLUMNS
        if any(key in item.figures for item in report.measurements)
    ]
    rows = [["", "unit", *(title for _, title in known)]]
    rows += [
        [item.what, item.unit, *(number(item.figures.get(key)) for key, _ in known)]
        for item in report.measurements
    ]
    lines = [_headline(report), "", *aligned(rows, left=2)]
    lines += [f"{name} FAILED: {why}" for name, why in report.failed.items()]
    return "\n".join(lines)


def _headline(report: ServerReport) -> str:
    parts = [report.database + (f" ({report.software})" if report.software else "")]
    if report.start_s is not None:
        parts.append(f"started in {report.start_s:.2f} s")
    if report.idle_mib is not None:
        parts.append(f"{report.idle_mib:.0f} MiB idle")
    if report.after_mib is not None:
        parts.append(f"{report.after_mib:.0f} MiB afterwards")
    if report.database_mib is not None:
        parts.append(f"{report.database_mib:.0f} MiB in the database")
    return ", ".join(parts)


def number(value: float | None) -> str:
    """Three digits that mean something; a dash for none."""
    if value is None:
        return "-"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 1 or value == 0 else f"{value:.3f}"


def aligned(rows: Iterable[list[str]], *, left: int) -> list[str]:
    """Lines of a table; the first `left` columns are text."""
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if index < left else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
