"""Nonsense at every endpoint that writes: the specification's error, never one of the server."""

from __future__ import annotations

from random import Random
from typing import Any
from urllib.parse import quote

from tests.harness.company import Company, ok
from tests.harness.engine import ANNA, BOB

VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    1.5,
    2**53,
    10**25,
    "",
    "nul\0",
    "\ud7ff\uffff",
    "x" * 300,
    ANNA,
    BOB,
    "@zoe:z.example",
    "join",
    "invite",
    "public",
    "#all:a.example",
    "#:a.example",
    [],
    {},
    [None],
    {"": None},
    {"$nul\0": 1},
]
KEYS = [
    *["user_id", "reason", "membership", "room_id", "visibility", "limit", "since", "filter"],
    *["search_term", "preset", "invite", "initial_state", "creation_content", "room_version"],
    *["power_level_content_override", "room_alias_name", "alias", "alt_aliases", "redacts"],
    *["m.relates_to", "users", "events", "ban", "join_rule", "allow", "topic", "name"],
]
NAMES = ["x", "", "nul\0", "m.room.member", "m.room.power_levels", "m.room.canonical_alias", ANNA]
PATHS = [
    ("POST", "v3/createRoom"),
    ("POST", "v3/rooms/{room}/join"),
    ("POST", "v3/join/{any}"),
    ("POST", "v3/knock/{any}"),
    ("POST", "v3/rooms/{room}/invite"),
    ("POST", "v3/rooms/{room}/leave"),
    ("POST", "v3/rooms/{room}/forget"),
    ("POST", "v3/rooms/{room}/kick"),
    ("POST", "v3/rooms/{room}/ban"),
    ("POST", "v3/rooms/{room}/unban"),
    ("PUT", "v3/rooms/{room}/send/{name}/{name}"),
    ("PUT", "v3/rooms/{room}/send/m.room.redaction/{name}"),
    ("PUT", "v3/rooms/{room}/redact/{any}/{name}"),
    ("PUT", "v3/rooms/{room}/state/{name}/{name}"),
    ("PUT", "v3/rooms/{room}/state/{name}"),
    ("PUT", "v3/directory/room/{any}"),
    ("DELETE", "v3/directory/room/{any}"),
    ("PUT", "v3/directory/list/room/{room}"),
    ("POST", "v3/publicRooms"),
    ("POST", "v3/user_directory/search"),
    ("GET", "v1/room_summary/{any}"),
    ("GET", "v1/rooms/{room}/hierarchy"),
    ("GET", "v3/directory/room/{any}"),
    ("GET", "v3/rooms/{room}/aliases"),
]


def value(random: Random, depth: int = 0) -> Any:
    if depth < 3 and random.random() < 0.4:
        if random.random() < 0.5:
            return [value(random, depth + 1) for _ in range(random.randrange(3))]
        return body(random, depth + 1)
    return random.choice(VALUES)


def body(random: Random, depth: int = 0) -> dict[str, Any]:
    return {random.choice(KEYS): value(random, depth) for _ in range(random.randrange(4))}


async def test_nonsense_is_refused_and_nothing_half_written(company: Company) -> None:
    random = Random(7)
    rooms = [await company.create(ANNA, preset="public_chat") for _ in range(2)]
    room = rooms[0]
    named = [*rooms, "!nul\0", "!" + "x" * 43, "nonsense", "!", ""]
    others = [*named, "#all:a.example", "$event", "$nul\0", "#nul\0:a.example"]
    statuses: dict[int, int] = {}
    for _ in range(1500):
        method, template = random.choice(PATHS)
        path = template
        while "{" in path:
            for slot, choices in (("{room}", named), ("{any}", others), ("{name}", NAMES)):
                path = path.replace(slot, quote(random.choice(choices), safe=""), 1)
        content = None if method == "GET" else body(random)
        answer = await company.api.call(method, random.choice([ANNA, BOB]), path, content)
        assert answer.status < 500, (method, path, content)
        statuses[answer.status] = statuses.get(answer.status, 0) + 1
    assert {200, 400, 403, 404} <= statuses.keys()
    # Heads in memory say what is in the database.
    head = await company.engine.heads.get(room)
    held = {key: stored.event.event_id for key, stored in head.state.items()}
    company.engine.heads.drop(head)
    again = await company.engine.heads.get(room)
    assert {key: stored.event.event_id for key, stored in again.state.items()} == held
    assert again.swap == head.swap
    fresh = await company.create(ANNA)
    await ok(company.send(ANNA, fresh))
