"""What people do: they write, short and long, wait in /sync, look back, come with new devices."""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import deque
from collections.abc import Sequence
from urllib.parse import quote

import orjson

from tests.load.bench import Bench, compact
from tests.load.connection import V3, Account, Client, Connection
from tests.soak.company import Room

_LAZY = compact({"room": {"state": {"lazy_load_members": True}, "timeline": {"limit": 10}}})
_WORDS = "the quick brown fox jumps over the lazy dog and goes on to do so all day long "
_HOT = 100
"""Half of what is written goes to so many rooms, and to those that are read back."""


class Traffic:
    """All of it. events: written so far. syncs, pages: answers of /sync and of /messages."""

    def __init__(self, bench: Bench, rooms: Sequence[Room], seed: int, words: int) -> None:
        self._bench = bench
        self._rooms = rooms
        self._words = words
        self._dice = random.Random(seed)
        self._numbers = itertools.count()
        self._coming = asyncio.Semaphore(4)
        self._recent: deque[tuple[Room, Account, str]] = deque(maxlen=500)
        self.events = self.syncs = self.pages = self.first_syncs = 0

    async def write(self, events: int, senders: int, until: float) -> None:
        """So many events, by so many at once; fewer if the time is over before."""
        ahead = iter(range(events))

        async def work() -> None:
            connection = self._bench.connection()
            for _ in ahead:
                if time.perf_counter() > until:
                    return
                room = self._room()
                sender = self._dice.choice(room.members)
                await self._one(room, sender, connection)
                self.events += 1

        await asyncio.gather(*(work() for _ in range(senders)))

    def _room(self) -> Room:
        some = _HOT if self._dice.random() < 0.5 else len(self._rooms)
        return self._rooms[self._dice.randrange(min(some, len(self._rooms)))]

    async def _one(self, room: Room, sender: Account, connection: Connection) -> None:
        client = self._bench.client(sender, connection)
        kind = self._dice.random()
        if kind < 0.01 and self._recent:
            await self._take_back(connection)
        elif kind < 0.02 and sender is room.members[0]:
            topic = f"topic {next(self._numbers)}"
            if room.watched is None:
                await self._put(client, room, "state/m.room.topic/", {"topic": topic})
            elif room.topic is None:  # once, so that the order of answers does not matter
                room.topic = topic
                await self._put(client, room, "state/m.room.topic/", {"topic": topic})
            else:
                await self._say(client, room, sender)
        elif kind < 0.06 and self._recent and room.watched is None:
            target = self._recent[-1]
            content = {"rel_type": "m.annotation", "event_id": target[2], "key": "+"}
            path = f"send/m.reaction/{next(self._numbers)}"
            if sender in target[0].members:
                await self._put(client, target[0], path, {"m.relates_to": content})
            else:
                await self._say(client, room, sender)
        else:
            await self._say(client, room, sender)

    async def _say(self, client: Client, room: Room, sender: Account) -> None:
        long = self._dice.random() < 0.005
        words = 250 if long else self._dice.randrange(1, self._words)
        content = {"msgtype": "m.text", "body": f"{next(self._numbers)}: {_WORDS * words}"}
        path = f"send/m.room.message/{next(self._numbers)}"
        event_id = await self._put(client, room, path, content)
        if room.watched is not None:
            room.watched.append(event_id)
        self._recent.append((room, sender, event_id))

    async def _take_back(self, connection: Connection) -> None:
        at = self._dice.randrange(len(self._recent))
        target, author, event_id = self._recent[at]
        del self._recent[at]
        path = f"redact/{quote(event_id)}/{next(self._numbers)}"
        await self._put(self._bench.client(author, connection), target, path, {})
        target.redacted.add(event_id)

    async def _put(self, client: Client, room: Room, path: str, content: object) -> str:
        answer = await client.json(
            "PUT", f"{V3}/rooms/{quote(room.room_id)}/{path}", content, timeout=300
        )
        event_id: str = answer["event_id"]
        return event_id

    async def follow(self, account: Account, pause: float) -> None:
        """One who waits in /sync, reads what came, and asks again after a while; for ever."""
        client = self._bench.client(account)
        own = random.Random(account.user_id)
        token = await self.first_sync(client)
        while True:
            path = f"{V3}/sync?since={token}&timeout=30000&set_presence=offline&filter={_LAZY}"
            answer = await client.json("GET", path, timeout=300)
            token = answer["next_batch"]
            self.syncs += 1
            for room_id, room in list(answer.get("rooms", {}).get("join", {}).items())[:2]:
                events = room.get("timeline", {}).get("events", [])
                if events:
                    read = f"{V3}/rooms/{quote(room_id)}/receipt/m.read/"
                    await client.call("POST", read + quote(events[-1]["event_id"]), {}, timeout=300)
            await asyncio.sleep(pause * (0.5 + own.random()))

    async def first_sync(self, client: Client) -> str:
        path = f"{V3}/sync?timeout=0&set_presence=offline&filter={_LAZY}"
        async with self._coming:
            body = await client.call("GET", path, timeout=300)
        self.first_syncs += 1
        token: str = orjson.loads(body)["next_batch"]
        return token

    async def look_back(self, pause: float) -> None:
        """Somebody reads some pages of some room; for ever."""
        connection = self._bench.connection()
        own = random.Random(1)
        while True:
            room = own.choice(self._rooms)
            client = self._bench.client(own.choice(room.members), connection)
            start = ""
            for _ in range(5):
                path = f"{V3}/rooms/{quote(room.room_id)}/messages?dir=b&limit=50{start}"
                page = await client.json("GET", path, timeout=300)
                self.pages += 1
                if "end" not in page:
                    break
                start = f"&from={page['end']}"
            await asyncio.sleep(pause)

    async def come_anew(self, accounts: Sequence[Account], pause: float) -> None:
        """One after the other, each in many rooms, syncs from the beginning; for ever."""
        connection = self._bench.connection()
        for account in itertools.cycle(accounts):
            await self.first_sync(self._bench.client(account, connection))
            await asyncio.sleep(pause)
