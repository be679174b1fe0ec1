"""Transactions in memory: what the database is asked, and what concurrent requests get."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, cast

import orjson
import pytest

from homeserver.errors import Forbidden, InvalidParam
from homeserver.services.events.recent_txns import RecentTxns
from homeserver.storage.client_txns import ClientTxn
from homeserver.storage.database import Database


class FakeDatabase:
    """Answers of transactions by id; counts the questions."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.asked: list[str] = []

    @contextlib.asynccontextmanager
    async def read(self) -> AsyncIterator[FakeDatabase]:
        yield self

    async def fetch_value(self, _: object, /, **params: Any) -> bytes | None:
        self.asked.append(params["txn_id"])
        event_id = self.answers.get(params["txn_id"])
        return None if event_id is None else orjson.dumps({"event_id": event_id})


def txns(database: FakeDatabase) -> RecentTxns:
    return RecentTxns(cast(Database, database), max_bytes=100_000)


def txn(txn_id: str, device: str = "PHONE") -> ClientTxn:
    return ClientTxn("@anna:a.example", device, "/rooms/!r/send/m.room.message", txn_id)


async def made(event_id: str = "$new") -> str:
    return event_id


async def never() -> str:
    raise AssertionError("done twice")


async def test_the_database_is_asked_until_it_does_not_know_one() -> None:
    database = FakeDatabase(a="$a", b="$b")
    recent = txns(database)
    assert await recent.once(txn("a"), never) == "$a"
    assert await recent.once(txn("b"), never) == "$b"
    assert await recent.once(txn("c"), made) == "$new"
    assert await recent.once(txn("d"), made) == "$new"
    assert database.asked == ["a", "b", "c"]


async def test_each_device_is_asked_about() -> None:
    database = FakeDatabase()
    recent = txns(database)
    await recent.once(txn("a"), made)
    await recent.once(txn("a", "LAPTOP"), made)
    assert database.asked == ["a", "a"]


async def test_what_was_answered_is_not_done_again() -> None:
    recent = txns(FakeDatabase())
    assert await recent.once(txn("a"), made) == "$new"
    assert await recent.once(txn("a"), never) == "$new"


async def test_a_refusal_is_shared_but_not_kept() -> None:
    recent = txns(FakeDatabase())
    gate = asyncio.Event()

    async def refused() -> str:
        await gate.wait()
        raise Forbidden

    calls = [asyncio.create_task(recent.once(txn("a"), refused)) for _ in range(3)]
    await asyncio.sleep(0)
    gate.set()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert all(isinstance(result, Forbidden) for result in results)
    assert await recent.once(txn("a"), made) == "$new"


async def test_a_refusal_of_what_was_committed_before_is_no_refusal() -> None:
    database = FakeDatabase(old="$old")
    recent = txns(database)
    await recent.once(txn("new"), made)

    async def refused() -> str:
        raise Forbidden

    assert await recent.once(txn("old"), refused) == "$old"


async def test_who_waited_for_a_request_that_was_given_up_does_the_work() -> None:
    recent = txns(FakeDatabase())

    async def forever() -> str:
        await asyncio.Event().wait()
        return "$never"

    first = asyncio.create_task(recent.once(txn("a"), forever))
    await asyncio.sleep(0)
    second = asyncio.create_task(recent.once(txn("a"), made))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == "$new"
    assert first.cancelled()


async def test_giving_up_waiting_leaves_the_first_request_alone() -> None:
    recent = txns(FakeDatabase())
    gate = asyncio.Event()

    async def slow() -> str:
        await gate.wait()
        return "$slow"

    first = asyncio.create_task(recent.once(txn("a"), slow))
    await asyncio.sleep(0)
    second = asyncio.create_task(recent.once(txn("a"), never))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    gate.set()
    assert await first == "$slow"


@pytest.mark.parametrize("txn_id", ["x" * 256, "я" * 128, "nul\0"])
async def test_ids_that_cannot_be_stored_are_refused(txn_id: str) -> None:
    with pytest.raises(InvalidParam):
        await txns(FakeDatabase()).once(txn(txn_id), never)
