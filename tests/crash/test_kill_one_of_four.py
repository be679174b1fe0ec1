"""One of four processes is killed under load, again and again: nothing is lost, clients go on."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from homeserver.storage.verify import verify
from tests.crash.test_kill_under_load import Sender, check, start_senders
from tests.harness.appservice import FakeAppservice, fake_appservice
from tests.harness.homeserver import RunningHomeserver, new_name, running_homeserver
from tests.harness.postgres import Cluster

KILLS = int(os.environ.get("CRASH_ROUNDS", "5"))

pytestmark = [pytest.mark.crash, pytest.mark.timeout(120 + 10 * KILLS)]


@pytest.fixture
def four(tmp_path: Path, postgres: Cluster) -> Iterator[RunningHomeserver]:
    """A server of four processes."""
    name = postgres.create()
    try:
        with running_homeserver(tmp_path, postgres.url(name), processes=4) as server:
            yield server
    finally:
        postgres.drop(name)


async def go_on(
    sender: Sender, session: aiohttp.ClientSession, url: str, over: asyncio.Event
) -> None:
    """Sends until it is over; what got no answer is sent again, under the same id."""
    while not over.is_set():
        number = sender.next
        try:
            sender.acknowledged[number] = await sender.send(session, url, number)
        except (aiohttp.ClientError, OSError, TimeoutError):
            continue
        sender.next += 1


async def kill_again_and_again(server: RunningHomeserver) -> None:
    """One at a time, and then a while for everybody to have sent something."""
    randomly = random.Random(11)
    for _ in range(KILLS):
        await asyncio.sleep(randomly.uniform(0.4, 1.2))
        os.kill(randomly.choice(server.workers()), signal.SIGKILL)
        while len(server.workers()) < 4:  # noqa: ASYNC110 - processes tell nobody
            await asyncio.sleep(0.05)
    await asyncio.sleep(1)


async def more_from_all(senders: list[Sender]) -> None:
    """Waits until everybody has sent something more."""
    before = [len(sender.acknowledged) for sender in senders]
    async with asyncio.timeout(30):
        while any(  # noqa: ASYNC110 - there are many to watch
            len(s.acknowledged) <= b for s, b in zip(senders, before, strict=True)
        ):
            await asyncio.sleep(0.05)


async def test_nothing_is_lost_and_everybody_goes_on(four: RunningHomeserver) -> None:
    async with fake_appservice(four.appservice.port) as bridge:
        senders = await start_senders(four)
        told_of = await invite_bridge(four, senders[0])
        over = asyncio.Event()
        timeout = aiohttp.ClientTimeout(10)
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session:
            running = [asyncio.create_task(go_on(s, session, four.url, over)) for s in senders]
            await kill_again_and_again(four)
            await more_from_all(senders)
            over.set()
            await asyncio.gather(*running)
        await check(four, senders)
        wanted = {
            event_id
            for sender in senders
            if sender.room_id == told_of
            for event_id in sender.acknowledged.values()
        }
        await bridge.until(lambda: wanted <= _told(bridge), seconds=30)
        await _is_told_in_order(four, bridge, senders[0], wanted)
    assert four.database_url is not None
    assert await verify(four.database_url) == []


async def invite_bridge(server: RunningHomeserver, sender: Sender) -> str:
    """The room of a sender concerns the appservice from now on."""
    owner = sender.token
    bot = server.user_id(server.appservice.sender_localpart)
    path = f"/_matrix/client/v3/rooms/{sender.room_id}/invite"
    answer = await server.request("POST", path, {"user_id": bot}, token=owner)
    assert answer.status == 200, answer
    return sender.room_id


async def _is_told_in_order(
    server: RunningHomeserver, bridge: FakeAppservice, sender: Sender, wanted: set[str]
) -> None:
    bodies = {each.txn_id: each.body for each in bridge.transactions}
    assert all(bodies[each.txn_id] == each.body for each in bridge.transactions), "never altered"
    ids = [event["event_id"] for event in bridge.events if event["type"] == "m.room.message"]
    assert len(ids) == len(set(ids))
    assert wanted <= set(ids)
    path = f"/_matrix/client/v3/rooms/{sender.room_id}/messages"
    order: list[str] = []
    start: str | None = None
    while True:
        query = {"dir": "f", "limit": "500"} | ({} if start is None else {"from": start})
        page = (await server.request("GET", path, token=sender.token, query=query)).ok()
        order += [each["event_id"] for each in page["chunk"]]
        start = page.get("end")
        if start is None or not page["chunk"]:
            break
    place = {event_id: index for index, event_id in enumerate(order)}
    places = [place[event_id] for event_id in ids]
    assert places == sorted(places)


def _told(bridge: FakeAppservice) -> set[str]:
    return {event["event_id"] for event in bridge.events}


async def test_all_are_started_again_and_all_stop(four: RunningHomeserver) -> None:
    await four.register(new_name("olga"))
    async with asyncio.timeout(20):  # one may have been killed a moment ago
        while len(before := set(four.workers())) < 4:  # noqa: ASYNC110 - processes tell nobody
            await asyncio.sleep(0.1)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    async with asyncio.timeout(20):
        while len(set(four.workers()) - before) < 4:  # noqa: ASYNC110 - processes tell nobody
            await asyncio.sleep(0.1)
    await asyncio.to_thread(four._wait_until_up)
    await four.register(new_name("olga"))
