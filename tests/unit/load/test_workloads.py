"""Each workload as small as it gets, so that none breaks unnoticed. The figures mean nothing."""

from __future__ import annotations

import pytest

from tests.harness.homeserver import RunningHomeserver
from tests.load.__main__ import measure
from tests.load.bench import Extent
from tests.load.catalogue import WORKLOADS, chosen
from tests.load.processes import ProcessTree
from tests.load.servers import Target

TINY = Extent(seconds=0.3, scale=0.01, rest=0.01)


@pytest.mark.parametrize("name", WORKLOADS)
async def test_a_workload_gives_figures(homeserver: RunningHomeserver, name: str) -> None:
    process = homeserver.process
    server = ProcessTree(None if process is None else process.pid)
    target = Target(homeserver.url, server, ProcessTree(None))
    report = await measure("ours", target, {name: WORKLOADS[name]}, TINY)
    assert report.failed == {}
    assert report.measurements
    for item in report.measurements:
        assert item.what.startswith(name)
        assert item.figures["count"] > 0
        assert item.figures["per_s"] > 0
        assert 0 < item.figures["p50_ms"] <= item.figures["p99_ms"]


async def test_people_are_registered_with_a_secret(homeserver: RunningHomeserver) -> None:
    target = Target(homeserver.url, ProcessTree(None), ProcessTree(None))
    registration = f"secret:{homeserver.shared_secret}"
    report = await measure("ours", target, chosen("register"), TINY, registration=registration)
    assert report.failed == {}


async def test_a_workload_that_fails_is_reported(homeserver: RunningHomeserver) -> None:
    target = Target(homeserver.url, ProcessTree(None), ProcessTree(None))
    report = await measure(
        "ours", target, chosen("send_one,register"), TINY, registration="secret:wrong"
    )
    assert report.failed.keys() == {"register", "send_one"}
    assert "HTTP 403" in report.failed["register"]
