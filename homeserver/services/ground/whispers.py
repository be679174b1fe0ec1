"""What processes tell each other and nobody keeps: who types, who gave a sign of life.

It goes by NOTIFY, gathered for a moment and cut into pieces that PostgreSQL takes. What gets lost
is not said again. A process that is alone tells nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable
from typing import Any

import orjson

from homeserver.observe import get_logger
from homeserver.storage.database import Database, DatabaseUnavailable

log = get_logger(__name__)

CHANNEL = "whispers"
MAX_BYTES = 7_900
"""Of one NOTIFY; PostgreSQL takes 7,999."""
GATHER_SECONDS = 0.05

Hear = Callable[..., None]


class Whispers:
    """Tells and hears. shared: whether there is anybody to tell."""

    def __init__(self, database: Database, *, shared: bool) -> None:
        self._database = database
        self._shared = shared
        self._name = secrets.token_hex(6)
        self._said: list[list[Any]] = []
        self._hearers: dict[str, Hear] = {}
        self._telling: asyncio.Task[None] | None = None

    def on(self, topic: str, hear: Hear) -> None:
        """Calls ``hear`` with what other processes say about a topic."""
        self._hearers[topic] = hear

    async def start(self) -> None:
        """Begins to hear."""
        if self._shared:
            await self._database.listen(CHANNEL, self._hear)

    async def stop(self) -> None:
        """Tells what has been said so far."""
        if self._telling is not None:
            await self._telling

    def say(self, topic: str, *what: str | int) -> None:
        """Tells the other processes, soon. A thing of more than MAX_BYTES is not told."""
        if not self._shared:
            return
        self._said.append([topic, *what])
        if self._telling is None or self._telling.done():
            self._telling = asyncio.get_running_loop().create_task(self._tell())

    async def _tell(self) -> None:
        while self._said:
            await asyncio.sleep(GATHER_SECONDS)
            said, self._said = self._said, []
            with contextlib.suppress(DatabaseUnavailable, OSError):
                for payload in pieces(self._name, said):
                    await self._database.notify(CHANNEL, payload)

    def _hear(self, payload: str) -> None:
        name, said = orjson.loads(payload)
        if name == self._name:
            return
        for topic, *what in said:
            hear = self._hearers.get(topic)
            if hear is not None:
                hear(*what)


def pieces(name: str, said: list[list[Any]]) -> list[str]:
    """The payloads, each at most MAX_BYTES, that tell all of it in its order."""
    found: list[str] = []
    gathered: list[bytes] = []
    size = 0
    room = MAX_BYTES - len(orjson.dumps([name, []]))
    for each in said:
        raw = orjson.dumps(each)
        if len(raw) > room:
            continue
        if gathered and size + len(raw) + 1 > room:
            found.append(_payload(name, gathered))
            gathered, size = [], 0
        gathered.append(raw)
        size += len(raw) + 1
    if gathered:
        found.append(_payload(name, gathered))
    return found


def _payload(name: str, gathered: list[bytes]) -> str:
    return orjson.dumps([name, [orjson.Fragment(each) for each in gathered]]).decode()
