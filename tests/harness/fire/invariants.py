"""The invariants of the decision protocol (TASKS.md, 2.4), as they can be seen from outside."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.domain.ids import CHANGE, COMMAND, RESULT, TASK
from appservice_tasks.storage import json_text, tables
from appservice_tasks.storage.database import open_database
from tests.harness.fire.processes import AUTHORITY
from tests.harness.fire.team import V3, Identity, Json, Team

Hashes = dict[str, tuple[int, str]]
SETTLED_SECONDS = 120


@dataclass
class Log:
    """What the rooms say. accepted: (task_id, rev) by (actor, cmd_id), each as often as it is."""

    revisions: dict[str, list[int]] = field(default_factory=dict)
    accepted: list[tuple[Identity, tuple[str, int]]] = field(default_factory=list)
    rejected: list[Identity] = field(default_factory=list)
    commands: set[Identity] = field(default_factory=set)
    newest: Hashes = field(default_factory=dict)


async def read_log(team: Team) -> Log:
    """The rooms' logs, as a member reads them."""
    log = Log()
    wanted = quote(json.dumps({"types": [TASK, RESULT, COMMAND]}))
    for room_id in team.rooms:
        start = ""
        while True:
            path = f"{V3}/rooms/{quote(room_id)}/messages?dir=f&limit=200&filter={wanted}{start}"
            page = await team.matrix(team.boss, "GET", path)
            for event in page["chunk"]:
                _read_event(log, event)
            if "end" not in page:
                break
            start = f"&from={page['end']}"
    return log


def _read_event(log: Log, event: Json) -> None:
    content = event["content"]
    if event["type"] == COMMAND:
        log.commands.add((event["sender"], content["cmd_id"]))
        return
    assert event["sender"] == AUTHORITY
    if event["type"] == RESULT:
        cause = content["cause"]
        log.rejected.append((cause["actor"], cause["cmd_id"]))
        return
    task = content.get(TASK) or content["m.new_content"][TASK]
    change: Any = content[CHANGE]
    task_id, rev = task["task_id"], task["rev"]
    log.revisions.setdefault(task_id, []).append(rev)
    log.accepted.append(((change["actor"], change["cause"]["cmd_id"]), (task_id, rev)))
    if task_id not in log.newest or log.newest[task_id][0] < rev:
        log.newest[task_id] = rev, json_text.digest(task)


@contextlib.asynccontextmanager
async def _reading(team: Team) -> AsyncIterator[AsyncConnection]:
    database = open_database(team.fleet.tasks_store.url, pool_size=1)
    try:
        async with database.read() as conn:
            yield conn
    finally:
        await database.close()


async def read_index(team: Team) -> Hashes:
    """(rev, hash) of every task of the team's rooms in the index."""
    task = tables.task
    wanted = sa.select(task.c.task_id, task.c.rev, task.c.sha256)
    async with _reading(team) as conn:
        rows = await conn.execute(wanted.where(task.c.room_id.in_(team.rooms)))
        return {row.task_id: (row.rev, row.sha256) for row in rows}


async def leader(team: Team) -> int | None:
    """The number of the process that decides; None: none does, or they share it."""
    async with _reading(team) as conn:
        rows = await conn.execute(sa.select(tables.lease.c.holder).distinct())
        pids = {row.holder.split("/")[1] for row in rows}
    for number, each in enumerate(team.fleet.tasks):
        if each.is_running and each.process is not None and pids == {str(each.process.pid)}:
            return number
    return None


async def read_ledger(team: Team) -> dict[Identity, tuple[str, int | None]]:
    """(state, rev) of every command."""
    command = tables.command
    wanted = sa.select(command.c.actor, command.c.cmd_id, command.c.state, command.c.rev)
    async with _reading(team) as conn:
        rows = await conn.execute(wanted)
        return {(row.actor, row.cmd_id): (row.state, row.rev) for row in rows}


async def spoil_index(team: Team, *, lost: str, changed: str) -> None:
    """Takes one task out of the index, and makes another look as if it said something else."""
    database = open_database(team.fleet.tasks_store.url, pool_size=1)
    task = tables.task
    try:
        async with database.write() as conn:
            await conn.execute(task.delete().where(task.c.task_id == lost))
            other = task.update().where(task.c.task_id == changed).values(sha256="0" * 64)
            await conn.execute(other)
    finally:
        await database.close()


async def settled(team: Team) -> None:
    """Waits until every command in a log has its outcome there and the index is as the log."""
    loop = asyncio.get_running_loop()
    end = loop.time() + SETTLED_SECONDS
    while True:
        log, ledger = await read_log(team), await read_ledger(team)
        waiting = [each for each, (state, _) in ledger.items() if state in ("received", "pending")]
        unknown = log.commands - dict(log.accepted).keys() - set(log.rejected)
        equal = await read_index(team) == log.newest
        if not waiting and not unknown and equal:
            return
        if loop.time() > end:
            raise AssertionError(f"not settled: waiting={waiting} unknown={unknown} equal={equal}")
        await asyncio.sleep(0.1)


async def check(team: Team) -> None:
    """All of them, of everything that the team has ever done."""
    await settled(team)
    log, ledger = await read_log(team), await read_ledger(team)
    for task_id, revs in log.revisions.items():
        assert sorted(revs) == list(range(1, len(revs) + 1)), ("contiguous", task_id, revs)
    accepted = dict(log.accepted)
    assert len(accepted) == len(log.accepted), "a command was applied twice"
    rejected = set(log.rejected)
    assert len(rejected) == len(log.rejected), "a command was refused twice"
    assert not rejected & accepted.keys(), "a command has two outcomes"
    for identity, outcome in team.outcomes.items():
        if outcome["state"] == "accepted":
            there = accepted.get(identity)
            assert there == (outcome["task_id"], outcome["rev"]), ("acknowledged", outcome, there)
        else:
            assert identity not in accepted, ("refused and applied", outcome)
    for identity in log.commands:
        state, rev = ledger[identity]
        assert (state == "accepted") == (identity in accepted), (identity, state)
        assert state != "accepted" or accepted[identity][1] == rev, (identity, rev)
    assert await read_index(team) == log.newest, "the index is not the fold of the log"
    await _check_maintenance(team, log)


async def _check_maintenance(team: Team, log: Log) -> None:
    for action in ("verify", "rebuild"):
        status, report = await team.tasks_api(
            team.boss, "POST", "/v1/admin/index", {"action": action}
        )
        assert (status, report) == (200, {"equal": True, "differences": []}), action
    assert await read_index(team) == log.newest, "rebuild gave other hashes"
