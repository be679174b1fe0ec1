"""Statements that tasks of one moment share give each what it would have got alone."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from homeserver.storage.database import Database, Sql
from homeserver.storage.gathered_reads import for_many
from homeserver.storage.open_database import open_database

ONE = Sql("SELECT :number + 1, :text || '!'")
LISTED = Sql(
    "SELECT n, :label FROM (SELECT 1 AS n UNION SELECT 2 UNION SELECT 3) numbers"
    " WHERE n = ANY(:wanted) ORDER BY n DESC LIMIT :limit"
)
NAMED = Sql("SELECT name FROM (SELECT 'a' AS name UNION SELECT :odd) t WHERE name = ANY(:names)")
COUNT = Sql("SELECT COUNT(*) FROM event WHERE room = :room")
INVERSE = Sql("SELECT 12 / :divisor")

both = pytest.mark.parametrize("kind", ["alone", "together"])


async def ask(database: Database, kind: str, questions: list[tuple[Sql, dict[str, Any]]]) -> Any:
    reads = database if kind == "alone" else database.together()

    async def one(sql: Sql, params: dict[str, Any]) -> Any:
        async with reads.read() as conn:
            return [tuple(row) for row in await conn.fetch(sql, **params)]

    return await asyncio.gather(*(one(*each) for each in questions), return_exceptions=True)


@both
async def test_everybody_gets_their_own_rows_in_order(
    kind: str, migrated_database_url: str
) -> None:
    database = await open_database(migrated_database_url)
    try:
        wanted = [[1, 2, 3], [2], [9], [3, 1], []]
        answers = await ask(
            database,
            kind,
            [(LISTED, {"wanted": w, "limit": 2, "label": f"of {w}"}) for w in wanted]
            + [(LISTED, {"wanted": [1, 2, 3], "limit": 1, "label": "one"})]
            + [(ONE, {"number": n, "text": f"it's {n}"}) for n in range(3)],
        )
        assert answers == [
            [(3, "of [1, 2, 3]"), (2, "of [1, 2, 3]")],
            [(2, "of [2]")],
            [],
            [(3, "of [3, 1]"), (1, "of [3, 1]")],
            [],
            [(3, "one")],
            [(1, "it's 0!")],
            [(2, "it's 1!")],
            [(3, "it's 2!")],
        ]
    finally:
        await database.close()


@both
async def test_a_list_of_texts_may_hold_any_character(
    kind: str, migrated_database_url: str
) -> None:
    database = await open_database(migrated_database_url)
    odd = ['"', "\\", "{a,b}", "a b", "NULL", "", "'", "é,"]
    try:
        answers = await ask(
            database, kind, [(NAMED, {"odd": text, "names": [text, "none"]}) for text in odd]
        )
        assert answers == [[(text,)] for text in odd]
    finally:
        await database.close()


@both
async def test_one_wrong_question_does_not_spoil_the_others(kind: str, database_url: str) -> None:
    if database_url.startswith("sqlite"):
        return  # nothing is wrong there: a division by nothing is NULL
    database = await open_database(database_url)
    try:
        answers = await ask(database, kind, [(INVERSE, {"divisor": n}) for n in (1, 0, 4)])
        assert [answers[0], answers[2]] == [[(12,)], [(3,)]]
        assert "division by zero" in str(answers[1])
    finally:
        await database.close()


async def test_what_is_asked_at_once_is_one_statement(migrated_database_url: str) -> None:
    database = await open_database(migrated_database_url)
    try:
        before = database.statements
        answers = await ask(database, "together", [(COUNT, {"room": n}) for n in range(50)])
        assert answers == [[(0,)]] * 50
        assert database.statements - before == (1 if database.dialect == "postgresql" else 50)
    finally:
        await database.close()


async def test_who_goes_away_leaves_the_others_their_answers(migrated_database_url: str) -> None:
    database = await open_database(migrated_database_url)
    together = database.together()

    async def count(room: int) -> Any:
        async with together.read() as conn:
            return await conn.fetch_value(COUNT, room=room)

    try:
        tasks = [asyncio.create_task(count(n)) for n in range(3)]
        await asyncio.sleep(0)
        tasks[1].cancel()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert found[0] == found[2] == 0
        if together is not database:
            assert isinstance(found[1], asyncio.CancelledError)
    finally:
        await database.close()


def test_limits_are_parameters_of_the_whole_statement() -> None:
    text = for_many(LISTED, ("bigint", "bigint[]", "bigint", "text"))
    assert "LIMIT $" in text.postgresql
    assert "unnest(" in text.postgresql
