"""Locks by key."""

from __future__ import annotations

import asyncio

import pytest

from homeserver.services.ground.keyed_locks import KeyedLocks


async def test_one_key_is_held_by_one_and_others_do_not_wait() -> None:
    locks = KeyedLocks()
    inside: list[str] = []
    order: list[str] = []

    async def work(key: str, name: str) -> None:
        async with locks.holding(key):
            assert key not in inside
            inside.append(key)
            order.append(name)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            inside.remove(key)

    await asyncio.gather(work("a", "a1"), work("a", "a2"), work("b", "b1"), work("a", "a3"))
    assert order == ["a1", "b1", "a2", "a3"]
    assert not locks._locks, "nothing is kept of keys that nobody holds"


async def test_a_block_that_fails_gives_the_key_back() -> None:
    locks = KeyedLocks()
    for _ in range(2):
        with pytest.raises(KeyError):
            async with locks.holding("a"):
                raise KeyError
    assert not locks._locks


async def test_who_gives_up_waiting_leaves_no_trace() -> None:
    locks = KeyedLocks()
    async with locks.holding("a"):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01), locks.holding("a"):
                pass
    assert not locks._locks
