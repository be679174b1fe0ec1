"""Who is online is known at every process."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from homeserver.services.sync import presences
from tests.harness.whole_server import Person, WholeServer

SOON = 10.0


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gathered for less than usual, and held for as long as processes need to hear of it."""
    monkeypatch.setattr(presences, "GATHER_SECONDS", 0.4)
    monkeypatch.setattr(presences, "HOLD_SECONDS", 0.3)


def at(person: Person, server: WholeServer) -> Person:
    """The same person at another process."""
    return Person(server, person.session)


async def news(person: Person, since: str) -> tuple[dict[str, str], str]:
    """What comes next of presence, and the token after it."""
    async with asyncio.timeout(SOON):
        while True:
            query: dict[str, Any] = {"since": since, "timeout": 4_000, "set_presence": "offline"}
            answer = (await person.get("sync", **query)).ok
            since = answer["next_batch"]
            events = answer.get("presence", {}).get("events", [])
            if events:
                return {event["sender"]: event["content"]["presence"] for event in events}, since


async def test_what_is_said_at_one_process_is_told_at_another(servers: list[WholeServer]) -> None:
    first, second, third = servers
    olga, ivan = await first.register("olga"), await first.register("ivan")
    room = (await olga.post("createRoom", {"preset": "public_chat"})).ok["room_id"]
    assert (await ivan.post(f"rooms/{room}/join")).status == 200
    elsewhere = at(ivan, second)
    since = (await elsewhere.get("sync", set_presence="offline")).ok["next_batch"]
    poll = asyncio.create_task(news(elsewhere, since))
    path = f"presence/{olga.user_id}/status"
    await olga.put(path, {"presence": "unavailable", "status_msg": "Away"})
    found, since = await poll
    assert found == {olga.user_id: "unavailable"}
    for server in servers:
        status = (await at(ivan, server).get(path)).ok
        assert (status["presence"], status["status_msg"]) == ("unavailable", "Away")

    # A client that goes to yet another process is told nothing twice, and nothing is left out.
    query: dict[str, Any] = {"since": since, "set_presence": "offline"}
    answer = (await at(ivan, third).get("sync", **query)).ok
    assert "presence" not in answer
    for server in servers:
        server.clock.forward(1)
    await at(olga, second).get("sync")
    found, _ = await news(at(ivan, third), answer["next_batch"])
    assert found == {olga.user_id: "online"}
    assert (await ivan.get(path)).ok["presence"] == "online"
