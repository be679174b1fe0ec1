"""One homeserver: the engine and the services that other servers reach, on a disk that survives
it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from homeserver.api.client.sync import SyncApi
from homeserver.compose.engine import Engine, build_engine
from homeserver.compose.receiving import Receiving, build_receiving
from homeserver.compose.sync import sync_apis
from homeserver.config import Config, load
from homeserver.protocol.signing import SigningKey
from homeserver.services.receiving.event_source import EventSource
from homeserver.storage.sqlite import SqliteDatabase
from tests.simulation.loop import SimulatedLoop

T = TypeVar("T")

EPOCH_MS = 1_700_000_000_000
SERVERS = ("a.example", "b.example", "c.example")


def key_of(server: str) -> SigningKey:
    """The signing key of a server, the same in every run."""
    return SigningKey(server.encode().ljust(32, b"."), "sim")


class Keys:
    """Everybody's keys, as `KeyRing` says."""

    async def public_key(
        self, server_name: str, key_id: str, *, valid_at: int | None
    ) -> str | None:
        key = key_of(server_name)
        return key.public_key if server_name in SERVERS and key.key_id == key_id else None


def configuration(folder: Path, name: str) -> Config:
    """The configuration of a server whose data are in a folder. Writes its keys."""
    for file in ("signing.key", "token.key"):
        (folder / file).write_text(key_of(name).format())
    config = load(None, {"DATA": str(folder), "SERVER_NAME": name})
    keys = replace(config.keys, signing_key=folder / "signing.key", token_key=folder / "token.key")
    database = replace(config.database, sqlite_synchronous="normal")
    return replace(config, keys=keys, database=database)


class Crashed(Exception):
    """The server went away before it answered."""


class Node:
    """A homeserver that can crash and start again. skew_ms: how wrong its clock is."""

    def __init__(self, name: str, config: Config, *, skew_ms: int) -> None:
        self.name = name
        self.config = config
        self.skew_ms = skew_ms
        self.source: EventSource | None = None
        self._engine: Engine | None = None
        self._receiving: Receiving | None = None
        self._sync: SyncApi | None = None
        self._down: asyncio.Future[None] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def is_up(self) -> bool:
        return self._engine is not None

    @property
    def engine(self) -> Engine:
        """Raises Crashed."""
        if self._engine is None:
            raise Crashed
        return self._engine

    @property
    def receiving(self) -> Receiving:
        """Raises Crashed."""
        if self._receiving is None:
            raise Crashed
        return self._receiving

    @property
    def sync(self) -> SyncApi:
        """Raises Crashed."""
        if self._sync is None:
            raise Crashed
        return self._sync

    async def start(self) -> None:
        """Starts on what is on the disk."""
        loop = asyncio.get_running_loop()

        def clock() -> int:
            return EPOCH_MS + self.skew_ms + int(loop.time() * 1000)

        assert self.source is not None
        engine = await build_engine(self.config, clock=clock)
        await engine.start()
        self._receiving = build_receiving(engine, Keys(), self.source)
        (api,) = sync_apis(engine)
        assert isinstance(api, SyncApi)
        self._sync = api
        self._down = loop.create_future()
        self._engine = engine

    def crash(self) -> None:
        """Loses whatever was not committed, and answers nobody any more."""
        engine = self.engine
        database = engine.database
        assert isinstance(database, SqliteDatabase)
        loop = asyncio.get_running_loop()
        assert isinstance(loop, SimulatedLoop)
        loop.kill(database._write_thread)
        loop.kill(database._slow_thread)
        for task in (engine.committer._task, engine.feed._task, *self._tasks):
            if task is not None:
                task.cancel()
        self._tasks = set()
        for connection in (database._slow, database._reader, database._writer):
            connection.close()
        self._engine = self._receiving = self._sync = None
        assert self._down is not None
        self._down.set_result(None)

    async def stop(self) -> None:
        """Commits what is queued, and ends."""
        engine = self.engine
        engine.notifier.close()
        await engine.stop()
        self._engine = None

    async def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Does something in this server; it goes on if who wanted it goes away. Raises Crashed if
        the server does first."""
        if self._down is None or self._engine is None:
            work.close()
            raise Crashed
        down = self._down
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        await asyncio.wait((task, down), return_when=asyncio.FIRST_COMPLETED)
        if down.done():
            with contextlib.suppress(BaseException):
                task.cancelled() or task.exception()
            raise Crashed
        return task.result()
