"""The soak (`make soak`) as small as it gets: what is written must not stay in memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.load.servers import Cores, own_server
from tests.soak.memory import Ceiling, Sample, broken
from tests.soak.soak import Extent, soak

ANYWHERE = Cores(frozenset(), frozenset(), frozenset())
TINY = Extent(
    rooms=12,
    events=1_200,
    people=8,
    caches=2.0,
    senders=16,
    words=60,
    pause=1.0,
    every=1.0,
    requests=6.0,
)
"""Some 5 KB an event, which would take three times that in memory."""


async def test_memory_stays_under_the_ceiling_and_nothing_is_lost(tmp_path: Path) -> None:
    environ = {"CACHES_MIB": str(TINY.caches)}
    with own_server("sqlite", tmp_path, ANYWHERE, starts=1, settle=0.5, environ=environ) as target:
        report = await soak(target.base, target.server, TINY, sqlite=True)
    assert report.failures == []
    last = report.samples[-1]
    assert last.events == TINY.events
    assert last.total("evictions") > TINY.events
    assert last.total("bytes") <= 2 * TINY.caches * 1_048_576


def test_a_ceiling_that_does_not_hold_is_told() -> None:
    ceiling = Ceiling(idle=50, caches=10, pages=20, requests=10, map=500)
    assert ceiling.own == 93
    fine = Sample(1.0, 10, 90.0, 500.0, 100.0, {"heads": {"bytes": 9.0, "bound_bytes": 10.0}})
    assert broken([fine, fine], ceiling) == []
    assert len(broken([fine, replace(fine, own=94.0), fine], ceiling)) == 1
    over = {"heads": {"bytes": 4e6, "bound_bytes": 1e6}}
    assert len(broken([fine, replace(fine, caches=over)], ceiling)) == 1
