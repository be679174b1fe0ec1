from __future__ import annotations

import sys
import traceback
from collections.abc import Iterator

import pytest

from tests.simulation.run import Run, Seeds, collect

SEEDS = 1_000
PARTS = 20
"""Tests, so that two processes share the work; they run in any order."""

pytestmark = pytest.mark.simulation


@pytest.fixture(scope="module")
def seeds() -> Iterator[Seeds]:
    made = Seeds(actions=8)
    yield made
    made.close()


def test_strings_hash_the_same_everywhere() -> None:
    """Else a seed would be another history in each process: run with PYTHONHASHSEED=0."""
    assert sys.flags.hash_randomization == 0


@pytest.mark.parametrize("part", range(PARTS))
def test_servers_agree_and_lose_nothing(seeds: Seeds, part: int) -> None:
    faults: list[str] = []
    agreed = 0
    for seed in range(part, SEEDS, PARTS):
        run = seeds.run(seed)
        agreed += run.agreed
        if run.fault is not None:
            faults.append(_told(run))
    collect()
    assert not faults, "\n".join(faults)
    # They need not where a server has left, or where all others soft-fail its last event.
    assert agreed >= 0.7 * SEEDS / PARTS


def test_a_seed_replays_exactly(seeds: Seeds) -> None:
    first, second = seeds.run(7), seeds.run(7)
    assert first.trace == second.trace
    assert first.events > 0


def test_a_lost_commit_is_noticed(seeds: Seeds, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the simulation is for: a server that acknowledges before it has committed."""
    from homeserver.storage.commit import Committer, Write

    async def hasty(self: Committer, write: Write) -> Write:
        self.submit(write)
        return write

    monkeypatch.setattr(Committer, "commit", hasty)
    assert any(seeds.run(seed).fault is not None for seed in range(10))


def _told(run: Run) -> str:
    assert run.fault is not None
    last = "".join(traceback.format_exception(run.fault)[-3:])
    return f"python -m tests.simulation --actions 8 --replay {run.seed} --trace\n{last}"
