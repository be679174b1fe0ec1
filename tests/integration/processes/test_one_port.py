"""`python -m homeserver run --processes N`: several processes behind one port."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.harness.homeserver import RunningHomeserver, new_name, running_homeserver
from tests.harness.postgres import Cluster

SENDERS, MESSAGES = 32, 6


@pytest.fixture(scope="module")
def three(
    tmp_path_factory: pytest.TempPathFactory, postgres: Cluster
) -> Iterator[RunningHomeserver]:
    """A server of three processes."""
    name = postgres.create()
    try:
        folder = tmp_path_factory.mktemp("three")
        with running_homeserver(folder, postgres.url(name), processes=3) as server:
            yield server
    finally:
        postgres.drop(name)


async def test_one_text_of_figures_tells_of_all(three: RunningHomeserver) -> None:
    memory: list[str] = []
    async with aiohttp.ClientSession() as session, asyncio.timeout(30):
        while len(memory) < 3:  # the others may still be starting
            async with session.get(f"{three.url}/metrics") as answer:
                lines = (await answer.text()).splitlines()
            memory = [line for line in lines if line.startswith("process_resident_memory_bytes{")]
    assert [line.partition("}")[0][-2:] for line in memory] == ['1"', '2"', '3"']
    assert sum(line.startswith("# TYPE process_resident_memory_bytes") for line in lines) == 1


async def test_what_many_send_into_one_room_is_there_once_and_in_order(
    three: RunningHomeserver,
) -> None:
    owner = await three.register(new_name("owner"))
    path = "/_matrix/client/v3/createRoom"
    made = await three.request("POST", path, {"preset": "public_chat"}, token=owner)
    room_id = made.ok()["room_id"]

    async def send(token: str) -> list[str]:
        # A connection of one's own, which the kernel gives to some process.
        headers = {"Authorization": f"Bearer {token}"}
        acknowledged = []
        async with aiohttp.ClientSession(three.url, headers=headers) as session:
            async with session.post(f"/_matrix/client/v3/join/{room_id}", json={}) as answer:
                assert answer.status == 200, await answer.text()
            for number in range(MESSAGES):
                path = f"/_matrix/client/v3/rooms/{room_id}/send/m.room.message/{number}"
                body = {"msgtype": "m.text", "body": str(number)}
                async with session.put(path, json=body) as answer:
                    assert answer.status == 200, await answer.text()
                    acknowledged.append((await answer.json())["event_id"])
        return acknowledged

    tokens = [await three.register(new_name("sender")) for _ in range(SENDERS)]
    sent = await asyncio.gather(*(send(token) for token in tokens))
    query = {"dir": "f", "limit": "1000"}
    path = f"/_matrix/client/v3/rooms/{room_id}/messages"
    chunk: list[dict[str, Any]] = (await three.request("GET", path, token=owner, query=query)).ok()[
        "chunk"
    ]
    ids = [event["event_id"] for event in chunk if event["type"] == "m.room.message"]
    assert sorted(ids) == sorted(event_id for each in sent for event_id in each)
    for each in sent:
        assert [event_id for event_id in ids if event_id in set(each)] == each


def test_sqlite_is_refused_in_a_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "homeserver", "run", "--processes", "2"]
    environ = {**os.environ, "DATA": str(tmp_path), "SERVER_NAME": "a.example"}
    environ.pop("DATABASE_URL", None)
    done = subprocess.run(
        command, env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 78
    assert done.stderr.startswith("2 processes need PostgreSQL")
