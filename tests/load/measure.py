"""A measured span: how often something was done, how long it took, and what that cost whom."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from tests.load.processes import ProcessTree, machine_cpu
from tests.load.profile import Profile, Profiler


@dataclass(frozen=True)
class Measurement:
    """What a span showed. what: its name, the same in every run; unit: what is counted.

    figures: `count`, `per_s`, `p50_ms`, `p99_ms`, `cpu_ms` and `database_cpu_ms` (of the server
    and the database, for one unit), `load_cpu_pct`, `other_cpu_pct`, `stolen_cpu_pct` (of one core:
    the load's own, other programs', the host's), `memory_mib`, and what is particular to `what`.
    profile: where the server's CPU went, if it was looked at.
    """

    what: str
    unit: str
    figures: dict[str, float] = field(default_factory=dict)
    profile: Profile | None = None

    def to_json(self) -> dict[str, Any]:
        return {"what": self.what, "unit": self.unit, **self.figures}


class Meter:
    """Measures the block that it surrounds.

        with meter as span:
            ...
        return span.measured("send_one", "event", count, seconds_each)

    priority: the niceness given to server and database before each span (a database starts new
    processes); None: as they are. profiler: looks at the server during each span.
    """

    def __init__(
        self,
        server: ProcessTree,
        database: ProcessTree,
        *,
        priority: int | None = None,
        profiler: Profiler | None = None,
    ) -> None:
        self.server = server
        self.database = database
        self._priority = priority
        self._profiler = profiler
        self._profile: Profile | None = None
        self._before: _Reading | None = None
        self._after: _Reading | None = None

    def __enter__(self) -> Self:
        if self._priority is not None:
            self.server.prioritise(self._priority)
            self.database.prioritise(self._priority)
        if self._profiler is not None:
            self._profiler.begin(self.server)
        self._before, self._after = self._read(), None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._after = self._read()
        if self._profiler is not None:
            self._profile = self._profiler.end()

    def measured(
        self, what: str, unit: str, count: int, latencies: Sequence[float] = (), **more: float
    ) -> Measurement:
        """What the last block showed. count: of units; latencies: seconds; more: further
        figures."""
        assert self._before is not None
        assert self._after is not None
        spent = self._after.since(self._before)
        figures: dict[str, float] = {"count": count, "per_s": count / spent.wall}
        figures |= quantiles(latencies)
        if count and self.server:
            figures["cpu_ms"] = 1000 * spent.server / count
        if count and self.database:
            figures["database_cpu_ms"] = 1000 * spent.database / count
        figures["load_cpu_pct"] = 100 * spent.load / spent.wall
        if self.server:
            others = spent.machine - spent.load - spent.server - spent.database
            figures["other_cpu_pct"] = 100 * max(0.0, others) / spent.wall
            figures["stolen_cpu_pct"] = 100 * spent.stolen / spent.wall
            figures["memory_mib"] = self.server.memory()
        figures |= more
        rounded = {key: round(value, 4) for key, value in figures.items()}
        return Measurement(what, unit, rounded, self._profile)

    def _read(self) -> _Reading:
        machine, stolen = machine_cpu()
        return _Reading(
            wall=time.perf_counter(),
            server=self.server.cpu(),
            database=self.database.cpu(),
            load=time.process_time(),
            machine=machine,
            stolen=stolen,
        )


@dataclass(frozen=True)
class _Reading:
    """Seconds on the clock, and of CPU, at a moment or between two."""

    wall: float
    server: float
    database: float
    load: float
    machine: float
    stolen: float

    def since(self, earlier: _Reading) -> _Reading:
        return _Reading(
            wall=max(self.wall - earlier.wall, 1e-9),
            server=self.server - earlier.server,
            database=self.database - earlier.database,
            load=self.load - earlier.load,
            machine=self.machine - earlier.machine,
            stolen=self.stolen - earlier.stolen,
        )


def quantiles(latencies: Sequence[float]) -> dict[str, float]:
    """`p50_ms`, `p99_ms` of times in seconds; nothing of none."""
    if not latencies:
        return {}
    ordered = sorted(1000 * seconds for seconds in latencies)
    return {"p50_ms": quantile(ordered, 0.5), "p99_ms": quantile(ordered, 0.99)}


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value that this share of sorted values does not exceed, between neighbours in
    proportion."""
    place = (len(ordered) - 1) * share
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
