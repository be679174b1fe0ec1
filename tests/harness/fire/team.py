"""People who give commands to both processes and in rooms, and remember what they were answered."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import random
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import aiohttp

from appservice_tasks.domain.ids import COMMAND, task_id_for
from tests.harness.fire.processes import Fleet
from tests.harness.homeserver import SHARED_SECRET, new_name

Json = dict[str, Any]
Identity = tuple[str, str]
V3 = "/_matrix/client/v3"
ROOMS = 3
PEOPLE = 4
_AGAIN_SECONDS = 0.1
_REQUEST = aiohttp.ClientTimeout(total=20)


@dataclass(frozen=True)
class Person:
    user_id: str
    token: str


@dataclass
class Team:
    """The first of the people made the rooms, and is an administrator.

    outcomes: what was answered for good, by (actor, cmd_id). posted: commands that the homeserver
    has taken as room events. tasks: (room, task) of those that exist.
    """

    fleet: Fleet
    rng: random.Random
    session: aiohttp.ClientSession
    people: list[Person]
    rooms: list[str]
    outcomes: dict[Identity, Json] = field(default_factory=dict)
    posted: set[Identity] = field(default_factory=set)
    tasks: list[tuple[str, str]] = field(default_factory=list)

    @property
    def boss(self) -> Person:
        return self.people[0]

    async def call(
        self, person: Person, method: str, url: str, body: Any = None
    ) -> tuple[int, Json]:
        """Status and body; (0, {}) where nobody answers."""
        headers = {"Authorization": f"Bearer {person.token}"}
        try:
            async with self.session.request(
                method, url, json=body, headers=headers, timeout=_REQUEST
            ) as response:
                return response.status, await response.json(content_type=None)
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError):
            return 0, {}

    async def matrix(self, person: Person, method: str, path: str, body: Any = None) -> Json:
        """Of the homeserver, asked until it answers 200; a refusal fails the test."""
        while True:
            status, said = await self.call(person, method, self.fleet.homeserver.url + path, body)
            if status == 200:
                return said
            assert status == 0 or status >= 500, (status, said)
            await asyncio.sleep(_AGAIN_SECONDS)

    async def tasks_api(
        self, person: Person, method: str, path: str, body: Any = None, process: int | None = None
    ) -> tuple[int, Json]:
        """Of any process, asked until one answers something else than that it cannot now."""
        while True:
            number = self.rng.randrange(2) if process is None else process
            url = self.fleet.tasks[number].url + path
            status, said = await self.call(person, method, url, body)
            if status not in (0, 503):
                return status, said
            await asyncio.sleep(_AGAIN_SECONDS)

    # --- commands -------------------------------------------------------------------------------

    def command(self, person: Person) -> tuple[str, Json]:
        """(room, command): a new task, or a change of one."""
        cmd_id = str(uuid.UUID(int=self.rng.getrandbits(128)))
        if len(self.tasks) < 3 or self.rng.random() < 0.2:
            room_id = self.rng.choice(self.rooms)
            assignee = self.rng.choice(self.people).user_id
            task_id, base = task_id_for(person.user_id, cmd_id), 0
            op: Json = {"op": "create", "task": {"title": "a task", "assignee": assignee}}
        else:
            room_id, task_id = self.rng.choice(self.tasks[-12:])
            base = self.rng.randrange(8)
            op = self.rng.choice(
                [
                    {"op": "transition", "to": self.rng.choice(["in_progress", "done", "open"])},
                    {"op": "set", "field": "title", "value": f"v{self.rng.randrange(9)}"},
                    {"op": "add", "field": "labels", "value": f"l{self.rng.randrange(9)}"},
                    {"op": "assign", "to": self.rng.choice(self.people).user_id},
                ]
            )
        return room_id, {
            "v": 1,
            "cmd_id": cmd_id,
            "task_id": task_id,
            "base_rev": base,
            "on_conflict": "force",
            "ops": [op],
        }

    async def give(self, person: Person) -> None:
        """One command, by REST until there is an outcome, or as a room event, or both."""
        room_id, content = self.command(person)
        way = self.rng.random()
        if way < 0.3:
            await self.post(person, room_id, content)
        if way > 0.15:
            await self.submit(person, room_id, content)

    async def post(self, person: Person, room_id: str, content: Json) -> None:
        """As a room event."""
        path = f"{V3}/rooms/{quote(room_id)}/send/{COMMAND}/{content['cmd_id']}"
        await self.matrix(person, "PUT", path, content)
        self.posted.add((person.user_id, content["cmd_id"]))

    async def say(self, person: Person, room_id: str, body: str) -> None:
        """An ordinary message."""
        txn_id = str(uuid.UUID(int=self.rng.getrandbits(128)))
        path = f"{V3}/rooms/{quote(room_id)}/send/m.room.message/{txn_id}"
        await self.matrix(person, "PUT", path, {"msgtype": "m.text", "body": body})

    async def submit(self, person: Person, room_id: str, content: Json) -> Json:
        """By REST, as often as it takes. The outcome."""
        creates = content["base_rev"] == 0 and content["ops"][0]["op"] == "create"
        request = {**content, "room_id": room_id} if creates else content
        while True:
            status, said = await self.tasks_api(
                person, "POST", "/v1/commands", {"commands": [request]}
            )
            assert status == 200, (status, said)
            (outcome,) = said["results"]
            if outcome["state"] != "pending":
                break
            await asyncio.sleep(_AGAIN_SECONDS)
        identity = person.user_id, content["cmd_id"]
        known = self.outcomes.setdefault(identity, outcome)
        assert known["state"] == outcome["state"], ("two outcomes", known, outcome)
        if creates and outcome["state"] == "accepted":
            self.tasks.append((room_id, outcome["task_id"]))
        return dict(outcome)

    @contextlib.asynccontextmanager
    async def at_work(self, *, least: int = 12, pause: float = 0.05) -> AsyncIterator[None]:
        """Everybody gives commands while the block runs, and until there are `least`; at its end
        each has its outcome."""
        enough = asyncio.Event()
        given = 0

        async def work(person: Person) -> None:
            nonlocal given
            while not enough.is_set() or given < least:
                await self.give(person)
                given += 1
                await asyncio.sleep(self.rng.uniform(0, pause))

        working = [asyncio.create_task(work(person)) for person in self.people]
        try:
            yield
            enough.set()
            await asyncio.gather(*working)
        finally:
            for task in working:
                task.cancel()
            await asyncio.gather(*working, return_exceptions=True)

    async def create(self, room_id: str) -> None:
        """A task in this room."""
        cmd_id = str(uuid.UUID(int=self.rng.getrandbits(128)))
        content = {
            "v": 1,
            "cmd_id": cmd_id,
            "task_id": task_id_for(self.boss.user_id, cmd_id),
            "base_rev": 0,
            "ops": [{"op": "create", "task": {"title": "here"}}],
        }
        assert (await self.submit(self.boss, room_id, content))["state"] == "accepted"

    async def commands(self, number: int) -> None:
        """So many commands, from everybody."""
        await asyncio.gather(*(self.give(self.people[n % len(self.people)]) for n in range(number)))


async def gather_team(fleet: Fleet, rng: random.Random, session: aiohttp.ClientSession) -> Team:
    """New people in new rooms that are set up for tasks. Both processes must run."""
    team = Team(fleet, rng, session, [], [])
    team.people.append(await _register_admin(team))
    for _ in range(PEOPLE - 1):
        name = new_name("person")
        token = await fleet.homeserver.register(name)
        team.people.append(Person(fleet.homeserver.user_id(name), token))
    for _ in range(ROOMS):
        await add_room(team)
    return team


async def add_room(team: Team, *, set_up: bool = True) -> str:
    """A room of everybody's, set up for tasks or not yet."""
    body = {"preset": "public_chat", "name": new_name("room")}
    room_id: str = (await team.matrix(team.boss, "POST", f"{V3}/createRoom", body))["room_id"]
    for person in team.people[1:]:
        await team.matrix(person, "POST", f"{V3}/rooms/{quote(room_id)}/join", {})
    if set_up:
        await set_up_for_tasks(team, room_id)
        team.rooms.append(room_id)
    return room_id


async def set_up_for_tasks(team: Team, room_id: str) -> None:
    """Presses the button."""
    path = f"/v1/rooms/{quote(room_id, safe='')}/tasks-config"
    status, said = await team.tasks_api(team.boss, "PUT", path, {})
    assert status == 200, (status, said)
    assert said["enabled"], said


async def _register_admin(team: Team) -> Person:
    homeserver = team.fleet.homeserver
    path = "/_synapse/admin/v1/register"
    nonce = (await homeserver.request("GET", path)).ok()["nonce"]
    name, password = new_name("boss"), "correct horse"
    signed = f"{nonce}\0{name}\0{password}\0admin".encode()
    mac = hmac.new(SHARED_SECRET.encode(), signed, hashlib.sha1).hexdigest()
    body = {"nonce": nonce, "username": name, "password": password, "admin": True, "mac": mac}
    made = (await homeserver.request("POST", path, body)).ok()
    return Person(made["user_id"], made["access_token"])
