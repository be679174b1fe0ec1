"""Registrations one after the other: the cost of hashing a password, mostly."""

from __future__ import annotations

import time

from tests.load.bench import Bench
from tests.load.measure import Measurement


async def run(bench: Bench) -> list[Measurement]:
    connection = bench.connection()
    took: list[float] = []
    with bench.meter as span:
        for _ in range(bench.extent.of(20, 3)):
            started = time.perf_counter()
            await bench.register(connection)
            took.append(time.perf_counter() - started)
    return [span.measured("register", "account", len(took), took)]
