"""What a server takes of memory over time, what its caches say of themselves, and the ceiling."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from tests.load.bench import Bench
from tests.load.connection import Client
from tests.load.processes import ProcessTree

_CACHE = re.compile(r'^teammessenger_cache_(\w+?)(?:_total)?\{.*?cache="([^"]+)"\} ([0-9.e+]+)$')
MIB = 1_048_576


@dataclass(frozen=True)
class Sample:
    """At one moment. seconds: since the start. events: written so far. own, mapped, shared: MiB of
    the server's own memory, of what it maps of files, and of the first and its part of the second
    as the system shares it out (PSS). caches: the figures of each."""

    seconds: float
    events: int
    own: float
    mapped: float
    shared: float
    caches: dict[str, dict[str, float]] = field(default_factory=dict)

    @property
    def resident(self) -> float:
        """What `ps` shows as RSS, MiB."""
        return self.own + self.mapped

    def total(self, figure: str) -> float:
        """One figure of all caches together."""
        return sum(of.get(figure, 0.0) for of in self.caches.values())


@dataclass(frozen=True)
class Ceiling:
    """What the server may take, MiB. idle: its own memory after the start. caches: the setting.

    Python's allocator and the heap keep pages that are used in part, `_WASTE` of what the caches
    hold; SQLite keeps pages of its own and maps the file; requests under way, long answers above
    all, take the rest.
    """

    idle: float
    caches: float
    pages: float
    requests: float
    map: float

    _WASTE = 0.3

    @property
    def own(self) -> float:
        """Of the server's own memory."""
        return self.idle + self.caches * (1 + self._WASTE) + self.pages + self.requests

    def __str__(self) -> str:
        waste = self.caches * self._WASTE
        return (
            f"{self.own:.0f} MiB of its own = {self.idle:.0f} idle + {self.caches:g} caches +"
            f" {waste:.0f} between their entries + {self.pages:.0f} SQLite's pages +"
            f" {self.requests:.0f} requests under way; and {self.map:.0f} of the file mapped"
        )


def broken(samples: list[Sample], ceiling: Ceiling) -> list[str]:
    """A sentence for each bound that did not hold: of the server's own memory, and of what each
    cache says of itself."""
    found: list[str] = []
    worst = max(samples, key=lambda sample: sample.own)
    most_mapped = max(sample.mapped for sample in samples)
    if most_mapped > ceiling.map:
        found.append(f"{most_mapped:.0f} MiB of files mapped, above {ceiling.map:.0f}")
    if worst.own > ceiling.own:
        found.append(
            f"{worst.own:.0f} MiB after {worst.events} events, above the ceiling of"
            f" {ceiling.own:.0f} MiB"
        )
    for name in samples[-1].caches:
        most = max(sample.caches.get(name, {}).get("bytes", 0.0) for sample in samples)
        bound = samples[-1].caches[name]["bound_bytes"]
        # The newest entry stays however large it is, and so does what is in use.
        if most > bound + 2 * MIB:
            found.append(f"the cache of {name} held {most:.0f} bytes, above its bound {bound:.0f}")
    return found


def own_and_mapped(server: ProcessTree) -> tuple[float, float, float]:
    """MiB of a process's own memory, of files that it maps, and the proportional sum (PSS)."""
    own = resident = shared = 0
    for process in server.ids():
        try:
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        for line in lines:
            key, _, value = line.partition(":")
            if key in ("Anonymous", "Rss", "Pss"):
                kib = int(value.split()[0])
                own += kib if key == "Anonymous" else 0
                resident += kib if key == "Rss" else 0
                shared += kib if key == "Pss" else 0
    return own / 1024, (resident - own) / 1024, shared / 1024


async def caches_of(bench: Bench) -> dict[str, dict[str, float]]:
    """What the caches of the server say of themselves."""
    connection = bench.connection()
    answer = await Client(connection).request("GET", "/metrics", timeout=300)
    found: dict[str, dict[str, float]] = {}
    for line in answer.body.decode().splitlines():
        match = _CACHE.match(line)
        if match is not None:
            of = found.setdefault(match[2], {})
            of[match[1]] = of.get(match[1], 0.0) + float(match[3])
    connection.close()
    return found


def table(samples: list[Sample]) -> str:
    """A line for each sample."""
    lines = ["| s | events | own MiB | mapped | RSS | PSS | caches MiB | hits % | evictions |"]
    lines.append("|" + "---|" * 9)
    for sample in samples:
        asked = sample.total("hits") + sample.total("misses")
        hits = 100 * sample.total("hits") / asked if asked else 0.0
        lines.append(
            f"| {sample.seconds:.0f} | {sample.events} | {sample.own:.0f} | {sample.mapped:.0f}"
            f" | {sample.resident:.0f} | {sample.shared:.0f}"
            f" | {sample.total('bytes') / MIB:.1f} | {hits:.1f}"
            f" | {sample.total('evictions'):.0f} |"
        )
    return "\n".join(lines)


def caches_table(sample: Sample) -> str:
    """A line for each cache."""
    lines = ["| cache | MiB | of MiB | entries | hits | misses | evictions |", "|" + "---|" * 7]
    for name, of in sorted(sample.caches.items(), key=lambda item: -item[1]["bound_bytes"]):
        lines.append(
            f"| {name} | {of['bytes'] / MIB:.1f} | {of['bound_bytes'] / MIB:.1f}"
            f" | {of['entries']:.0f} | {of['hits']:.0f} | {of['misses']:.0f}"
            f" | {of['evictions']:.0f} |"
        )
    return "\n".join(lines)
