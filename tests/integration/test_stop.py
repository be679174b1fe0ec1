"""A stop is graceful: open polls are answered, what was accepted is kept, nothing new is taken."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from homeserver.storage.verify import verify
from tests.harness.homeserver import RunningHomeserver, running_homeserver


@pytest.fixture
def server(tmp_path: Path, database_url: str) -> Iterator[RunningHomeserver]:
    url = None if database_url.startswith("sqlite") else database_url
    with running_homeserver(tmp_path, url) as running:
        yield running


async def test_open_polls_are_answered_and_the_queue_is_committed(
    server: RunningHomeserver,
) -> None:
    token = await server.register("olga")
    made = await server.request("POST", "/_matrix/client/v3/createRoom", {}, token=token)
    room_id = made.ok()["room_id"]
    # Ivan waits for something, and nothing concerns him.
    ivan, sync = await server.register("ivan"), "/_matrix/client/v3/sync"
    since = (await server.request("GET", sync, token=ivan)).ok()["next_batch"]
    poll = asyncio.create_task(
        server.request("GET", sync, token=ivan, query={"since": since, "timeout": "60000"})
    )
    answered: list[str] = []

    async def send_until_refused() -> None:
        headers = {"Authorization": f"Bearer {token}"}
        async with aiohttp.ClientSession(headers=headers) as session:
            for number in range(100_000):
                path = f"/_matrix/client/v3/rooms/{room_id}/send/org.example.quiet/{number}"
                try:
                    async with session.put(server.url + path, json={"n": number}) as response:
                        body = await response.json()
                        assert response.status == 200, body
                        answered.append(body["event_id"])
                except (aiohttp.ClientError, OSError):
                    return

    await asyncio.sleep(0.3)
    waiting = [asyncio.create_task(send_until_refused()) for _ in range(4)]
    await asyncio.sleep(0.5)
    assert not poll.done()
    began = time.monotonic()
    await asyncio.to_thread(server.stop)
    assert time.monotonic() - began < 10
    answer = await poll
    assert answer.status == 200
    assert "next_batch" in answer.body
    await asyncio.gather(*waiting)
    assert answered
    assert await verify(server.database_url or f"sqlite:///{server.data_dir}/homeserver.db") == []
    await asyncio.to_thread(server.start)
    for event_id in (answered[0], answered[-1]):
        path = f"/_matrix/client/v3/rooms/{room_id}/event/{event_id}"
        (await server.request("GET", path, token=token)).ok()
