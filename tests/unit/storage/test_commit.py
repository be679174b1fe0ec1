"""The one door: positions, claims, swaps, and what happens to those who lose."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest

from homeserver.storage import log as log_table
from homeserver.storage.commit import (
    Committer,
    LogRow,
    LostClaim,
    LostSwap,
    Swap,
    Write,
    statements,
)
from homeserver.storage.database import (
    BadValue,
    Conflict,
    Database,
    DatabaseUnavailable,
    Sql,
    Step,
    Transaction,
)
from homeserver.storage.open_database import open_database
from homeserver.storage.rooms import INSERT

_SETTING = Sql("INSERT INTO setting (key, value) VALUES (:key, :value)")
_CLAIM = Sql("DELETE FROM setting WHERE key = :key RETURNING value")
_ERASE = Sql("DELETE FROM setting WHERE key = :key")
_COUNT = Sql("SELECT COUNT(*) FROM setting")
_EXTREMITIES = Sql("SELECT extremities FROM room WHERE nid = :nid")
_VERSION = Sql("SELECT version FROM room WHERE nid = :nid")


@dataclass
class Room:
    nid: int


@dataclass
class Door:
    database: Database
    committer: Committer
    rows: list[LogRow]

    async def count(self) -> int:
        async with self.database.read() as conn:
            return int(await conn.fetch_value(_COUNT))


@pytest.fixture
async def door(migrated_database_url: str) -> AsyncIterator[Door]:
    database = await open_database(migrated_database_url)
    committer = Committer(database)
    rows: list[LogRow] = []
    committer.on_commit(rows.extend)
    committer.start()
    yield Door(database, committer, rows)
    await committer.stop()
    await database.close()


def setting(key: str, *, log: list[LogRow] | None = None) -> Write:
    return Write(log=log or [], bind=statements((_SETTING, {"key": key, "value": "v"})))


async def born(door: Door) -> Room:
    """A room at version 1."""
    room = Room(0)
    row = LogRow("event", room)

    def bind() -> list[tuple[Sql, list[tuple[object, ...]]]]:
        room.nid = row.position
        return [(INSERT, [(room.nid, f"!r{room.nid}", "12", 1, b"[]", "@a:a", 0, 0)])]

    await door.committer.commit(Write(log=[row], bind=bind, swap=Swap(room, None, 1, b"[]")))
    return room


async def test_positions_are_consecutive_and_each_row_names_the_one_before(door: Door) -> None:
    writes = [Write(log=[LogRow("a"), LogRow("b")]) for _ in range(20)]
    await asyncio.gather(*(door.committer.commit(write) for write in writes))
    assert [row.position for row in door.rows] == list(range(1, 41))
    assert [row.prev for row in door.rows] == list(range(40))
    async with door.database.read() as conn:
        stored = await log_table.after(conn, 0, limit=100)
    assert [(row.position, row.prev) for row in stored] == [(n + 1, n) for n in range(40)]


async def test_what_waits_together_is_committed_together(door: Door) -> None:
    await asyncio.gather(*(door.committer.commit(setting(f"k{n}")) for n in range(100)))
    assert door.committer.commits <= 3
    assert await door.count() == 100


async def test_a_unique_conflict_fails_only_the_write_that_met_it(door: Door) -> None:
    await door.committer.commit(setting("taken"))
    results = await asyncio.gather(
        *(door.committer.commit(setting(key)) for key in ("a", "taken", "b")),
        return_exceptions=True,
    )
    assert isinstance(results[1], Conflict)
    assert isinstance(results[0], Write)
    assert isinstance(results[2], Write)
    assert await door.count() == 3


async def test_a_claim_is_won_once(door: Door) -> None:
    await door.committer.commit(setting("token"))
    claims = [
        Write(claim=(_CLAIM, ("token",)), bind=statements((_SETTING, {"key": k, "value": "w"})))
        for k in ("first", "second")
    ]
    results = await asyncio.gather(
        *(door.committer.commit(claim) for claim in claims), return_exceptions=True
    )
    assert [isinstance(result, LostClaim) for result in results] == [False, True]
    assert claims[0].claimed is not None
    assert claims[0].claimed[0] == "v"
    assert await door.count() == 1


async def test_a_claim_sees_what_was_queued_before_it(door: Door) -> None:
    await door.committer.commit(setting("token"))
    taken = Write(bind=statements((_ERASE, {"key": "token"})))
    claim = Write(claim=(_CLAIM, ("token",)))
    results = await asyncio.gather(
        door.committer.commit(taken), door.committer.commit(claim), return_exceptions=True
    )
    assert [type(result) for result in results] == [Write, LostClaim]


async def test_a_swap_built_on_what_is_gone_loses_with_those_built_on_it(door: Door) -> None:
    room = await born(door)
    other = await born(door)
    writes = [
        Write(log=[LogRow("x", room)], swap=Swap(room, 7, 8, b"[]")),
        Write(log=[LogRow("x", room)], swap=Swap(room, 8, 9, b"[]")),
        Write(log=[LogRow("x", other)], swap=Swap(other, 1, 2, b"[]")),
    ]
    lost: list[object] = []
    door.committer.on_lost_room(lost.append)
    results = await asyncio.gather(
        *(door.committer.commit(write) for write in writes), return_exceptions=True
    )
    assert [type(result) for result in results] == [LostSwap, LostSwap, Write]
    assert lost == [room, room]
    async with door.database.read() as conn:
        assert await conn.fetch_value(_VERSION, nid=room.nid) == 1
        assert await conn.fetch_value(_VERSION, nid=other.nid) == 2


async def test_a_room_may_be_written_in_the_batch_that_creates_it(door: Door) -> None:
    room = Room(0)
    row = LogRow("event", room)

    def bind() -> list[tuple[Sql, list[tuple[object, ...]]]]:
        room.nid = row.position
        return [(INSERT, [(room.nid, "!new", "12", 1, b"[]", "@a:a", 0, 0)])]

    await asyncio.gather(
        door.committer.commit(Write(log=[row], bind=bind, swap=Swap(room, None, 1, b"[]"))),
        door.committer.commit(Write(log=[LogRow("event", room)], swap=Swap(room, 1, 2, b"[2]"))),
    )
    assert door.committer.commits == 1
    async with door.database.read() as conn:
        assert await conn.fetch_value(_VERSION, nid=room.nid) == 2


async def test_a_failed_statement_leaves_nothing_of_its_write(door: Door) -> None:
    broken = Write(
        log=[LogRow("x")],
        bind=statements(
            (_SETTING, {"key": "half", "value": "v"}), (_SETTING, {"key": "half", "value": "v"})
        ),
    )
    with pytest.raises(Conflict):
        await door.committer.commit(broken)
    assert await door.count() == 0
    assert door.rows == []


async def test_statements_of_an_ordered_write_are_not_mixed_with_others(door: Door) -> None:
    """Two people delete and set one thing at once: each set follows its own delete."""
    delete = Sql("DELETE FROM setting WHERE key = :key")
    write = [
        Write(
            bind=statements((delete, {"key": "one"}), (_SETTING, {"key": "one", "value": str(n)}))
        )
        for n in range(10)
    ]
    await asyncio.gather(*(door.committer.commit(each) for each in write))
    async with door.database.read() as conn:
        assert await conn.fetch_value(Sql("SELECT value FROM setting")) == "9"


class LosesAnswers:
    """A database whose connection is lost during COMMIT: before it, or after it has happened."""

    def __init__(self, database: Database, *, committed: bool) -> None:
        self._database = database
        self._committed = committed
        self.broken = False
        self.dialect = database.dialect
        self.statements = 0

    async def transact(self, transaction: Callable[[], Transaction[object]]) -> object:
        if not self.broken:
            return await self._database.transact(transaction)
        self.broken = False
        if self._committed:
            await self._database.transact(transaction)
        else:

            def never() -> Transaction[object]:
                result = yield from transaction()
                raise RuntimeError(result)

            with pytest.raises(RuntimeError):
                await self._database.transact(never)
        raise DatabaseUnavailable("connection lost")


@pytest.mark.parametrize("committed", [True, False])
async def test_an_answer_lost_during_commit_is_looked_up(door: Door, committed: bool) -> None:
    database = LosesAnswers(door.database, committed=committed)
    committer = Committer(database)  # type: ignore[arg-type]
    committer.start()
    await committer.commit(setting("before", log=[LogRow("x")]))
    database.broken = True
    write = setting("during", log=[LogRow("x")])
    if committed:
        await committer.commit(write)
    else:
        with pytest.raises(DatabaseUnavailable):
            await committer.commit(write)
    assert await door.count() == (2 if committed else 1)
    await committer.stop()


async def test_a_stop_commits_what_is_queued(door: Door) -> None:
    futures = [door.committer.submit(setting(f"k{n}")) for n in range(50)]
    await door.committer.stop()
    assert all(future.done() and future.exception() is None for future in futures)
    assert await door.count() == 50


async def test_a_value_that_the_database_refuses_fails_its_own_write_alone(door: Door) -> None:
    bad = Write(bind=lambda: [(_SETTING, [("bad", object())])])
    futures = [door.committer.submit(setting("one")), door.committer.submit(bad)]
    futures.append(door.committer.submit(setting("two", log=[LogRow("a")])))
    outcomes = await asyncio.gather(*futures, return_exceptions=True)
    assert outcomes[0] is None
    assert isinstance(outcomes[1], BadValue)
    assert outcomes[2] is None
    assert await door.count() == 2
    assert [row.position for row in door.rows] == [1]


async def test_of_two_heads_of_one_room_in_a_batch_only_the_newest_wins(door: Door) -> None:
    """A head is dropped while its write is queued, and the next write is built on a new one."""
    room, other = await born(door), await born(door)
    again = Room(room.nid)
    writes = [
        Write(log=[LogRow("x", room)], swap=Swap(room, 0, 1, b"[0]")),
        Write(log=[LogRow("x", again)], swap=Swap(again, 1, 2, b"[2]")),
        Write(log=[LogRow("x", other)], swap=Swap(other, 1, 2, b"[]")),
    ]
    outcomes = await asyncio.gather(*map(door.committer.submit, writes), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [LostSwap, type(None), type(None)]


async def test_of_two_heads_of_one_room_at_one_version_the_first_wins(door: Door) -> None:
    room, other = await born(door), await born(door)
    again = Room(room.nid)
    writes = [
        Write(log=[LogRow("x", room)], swap=Swap(room, 1, 2, b"[1]")),
        Write(log=[LogRow("x", other)], swap=Swap(other, 1, 2, b"[]")),
        Write(log=[LogRow("x", again)], swap=Swap(again, 1, 2, b"[2]")),
    ]
    outcomes = await asyncio.gather(*map(door.committer.submit, writes), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [type(None), type(None), LostSwap]
    async with door.database.read() as conn:
        assert await conn.fetch_value(_EXTREMITIES, nid=room.nid) == b"[1]"


async def test_what_is_stored_beside_the_committer_does_not_get_into_its_transactions(
    door: Door,
) -> None:
    def stored(key: str, *, fails: bool) -> Callable[[], Transaction[None]]:
        def steps() -> Transaction[None]:
            for part in "abc":
                yield Step(_SETTING, [(f"{key}{part}", "v")])
            if fails:
                yield Step(_SETTING, [(f"{key}a", "v")])

        return steps

    beside = [door.database.transact(stored(f"k{n}", fails=n % 2 == 1)) for n in range(20)]
    outcomes = await asyncio.gather(
        *beside,
        *(door.committer.commit(setting(f"c{n}")) for n in range(20)),
        return_exceptions=True,
    )
    assert [type(outcome) for outcome in outcomes] == [
        *[type(None), Conflict] * 10,
        *[Write] * 20,
    ]
    assert await door.count() == 50
