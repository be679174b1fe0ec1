"""Polls that wait, and how their waiting ends."""

from __future__ import annotations

import asyncio
from pathlib import Path

from tests.harness.engine import ANNA, BOB, room, running_engine, say


async def test_those_who_wait_as_long_share_a_timer_and_all_are_answered(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        notifier, loop = engine.notifier, asyncio.get_running_loop()
        stream = await notifier.stream(ANNA)
        began = loop.time()
        polls = [asyncio.create_task(notifier.wait(stream, 0.1, loop)) for _ in range(50)]
        await asyncio.sleep(0)
        assert len(notifier._ending) <= 2
        assert await asyncio.gather(*polls) == [False] * 50
        assert loop.time() - began >= 0.1
        assert not notifier._ending
        assert not stream.waiting


async def test_who_is_woken_leaves_the_others_to_their_time(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        notifier, loop = engine.notifier, asyncio.get_running_loop()
        head = await room(engine, ANNA)
        woken, others = await notifier.stream(ANNA), await notifier.stream(BOB)
        polls = [asyncio.create_task(notifier.wait(each, 0.3, loop)) for each in (woken, others)]
        await asyncio.sleep(0)
        await say(engine, head.room_id, "hello")
        assert await polls[0] is True
        assert not polls[1].done()
        assert await polls[1] is False


async def test_a_stop_ends_all_waiting_at_once(tmp_path: Path, migrated_database_url: str) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        notifier, loop = engine.notifier, asyncio.get_running_loop()
        stream = await notifier.stream(ANNA)
        polls = [asyncio.create_task(notifier.wait(stream, 30.0, loop)) for _ in range(3)]
        await asyncio.sleep(0)
        notifier.close()
        async with asyncio.timeout(2):
            assert await asyncio.gather(*polls) == [False] * 3
        assert not notifier._ending
