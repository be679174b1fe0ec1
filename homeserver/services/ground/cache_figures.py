"""What every cache tells of itself at /metrics: its bytes and their bound, hits and misses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from homeserver.observe import metrics


@dataclass(slots=True)
class CacheFigures:
    """Of one cache. bytes: what its entries take, as far as it knows. bound: what they may take.

    hits, misses: what was asked for and there, or not. evictions: what had to go to make room.
    """

    bound: int
    bytes: int = 0
    entries: int = 0
    hits: int = 0
    misses: int = 0
    evictions: int = 0


_GAUGES = (
    ("bytes", "Memory that the entries of a cache take"),
    ("bound", "Memory that the entries of a cache may take"),
    ("entries", "Entries of a cache"),
)
_COUNTERS = (
    ("hits", "What was asked of a cache and was there"),
    ("misses", "What was asked of a cache and was not there"),
    ("evictions", "Entries that had to go to make room for others"),
)


class _Caches(Collector):
    """Plain numbers until somebody asks, since caches are asked many times a request."""

    def __init__(self) -> None:
        self.of: dict[str, CacheFigures] = {}

    def collect(self) -> Iterable[Metric]:
        for field, meaning in _GAUGES:
            name = "bound_bytes" if field == "bound" else field
            gauge = GaugeMetricFamily(f"teammessenger_cache_{name}", meaning, labels=["cache"])
            for cache, figures in self.of.items():
                gauge.add_metric([cache], getattr(figures, field))
            yield gauge
        for field, meaning in _COUNTERS:
            counter = CounterMetricFamily(f"teammessenger_cache_{field}", meaning, labels=["cache"])
            for cache, figures in self.of.items():
                counter.add_metric([cache], getattr(figures, field))
            yield counter


_caches = _Caches()
metrics.registry.register(_caches)


def figures_of(name: str, bound: int) -> CacheFigures:
    """The figures of a new cache. name: one of a few, never from outside. A cache that is built
    again in the same process takes the place of the former."""
    figures = _caches.of[name] = CacheFigures(bound)
    return figures


def every_cache() -> Mapping[str, CacheFigures]:
    """The figures of the newest cache of each name."""
    return _caches.of
