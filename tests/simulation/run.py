"""Runs seeds."""

from __future__ import annotations

import asyncio
import gc
import logging
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from random import Random

from homeserver.protocol.room_versions import ROOM_VERSIONS
from tests.simulation import beginning
from tests.simulation.loop import SimulatedLoop
from tests.simulation.world import World

VERSIONS = tuple(v for v in ("1", "2", "6", "10", "11", "12", "12") if v in ROOM_VERSIONS)


@dataclass(frozen=True)
class Run:
    """What a seed came to. fault: None if everything held. events: acknowledged writes.
    agreed: all servers ended with one state."""

    seed: int
    version: str
    fingerprint: str
    events: int
    virtual_s: float
    agreed: bool
    fault: BaseException | None
    trace: list[str]


class Seeds:
    """Runs one seed after the other; the servers' disks lie in a folder in memory, if there is
    one."""

    def __init__(self, *, actions: int = 12) -> None:
        memory = Path("/dev/shm")
        parent = memory if memory.is_dir() else None
        self._folder = Path(tempfile.mkdtemp(prefix="team-simulation-", dir=parent))
        self._rooms: dict[str, str] = {}
        self._actions = actions
        logging.disable(logging.CRITICAL)

    def close(self) -> None:
        """Removes the folder."""
        logging.disable(logging.NOTSET)
        shutil.rmtree(self._folder, ignore_errors=True)

    def run(self, seed: int) -> Run:
        """One seed."""
        version = VERSIONS[seed % len(VERSIONS)]
        template = self._folder / f"v{version}"
        if version not in self._rooms:
            self._rooms[version] = beginning.begin(template, version)
        folder = self._folder / f"seed-{seed}"
        loop = SimulatedLoop(Random(f"loop {seed}"))
        loop.set_exception_handler(lambda _loop, _context: None)
        world = World(folder, template, self._rooms[version], seed, version, actions=self._actions)
        fault: BaseException | None = None
        try:
            loop.run_until_complete(world.run())
        except Exception as error:
            fault = error
        finally:
            for task in asyncio.all_tasks(loop):
                task.cancel()
            loop.run_until_complete(asyncio.sleep(0))
            virtual = loop.time()
            loop.close()
            shutil.rmtree(folder, ignore_errors=True)
        return Run(
            seed,
            version,
            world.fingerprint,
            len(world.acknowledged),
            virtual,
            world.agreed,
            fault,
            world.trace,
        )


def collect() -> None:
    """Frees what ended runs left, whose tasks refer to one another."""
    gc.collect()
