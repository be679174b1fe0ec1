"""A poll that is open when its session ends does not outlive it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.harness.whole_server import PASSWORD, Person, whole_server

SOON = 5.0
"""Seconds; the polls themselves would wait for 30."""


async def park(person: Person) -> tuple[str, asyncio.Task[object]]:
    """An open poll with nothing to tell, and the position it asks for."""
    since = (await person.get("sync")).ok["next_batch"]
    poll = asyncio.create_task(person.get("sync", since=since, timeout=30_000))
    await asyncio.sleep(0.2)
    assert not poll.done()
    return since, poll


@pytest.mark.parametrize("how", ["logout", "password", "deactivation"])
async def test_the_end_of_a_session_ends_its_open_poll(
    tmp_path: Path, migrated_database_url: str, how: str
) -> None:
    async with whole_server(tmp_path, migrated_database_url) as server:
        olga = await server.register("olga")
        elsewhere = await server.login("olga")
        since, poll = await park(elsewhere)
        if how == "logout":
            await olga.post("logout/all")
        elif how == "password":
            body = {"new_password": "another horse", "auth": olga.proof(PASSWORD)}
            await olga.post("account/password", body)
        else:
            admin = await server.admin()
            path = f"/_teammessenger/admin/v1/users/{olga.user_id}"
            assert (await admin.call("PATCH", path, {"active": False})).status == 200
        await asyncio.wait_for(poll, SOON)
        answer = await elsewhere.get("sync", since=since)
        assert (answer.status, answer.body["errcode"]) == (401, "M_UNKNOWN_TOKEN")


async def test_a_poll_that_is_answered_early_goes_on_where_it_was(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with whole_server(tmp_path, migrated_database_url) as server:
        olga = await server.register("olga")
        room = (await olga.post("createRoom")).ok["room_id"]
        since, poll = await park(olga)
        await server.login("olga")  # something becomes of her sessions, and this one lives
        await asyncio.wait_for(poll, SOON)
        sent = (await olga.put(f"rooms/{room}/send/m.room.message/1", {"body": "x"})).ok
        answer = (await olga.get("sync", since=since)).ok
        events = answer["rooms"]["join"][room]["timeline"]["events"]
        assert [event["event_id"] for event in events] == [sent["event_id"]]
