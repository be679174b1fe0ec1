"""Holds the leases of shards, so that one process decides for each room.

A process takes every shard that nobody holds, or whose holder has died, and renews what it holds.
The time in a lease only says when others may take it. What makes decisions safe is its epoch,
which rises with every taking and is checked in each transaction (`storage.leases.check`).
"""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import zlib
from collections.abc import Callable
from pathlib import Path

from appservice_tasks.observe import get_logger
from appservice_tasks.services.clock import Clock
from appservice_tasks.storage import leases
from appservice_tasks.storage.database import Database

log = get_logger(__name__)

SHARDS = 16


def shard_of(room_id: str) -> int:
    """The shard of a room."""
    return zlib.crc32(room_id.encode()) % SHARDS


def own_name() -> str:
    """A name for this process that tells others on this machine when it is dead."""
    pid = os.getpid()
    return f"{socket.gethostname()}/{pid}/{_started(pid)}/{secrets.token_hex(4)}"


def is_dead(holder: str) -> bool:
    """Whether a process of this machine is known to be gone; others are taken to be alive."""
    parts = holder.split("/")
    if len(parts) != 4 or parts[0] != socket.gethostname() or not parts[1].isdigit():
        return False
    return _started(int(parts[1])) != parts[2]


def _started(pid: int) -> str:
    """When a process was started, in ticks since the machine was; "" if there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return text.rpartition(")")[2].split()[19]


class Leases:
    """Those of this process. on_taken: told of the shards that have become ours."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        *,
        holder: str | None = None,
        ttl_ms: int = 10_000,
        on_taken: Callable[[list[int]], None] = lambda _: None,
    ) -> None:
        self._database = database
        self._clock = clock
        self._holder = holder or own_name()
        self._ttl_ms = ttl_ms
        self._on_taken = on_taken
        self._held: dict[int, int] = {}

    def epoch(self, shard: int) -> int | None:
        """The epoch under which a shard is ours, as far as we know."""
        return self._held.get(shard)

    def lost(self, shard: int, epoch: int) -> None:
        """Somebody found out that a shard is not ours any more."""
        if self._held.get(shard) == epoch:
            del self._held[shard]

    @property
    def held(self) -> frozenset[int]:
        """The shards that are ours."""
        return frozenset(self._held)

    @property
    def epochs(self) -> dict[int, int]:
        """The shards that are ours, and the epoch of each."""
        return dict(self._held)

    async def round(self, *, force: bool = False) -> list[int]:
        """Renews what is held and takes what is free; the shards taken.

        force: those of others too, however alive they are.
        """
        now = self._clock()
        until = now + self._ttl_ms
        me = self._holder
        held: dict[int, int] = {}
        taken: list[int] = []
        async with self._database.write() as conn:
            known = await leases.every(conn)
            own = {
                shard: epoch
                for shard, epoch in self._held.items()
                if shard in known and (known[shard].epoch, known[shard].holder) == (epoch, me)
            }
            if own:
                held = {shard: own[shard] for shard in await leases.renew(conn, own, until)}
            for shard in range(SHARDS):
                if shard in own:
                    continue
                lease = known.get(shard)
                if lease and lease.until > now and not force and not is_dead(lease.holder):
                    continue
                epoch = await leases.take(conn, shard, lease, holder=me, until=until)
                if epoch is not None:
                    held[shard] = epoch
                    taken.append(shard)
        lost = self._held.keys() - held.keys()
        if lost or taken:
            log.info("leases", taken=len(taken), lost=len(lost), held=len(held))
        self._held = held
        if taken:
            self._on_taken(taken)
        return taken

    async def keep(self) -> None:
        """Renews and takes for ever."""
        while True:
            await asyncio.sleep(self._ttl_ms / 4000)
            try:
                await self.round()
            except Exception:
                log.exception("leases_failed")

    async def give_up(self) -> None:
        """Lets others take everything at once."""
        held, self._held = self._held, {}
        async with self._database.write() as conn:
            await leases.give_up(conn, held.items())
