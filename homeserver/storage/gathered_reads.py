"""Questions that many tasks ask at the same moment, put to PostgreSQL as one.

A sync of two hundred rooms asks the same dozen of things of each. Asked one after the other, a
round trip and a plan each, they take most of its time. Here the tasks of a moment (of one turn of
the loop) that run the same statement share one: it is run for a table of their arguments, and
each gets its own rows. Who asks alone asks as ever.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Sequence
from typing import Any

from homeserver.storage.database import (
    PARAM,
    Args,
    Connection,
    DatabaseUnavailable,
    Reads,
    Row,
    Sql,
)

_MOST = 200
"""Askers of one statement."""

_LIMIT = re.compile(r"LIMIT\s+:([a-z_][a-z0-9_]*)")

_Question = tuple[Args, "asyncio.Future[list[Row]]"]
_Kind = tuple[Sql, tuple[str, ...], tuple[int, ...]]
"""What questions have in common that are put as one: the statement, the types of its arguments, and
the limits, which cannot differ."""


class GatheredReads:
    """Reads of a database that are gathered. It is its own connection, and holds none."""

    at_once = 25

    def __init__(self, database: Reads) -> None:
        self._database = database
        self._waiting: dict[_Kind, list[_Question]] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._texts: dict[tuple[Sql, tuple[str, ...]], Sql] = {}

    def read(self, *, slow: bool = False) -> contextlib.AbstractAsyncContextManager[Connection]:
        return self._database.read(slow=True) if slow else contextlib.nullcontext(self)

    async def fetch(self, sql: Sql, /, **params: Any) -> list[Row]:
        args = sql.args(params)
        types = tuple(_type(arg) for arg in args)
        if "" in types:  # of nothing and of an empty list nobody knows the type
            async with self._database.read() as conn:
                return await conn.fetch(sql, **params)
        limits = tuple(params[name] for name in _LIMIT.findall(sql.text))
        kind = sql, types, limits
        loop = asyncio.get_running_loop()
        future: asyncio.Future[list[Row]] = loop.create_future()
        questions = self._waiting.get(kind)
        if questions is None:
            questions = self._waiting[kind] = []
            loop.call_soon(self._ask, kind)
        questions.append((args, future))
        return await future

    async def fetch_one(self, sql: Sql, /, **params: Any) -> Row | None:
        rows = await self.fetch(sql, **params)
        return rows[0] if rows else None

    async def fetch_value(self, sql: Sql, /, **params: Any) -> Any:
        rows = await self.fetch(sql, **params)
        return rows[0][0] if rows else None

    def _ask(self, kind: _Kind) -> None:
        questions = self._waiting.pop(kind)
        for start in range(0, len(questions), _MOST):
            task = asyncio.create_task(self._answer(kind, questions[start : start + _MOST]))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _answer(self, kind: _Kind, questions: list[_Question]) -> None:
        questions = [question for question in questions if not question[1].done()]
        try:
            if len(questions) > 1:
                await self._answer_all(kind, questions)
            elif questions:
                await self._answer_one(kind[0], *questions[0])
        except DatabaseUnavailable as error:
            _refuse(questions, error)
        except Exception:
            # One of the questions is at fault, and the others are to be answered.
            for question in questions:
                try:
                    await self._answer_one(kind[0], *question)
                except Exception as error:
                    _refuse([question], error)

    async def _answer_one(self, sql: Sql, args: Args, future: asyncio.Future[list[Row]]) -> None:
        async with self._database.read() as conn:
            rows = await conn.fetch(sql, **dict(zip(sql.names, args, strict=True)))
        if not future.done():
            future.set_result(rows)

    async def _answer_all(self, kind: _Kind, questions: list[_Question]) -> None:
        sql, types, limits = kind
        text = self._texts.get((sql, types))
        if text is None:
            text = self._texts[sql, types] = for_many(sql, types)
        table: dict[str, Any] = {
            f"c{index}": [_cell(args[index]) for args, _ in questions]
            for index in range(len(sql.names))
            if f"c{index}" in text.names
        }
        table.update((f"limit{index}", limit) for index, limit in enumerate(limits))
        async with self._database.read() as conn:
            rows = await conn.fetch(text, **table)
        answers: list[list[Row]] = [[] for _ in questions]
        for row in rows:
            answers[row[0] - 1].append(tuple(row)[1:])
        for (_, future), answer in zip(questions, answers, strict=True):
            if not future.done():
                future.set_result(answer)


def for_many(sql: Sql, types: Sequence[str]) -> Sql:
    """The statement run for each row of a table of arguments; its first column says for which,
    counted from 1.

    types: PostgreSQL's, of the parameters in their order. The parameters of the new statement are
    the columns ``c0``, ``c1``, ... as lists, and ``limit0``, ... which cannot differ by row.
    """
    limits = iter(range(len(types)))
    text = _LIMIT.sub(lambda _: f"LIMIT \0limit{next(limits)}", sql.text)
    used: dict[int, str] = {}

    def column(match: re.Match[str]) -> str:
        index = sql.names.index(match[1])
        used[index] = types[index]
        cast = f"::{types[index]}" if types[index].endswith("[]") else ""
        return f"given.c{index}{cast}"

    text = PARAM.sub(column, text).replace("\0", ":")
    columns = sorted(used)
    lists = ", ".join(f":c{i}::{'text' if used[i].endswith('[]') else used[i]}[]" for i in columns)
    names = ", ".join(f"c{i}" for i in columns)
    return Sql(
        f"SELECT given.number, found.* FROM unnest({lists}) WITH ORDINALITY"
        f" AS given({names}, number), LATERAL ({text}) found"
    )


def _type(value: object) -> str:
    """PostgreSQL's type of an argument; empty where the value does not tell."""
    if isinstance(value, list):
        inner = _type(value[0]) if value else ""
        return f"{inner}[]" if inner in ("bigint", "text") else ""
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool):
        return "boolean"
    return "bigint" if isinstance(value, int) else ""


def _cell(value: Any) -> Any:
    """A list within a list, as PostgreSQL writes an array: those of a table may differ in
    length."""
    if not isinstance(value, list):
        return value
    if isinstance(value[0], int):
        return "{" + ",".join(map(str, value)) + "}"
    quoted = (each.replace("\\", "\\\\").replace('"', '\\"') for each in value)
    return "{" + ",".join(f'"{each}"' for each in quoted) + "}"


def _refuse(questions: list[_Question], error: Exception) -> None:
    for _, future in questions:
        if not future.done():
            future.set_exception(error)
