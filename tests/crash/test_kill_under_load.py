"""The promise of an acknowledgement: what was answered 200 is there once and in order, whatever
was killed.

Senders write as fast as they can, the server is killed with SIGKILL at a random moment and
started again, round after round. `CRASH_ROUNDS` says how often.
"""

from __future__ import annotations

import asyncio
import os
import random
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest

from homeserver.storage.verify import verify
from tests.harness.homeserver import RunningHomeserver, new_name

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "5"))
SENDERS = 12
ROOMS = 3

pytestmark = [pytest.mark.crash, pytest.mark.timeout(60 + 30 * ROUNDS)]


@dataclass
class Sender:
    """Sends numbered messages from one device. acknowledged: event ids by number, in order."""

    token: str
    room_id: str
    next: int = 0
    acknowledged: dict[int, str] = field(default_factory=dict)
    in_doubt: int | None = None

    async def run(self, session: aiohttp.ClientSession, url: str) -> None:
        """Sends until the server is gone; the message under way then is in doubt."""
        while True:
            number = self.next
            self.next += 1
            try:
                event_id = await self.send(session, url, number)
            except (aiohttp.ClientError, OSError, TimeoutError):
                self.in_doubt = number
                return
            self.acknowledged[number] = event_id

    async def send(self, session: aiohttp.ClientSession, url: str, number: int) -> str:
        path = f"/_matrix/client/v3/rooms/{self.room_id}/send/m.room.message/n{number}"
        body = {"msgtype": "m.text", "body": str(number)}
        headers = {"Authorization": f"Bearer {self.token}"}
        async with session.put(url + path, json=body, headers=headers) as response:
            answer = await response.json()
            assert response.status == 200, answer
            event_id = answer["event_id"]
            assert isinstance(event_id, str)
            return event_id


async def timeline(server: RunningHomeserver, sender: Sender) -> list[dict[str, Any]]:
    """Every message of the sender's room, oldest first."""
    events: list[dict[str, Any]] = []
    start: str | None = None
    while True:
        query = {"dir": "f", "limit": "500"} | ({} if start is None else {"from": start})
        path = f"/_matrix/client/v3/rooms/{sender.room_id}/messages"
        page = (await server.request("GET", path, token=sender.token, query=query)).ok()
        events += page["chunk"]
        start = page.get("end")
        if start is None or not page["chunk"]:
            return [event for event in events if event["type"] == "m.room.message"]


async def start_senders(server: RunningHomeserver) -> list[Sender]:
    """Twelve people, four to a room, each with a device of their own."""
    tokens = [await server.register(new_name("sender")) for _ in range(SENDERS)]
    senders: list[Sender] = []
    for n in range(ROOMS):
        room = {"preset": "public_chat"}
        answer = await server.request(
            "POST", "/_matrix/client/v3/createRoom", room, token=tokens[n]
        )
        room_id = answer.ok()["room_id"]
        for token in tokens[n::ROOMS]:
            path = f"/_matrix/client/v3/rooms/{room_id}/join"
            (await server.request("POST", path, {}, token=token)).ok()
            senders.append(Sender(token, room_id))
    return senders


async def check(server: RunningHomeserver, senders: list[Sender]) -> None:
    """Everything acknowledged is there, once, in the order in which each sender sent it."""
    for room_id in {sender.room_id for sender in senders}:
        inside = [sender for sender in senders if sender.room_id == room_id]
        ids = [event["event_id"] for event in await timeline(server, inside[0])]
        assert len(ids) == len(set(ids))
        place = {event_id: index for index, event_id in enumerate(ids)}
        for sender in inside:
            lost = [n for n, event_id in sender.acknowledged.items() if event_id not in place]
            assert not lost, f"acknowledged and lost: {lost}"
            order = [place[event_id] for _, event_id in sorted(sender.acknowledged.items())]
            assert order == sorted(order)


async def test_nothing_acknowledged_is_lost_or_doubled(homeserver: RunningHomeserver) -> None:
    randomly = random.Random(7)
    senders = await start_senders(homeserver)
    for _ in range(ROUNDS):
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(15)) as session:
            running = [asyncio.create_task(s.run(session, homeserver.url)) for s in senders]
            await asyncio.sleep(randomly.uniform(0.3, 1.2))
            homeserver.kill()
            await asyncio.gather(*running)
        await asyncio.to_thread(homeserver.start)
        assert any(sender.acknowledged for sender in senders)
        async with aiohttp.ClientSession() as session:
            # What is in doubt is sent again under its transaction id: it becomes one event,
            # the same one each time.
            for sender in senders:
                number = sender.in_doubt
                assert number is not None
                first = await sender.send(session, homeserver.url, number)
                assert await sender.send(session, homeserver.url, number) == first
                sender.acknowledged[number] = first
        await check(homeserver, senders)
    assert await verify(_database(homeserver)) == []


def _database(server: RunningHomeserver) -> str:
    return server.database_url or f"sqlite:///{server.data_dir}/homeserver.db"


async def test_a_transaction_outlives_a_kill_and_belongs_to_its_device(
    homeserver: RunningHomeserver,
) -> None:
    name = new_name("olga")
    token = await homeserver.register(name, "correct horse")
    login = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": name},
        "password": "correct horse",
    }
    other = (await homeserver.request("POST", "/_matrix/client/v3/login", login)).ok()
    room = await homeserver.request("POST", "/_matrix/client/v3/createRoom", {}, token=token)
    room_id = room.ok()["room_id"]
    async with aiohttp.ClientSession() as session:
        first = await Sender(token, room_id).send(session, homeserver.url, 1)
    homeserver.kill()
    await asyncio.to_thread(homeserver.start)
    async with aiohttp.ClientSession() as session:
        assert await Sender(token, room_id).send(session, homeserver.url, 1) == first
        second = Sender(other["access_token"], room_id)
        assert await second.send(session, homeserver.url, 1) != first
