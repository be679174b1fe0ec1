"""What a process is told of others' commits: each, as long as somebody waits there for news."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from homeserver.services.events import log_feed
from tests.harness.whole_server import Person, WholeServer


@pytest.fixture
def notices(servers: list[WholeServer]) -> list[int]:
    """How often each process was told."""
    counted = [0] * len(servers)
    for number, server in enumerate(servers):
        heard = server.engine.database._listener._heard  # type: ignore[attr-defined]
        heard["log"] = counting(counted, number, heard["log"])
        server.engine.feed._heard = heard["log"]  # type: ignore[method-assign]
    return counted


@pytest.fixture
def soon_unheeding(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three rows read at once are many, and nobody needs to have waited for nothing."""
    monkeypatch.setattr(log_feed, "_NOBODY_WAITED_SECONDS", 0.0)
    monkeypatch.setattr(log_feed, "_MANY", 3)


def counting(counted: list[int], number: int, heard: Callable[[str], None]) -> Any:
    def count(text: str) -> None:
        counted[number] += 1
        heard(text)

    return count


async def written(person: Person, room_id: str, count: int) -> None:
    body = {"msgtype": "m.text", "body": "hello"}
    for _ in range(count):
        path = f"rooms/{room_id}/send/m.room.message/{secrets.token_hex(8)}"
        assert (await person.put(path, body)).ok


async def until(so: Callable[[], bool], meanwhile: Callable[[], Awaitable[None]]) -> None:
    """Does something again and again until something is so."""
    async with asyncio.timeout(20):
        while not so():
            await meanwhile()


async def a_moment() -> None:
    await asyncio.sleep(0.02)


async def test_who_waits_for_nothing_is_told_of_nothing_while_much_is_written(
    servers: list[WholeServer], notices: list[int], soon_unheeding: None
) -> None:
    here, there, _ = servers
    olga = await here.register("olga")
    made = await olga.post("createRoom", {"preset": "public_chat"})
    room_id = made.ok["room_id"]
    feed = there.engine.feed
    await until(lambda: not feed._told, lambda: written(olga, room_id, 5))
    before = notices[1]
    await written(olga, room_id, 30)
    assert notices[1] == before

    # It knows what was written all the same, and hears at once when somebody begins to wait.
    ivan = Person(there, (await here.login("olga")).session)
    token = (await ivan.get("sync")).ok["next_batch"]
    poll = asyncio.create_task(ivan.get("sync", since=token, timeout=20_000))
    await asyncio.sleep(0.2)
    assert feed._told
    started = time.monotonic()
    await written(olga, room_id, 1)
    answer = (await poll).ok
    assert time.monotonic() - started < log_feed._NOBODY_WAITS_PAUSE
    assert room_id in answer["rooms"]["join"]
    assert notices[1] > before


async def test_where_little_is_written_each_process_is_told(
    servers: list[WholeServer], notices: list[int], soon_unheeding: None
) -> None:
    here, there, _ = servers
    olga = await here.register("olga")
    room_id = (await olga.post("createRoom", {"preset": "public_chat"})).ok["room_id"]
    feed = there.engine.feed
    await until(lambda: not feed._told, lambda: written(olga, room_id, 5))
    await until(lambda: feed._told, a_moment)  # it has become quiet
    before = notices[1]
    await written(olga, room_id, 1)
    await until(lambda: notices[1] > before, a_moment)
