"""TASKS.md, 2.4, with real processes: two of the tasks service on one database, and a homeserver.

People command both by REST and in rooms, and ask until they are answered. Whatever is killed,
cut off, told twice or replaced by an older copy of itself meanwhile, afterwards every acknowledged
command is in the log exactly once, revisions have no holes, the index is the fold of the log, and
`rebuild` makes the same index again. `CRASH_ROUNDS` says how often everything is done.
"""

from __future__ import annotations

import asyncio
import os
import random
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from urllib.parse import quote

import aiohttp
import pytest

from appservice_tasks.domain.ids import task_id_for
from tests.harness.company_server import Heard
from tests.harness.fire.front import Front, front_of
from tests.harness.fire.invariants import check, leader, read_index, settled, spoil_index
from tests.harness.fire.processes import Fleet, running_fleet
from tests.harness.fire.stores import SqliteStore, postgres_stores
from tests.harness.fire.team import V3, Team, add_room, gather_team, set_up_for_tasks
from tests.harness.postgres import Cluster

ROUNDS = max(1, int(os.environ.get("CRASH_ROUNDS", "1")))
STEP_SECONDS = 120

STEPS = (
    "received",
    "deciding",
    "decided",
    "replaying",
    "sending",
    "reading",
    "sent",
    "applying",
    "applied",
)
"""Every step that a room passes while the homeserver keeps what it has. A step of recovery follows
one that leaves something to recover."""

ONCE = ("replaying", "reading")
"""One that died has left one thing behind."""

IMPOSSIBLE = {"op": "transition", "to": "done"}
"""For a task that is not there."""

pytestmark = [pytest.mark.crash, pytest.mark.timeout(300 + 60 * ROUNDS)]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def fleet(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("fire")
    if request.param == "sqlite":
        stores = SqliteStore(folder / "homeserver.db"), SqliteStore(folder / "tasks.db")
        with running_fleet(folder, *stores) as made:
            yield made
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    first, second = postgres_stores(cluster)
    try:
        with running_fleet(folder, first, second) as made:
            yield made
    finally:
        first.drop()
        second.drop()


@pytest.fixture
async def front(fleet: Fleet) -> AsyncIterator[Front]:
    rng = random.Random(7)
    async with front_of(fleet, rng) as made:
        for number, process in enumerate(fleet.tasks):
            if not process.is_running:
                await asyncio.to_thread(fleet.start_tasks, number)
        yield made


@pytest.fixture(scope="module")
def gathered() -> list[Team]:
    """The people and rooms of all tests of a fleet."""
    return []


@pytest.fixture
async def team(fleet: Fleet, front: Front, gathered: list[Team]) -> AsyncIterator[Team]:
    async with aiohttp.ClientSession() as session:
        if not gathered or gathered[-1].fleet is not fleet:
            gathered.append(await gather_team(fleet, random.Random(11), session))
        made = gathered[-1]
        made.session = session
        before = len(made.outcomes)
        yield made
        assert len(made.outcomes) > before


async def dies(fleet: Fleet, number: int, step: str) -> None:
    """Waits until a process has killed itself."""
    process = fleet.tasks[number]
    assert await asyncio.to_thread(process.died, STEP_SECONDS), (step, process.tail())
    fleet.note(f"process {number} died at {step}")


async def until(condition: Callable[[], bool]) -> None:
    """Waits for it."""
    async with asyncio.timeout(STEP_SECONDS):
        while True:
            if condition():
                return
            await asyncio.sleep(0.02)


async def takes_over(team: Team, number: int) -> None:
    """Waits until a process decides, or has decided and died of it."""
    async with asyncio.timeout(STEP_SECONDS):
        while True:
            if not team.fleet.tasks[number].is_running or await leader(team) == number:
                return
            await asyncio.sleep(0.05)


async def test_a_process_may_die_at_every_step(fleet: Fleet, team: Team) -> None:
    """Each takes over from the one that died before, and dies at the next step."""
    for round_ in range(ROUNDS):
        armed = [f"{step}:{1 if step in ONCE else 1 + round_ % 3}" for step in STEPS]
        await asyncio.to_thread(fleet.kill_tasks)
        await asyncio.to_thread(fleet.start_tasks, 0, failpoint=armed[0])
        async with team.at_work():
            for number, step in enumerate(STEPS):
                dying, next_ = number % 2, (number + 1) % 2
                after = "" if step == STEPS[-1] else armed[number + 1]
                await asyncio.to_thread(fleet.start_tasks, next_, failpoint=after)
                await dies(fleet, dying, step)
                await takes_over(team, next_)
            await asyncio.to_thread(fleet.start_tasks, dying)
        await check(team)


async def test_everything_is_killed_at_any_moment_and_told_again(
    fleet: Fleet, front: Front, team: Team
) -> None:
    """Also in any order, and as if it had never been told."""
    for round_ in range(ROUNDS):
        async with team.at_work():
            for victims in ([round_ % 2], [0, 1]):
                await asyncio.sleep(front.rng.uniform(0.1, 0.5))
                fleet.kill_tasks(*victims)
                await asyncio.to_thread(fleet.start_tasks, *victims)
                await front.tell_again(renamed=len(victims) == 1)
            fleet.kill_homeserver()
            await asyncio.sleep(front.rng.uniform(0.1, 0.5))
            if round_ % 2:
                fleet.kill_tasks(0)
                await asyncio.to_thread(fleet.start_tasks, 0)
            await asyncio.to_thread(fleet.start_homeserver)
        await front.tell_again(renamed=True)
        await check(team)


async def test_who_has_left_hears_nothing_more_whichever_process_is_told(
    fleet: Fleet, front: Front, team: Team
) -> None:
    room_id = await add_room(team, set_up=False)
    stays, leaves = team.people[:2]
    hers, his = Heard(), Heard()
    room, leaving = room_id.encode(), b'"leave"'

    async def say(body: str, process: int) -> None:
        front.only = process
        await team.say(stays, room_id, body)
        await until(lambda: body in heard(hers))

    def heard(socket: Heard) -> list[str]:
        told = socket.told("new_message")
        return [each["body"] for each in told if each["room_id"] == room_id]

    try:
        for person, socket in ((stays, hers), (leaves, his)):
            await socket.open(fleet.tasks[1].url, person.token)
        await say("For both", 1)
        front.only = 0
        await team.matrix(leaves, "POST", f"{V3}/rooms/{quote(room_id)}/leave", {})
        await until(lambda: any(leaving in body and room in body for _, body in front.told))
        await say("For her", 1)
        assert "For her" not in heard(his)
        assert heard(hers) == ["For both", "For her"]
    finally:
        await hers.close()
        await his.close()
    await team.create(team.rooms[0])


async def test_what_one_process_took_or_decided_is_heard_at_every_process(
    fleet: Fleet, front: Front, team: Team
) -> None:
    room_id = await add_room(team)
    boss, other = team.people[:2]
    sockets = [Heard(), Heard()]
    heard_by_other = [Heard(), Heard()]

    async def heard(name: str, **what: str) -> None:
        hearing = heard_by_other if name == "notification" else sockets

        def all_have() -> bool:
            told = [socket.told(name) for socket in hearing]
            return all(any(what.items() <= each.items() for each in own) for own in told)

        await until(all_have)

    try:
        for number in (0, 1):
            await sockets[number].open(fleet.tasks[number].url, boss.token)
            await heard_by_other[number].open(fleet.tasks[number].url, other.token)
        for number in (0, 1):
            front.only = number
            await team.say(other, room_id, f"By {number}")
            await heard("new_message", body=f"By {number}")
            _, impossible = team.command(boss)
            impossible |= {"task_id": str(uuid.uuid4()), "base_rev": 1, "ops": [IMPOSSIBLE]}
            await team.post(boss, room_id, impossible)
            await heard("task_rejected", cmd_id=impossible["cmd_id"])
            cmd_id = str(uuid.uuid4())
            task_id = task_id_for(boss.user_id, cmd_id)
            task = {"title": "Write", "assignee": other.user_id}
            created = {"v": 1, "cmd_id": cmd_id, "task_id": task_id, "base_rev": 0}
            await team.post(boss, room_id, created | {"ops": [{"op": "create", "task": task}]})
            await heard("notification", task_id=task_id)
        for socket in sockets:  # and once
            bodies = [each["body"] for each in socket.told("new_message")]
            assert [body for body in bodies if body.startswith("By ")] == ["By 0", "By 1"]
    finally:
        for socket in (*sockets, *heard_by_other):
            await socket.close()
    await team.create(team.rooms[0])


async def test_an_older_homeserver_gets_back_what_it_has_lost(fleet: Fleet, team: Team) -> None:
    """The process that decides dies while it sends again what was lost; others go on. One room
    was not set up yet, and gets its tasks back when it is set up again."""
    for round_ in range(ROUNDS):
        step = ("repaired", "repairing")[round_ % 2]
        fresh = await add_room(team, set_up=False)
        fleet.kill_tasks()
        copy = await asyncio.to_thread(fleet.copy_homeserver)
        await asyncio.to_thread(fleet.start_tasks, 0, failpoint=f"{step}:2")
        await set_up_for_tasks(team, fresh)
        await team.commands(16)
        await team.create(fresh)
        there = team.tasks.pop()  # nobody speaks to a room that is not set up
        async with team.at_work():
            fleet.kill_homeserver()
            await asyncio.to_thread(fleet.homeserver_store.restore, copy)
            await asyncio.to_thread(fleet.start_homeserver)
            await dies(fleet, 0, step)
            await asyncio.to_thread(fleet.start_tasks)
        await set_up_for_tasks(team, fresh)
        team.rooms.append(fresh)
        team.tasks.append(there)
        await check(team)


async def test_an_older_index_learns_what_it_has_missed(
    fleet: Fleet, front: Front, team: Team
) -> None:
    for _ in range(ROUNDS):
        copy = await asyncio.to_thread(fleet.copy_index)
        await team.commands(16)
        await settled(team)  # what was refused and nobody wrote down is forgotten with the index
        fleet.kill_tasks()
        await asyncio.to_thread(fleet.tasks_store.restore, copy)
        async with team.at_work():
            await asyncio.to_thread(fleet.start_tasks)
            await front.tell_again(renamed=False)
        await check(team)


async def test_both_are_older_and_one_of_them_older_still(fleet: Fleet, team: Team) -> None:
    """What was acknowledged before the later of the copies is there."""
    for round_ in range(ROUNDS):
        copies: dict[str, str] = {}
        order = ["homeserver", "index"]
        if (round_ % 2 == 0) == fleet.is_sqlite:
            order.reverse()
        for which in order:
            await team.commands(8)
            await settled(team)
            keep = fleet.copy_index if which == "index" else fleet.copy_homeserver
            copies[which] = await asyncio.to_thread(keep)
        promised = dict(team.outcomes)
        await team.commands(8)
        fleet.kill_tasks()
        fleet.kill_homeserver()
        team.outcomes = promised
        await asyncio.to_thread(fleet.homeserver_store.restore, copies["homeserver"])
        await asyncio.to_thread(fleet.tasks_store.restore, copies["index"])
        async with team.at_work():
            await asyncio.to_thread(fleet.start_tasks)
            await asyncio.to_thread(fleet.start_homeserver)
        await check(team)


async def test_the_command_line_says_what_is_wrong_and_mends_it(fleet: Fleet, team: Team) -> None:
    await team.commands(12)
    await settled(team)
    whole = await read_index(team)
    lost, changed = sorted(whole)[:2]
    await spoil_index(team, lost=lost, changed=changed)
    said = await asyncio.to_thread(fleet.run, "verify")
    assert said.returncode == 1, said
    assert f"{lost}: missing: the log has it and the index has not" in said.stdout
    assert f"{changed}: different: " in said.stdout
    said = await asyncio.to_thread(fleet.run, "rebuild")
    assert said.returncode == 0, said
    assert said.stdout.startswith("The index is what the rooms say: ")
    assert await read_index(team) == whole
    await team.commands(4)  # the processes decide again
    await check(team)
