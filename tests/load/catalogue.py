"""The workloads by name, in the order in which they run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.load.bench import Bench
from tests.load.measure import Measurement
from tests.load.workloads import (
    backfill,
    create_join,
    fanout,
    initial_sync,
    members,
    register,
    send_hot,
    send_many,
    send_one,
    state_big,
)

Workload = Callable[[Bench], Awaitable[list[Measurement]]]

WORKLOADS: dict[str, Workload] = {
    "register": register.run,
    "send_one": send_one.run,
    "send_many": send_many.run,
    "send_hot": send_hot.run,
    "fanout": fanout.run,
    "create_join": create_join.run,
    "initial_sync": initial_sync.run,
    "backfill": backfill.run,
    "state_big": state_big.run,
    "members": members.run,
}


def chosen(names: str) -> dict[str, Workload]:
    """The workloads of a comma-separated list, all for an empty one. ValueError: no such."""
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if name not in WORKLOADS:
            raise ValueError(f"no workload {name}: there are {', '.join(WORKLOADS)}")
    return {name: run for name, run in WORKLOADS.items() if not wanted or name in wanted}
