from __future__ import annotations

import os
import time

import pytest

from tests.load.measure import Meter, quantile, quantiles
from tests.load.processes import ProcessTree

NOBODY = ProcessTree(None)


def test_a_quantile_lies_between_its_neighbours() -> None:
    assert quantile([1.0], 0.99) == 1.0
    assert quantile([0.0, 10.0], 0.25) == 2.5
    assert quantile([0.0, 1.0, 2.0, 3.0, 4.0], 0.5) == 2.0


def test_latencies_are_told_in_milliseconds() -> None:
    assert quantiles([0.003, 0.001, 0.002])["p50_ms"] == pytest.approx(2)
    assert quantiles([]) == {}


def test_what_a_server_used_is_told_for_each_unit() -> None:
    with Meter(ProcessTree(os.getpid()), NOBODY) as span:
        end = time.process_time() + 0.1
        while time.process_time() < end:
            pass
    figures = span.measured("busy", "turn", 10, [0.01] * 10, kib=3.0).figures
    assert 5 <= figures["cpu_ms"] <= 100
    assert figures["memory_mib"] > 5
    assert figures["kib"] == 3.0
    assert "database_cpu_ms" not in figures


def test_nothing_is_told_of_a_server_that_is_not_known() -> None:
    with Meter(NOBODY, NOBODY) as span:
        pass
    figures = span.measured("idle", "turn", 0).figures
    assert figures.keys() == {"count", "per_s", "load_cpu_pct"}
