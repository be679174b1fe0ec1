"""Room aliases: client-server-api, "Room aliases"."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

import pytest

from homeserver.ids import RoomAlias, UserId
from homeserver.services.appservices.appservice_registry import Appservices, parse_registration
from homeserver.services.ground.requester import Requester
from homeserver.services.rooms.room_aliases import RoomAliases
from tests.harness.client_api import Answer
from tests.harness.company import REGISTRATION, Company, ok
from tests.harness.engine import ANNA, BOB, CAROL

FORBIDDEN = (403, "M_FORBIDDEN")
NOT_FOUND = (404, "M_NOT_FOUND")


def path(name: str) -> str:
    return f"v3/directory/room/{quote(f'#{name}:a.example')}"


async def put(company: Company, user: str, name: str, room: str) -> Answer:
    return await company.api.put(user, path(name), {"room_id": room})


async def delete(company: Company, user: str, name: str) -> Answer:
    return await company.api.call("DELETE", user, path(name))


async def public(company: Company, *members: str, **body: Any) -> str:
    room = await company.create(ANNA, preset="public_chat", **body)
    for member in members:
        await ok(company.do(member, "join", room))
    return room


async def test_any_member_names_a_room_and_unnames_it(company: Company) -> None:
    room = await public(company, BOB)
    assert (await put(company, BOB, "老虎 ✨", room)).ok == {}
    found = (await company.api.get(CAROL, path("老虎 ✨"))).ok
    assert found == {"room_id": room, "servers": ["a.example"]}
    assert (await delete(company, BOB, "老虎 ✨")).ok == {}
    assert (await company.api.get(CAROL, path("老虎 ✨"))).refusal == NOT_FOUND
    assert (await delete(company, BOB, "老虎 ✨")).refusal == NOT_FOUND


async def test_an_alias_points_to_one_room(company: Company) -> None:
    rooms = [await public(company) for _ in range(2)]
    answers = await asyncio.gather(*(put(company, ANNA, "one", room) for room in rooms))
    assert sorted(answer.status for answer in answers) == [200, 409]
    assert (await put(company, ANNA, "one", rooms[0])).refusal == (409, "M_UNKNOWN")


async def test_strangers_name_nothing(company: Company) -> None:
    room = await public(company)
    assert (await put(company, BOB, "x", room)).refusal == FORBIDDEN
    assert (await put(company, BOB, "x", "!" + "y" * 43)).refusal == FORBIDDEN


MALFORMED: list[tuple[str, dict[str, Any], tuple[int, str]]] = [
    ("#x:z.example", {"room_id": "!x"}, (400, "M_INVALID_PARAM")),
    ("x:a.example", {"room_id": "!x"}, (400, "M_INVALID_PARAM")),
    ("#x", {"room_id": "!x"}, (400, "M_INVALID_PARAM")),
    ("#nul\0:a.example", {"room_id": "!x"}, (400, "M_INVALID_PARAM")),
    (f"#{'x' * 300}:a.example", {"room_id": "!x"}, (400, "M_INVALID_PARAM")),
    ("#x:a.example", {}, (400, "M_MISSING_PARAM")),
    ("#x:a.example", {"room_id": 5}, (400, "M_BAD_JSON")),
    ("#x:a.example", {"room_id": "nonsense"}, (400, "M_INVALID_PARAM")),
    ("#bridged_x:a.example", {"room_id": "!x"}, (400, "M_EXCLUSIVE")),
]


async def test_malformed_aliases(company: Company) -> None:
    for alias, body, refusal in MALFORMED:
        answer = await company.api.put(ANNA, f"v3/directory/room/{quote(alias)}", body)
        assert answer.refusal == refusal, alias


async def test_others_aliases_take_power_in_the_room(company: Company) -> None:
    room = await public(company, BOB)
    await ok(put(company, ANNA, "annas", room))
    assert (await delete(company, BOB, "annas")).refusal == FORBIDDEN
    assert (await delete(company, CAROL, "annas")).refusal == FORBIDDEN
    await ok(company.set(ANNA, room, "m.room.power_levels", {"users": {BOB: 50, CAROL: 50}}))
    assert (await delete(company, CAROL, "annas")).refusal == FORBIDDEN
    await ok(delete(company, BOB, "annas"))


async def test_a_deleted_alias_leaves_the_canonical_alias(company: Company) -> None:
    room = await public(company, room_alias_name="one")
    await ok(put(company, ANNA, "two", room))
    aliases = {"alias": "#one:a.example", "alt_aliases": ["#two:a.example"]}
    await ok(company.set(ANNA, room, "m.room.canonical_alias", aliases))
    await ok(delete(company, ANNA, "two"))
    assert await company.content(room, "m.room.canonical_alias") == {"alias": "#one:a.example"}
    await ok(delete(company, ANNA, "one"))
    assert await company.content(room, "m.room.canonical_alias") == {}


async def test_who_may_not_set_the_canonical_alias_still_removes_their_own(
    company: Company,
) -> None:
    room = await public(company, BOB)
    await ok(put(company, BOB, "bobs", room))
    alias = {"alias": "#bobs:a.example"}
    await ok(company.set(ANNA, room, "m.room.canonical_alias", alias))
    await ok(delete(company, BOB, "bobs"))
    assert await company.content(room, "m.room.canonical_alias") == alias


async def test_aliases_are_listed_to_members(company: Company) -> None:
    room = await public(company)
    listed = f"v3/rooms/{room}/aliases"
    assert (await company.api.get(ANNA, listed)).ok == {"aliases": []}
    for name in ("b", "a"):
        await ok(put(company, ANNA, name, room))
    both = {"aliases": ["#a:a.example", "#b:a.example"]}
    assert (await company.api.get(ANNA, listed)).ok == both
    assert (await company.api.get(BOB, listed)).refusal == FORBIDDEN
    unknown = "!" + "x" * 43
    assert (await company.api.get(BOB, f"v3/rooms/{unknown}/aliases")).refusal == FORBIDDEN
    world = {"history_visibility": "world_readable"}
    await ok(company.set(ANNA, room, "m.room.history_visibility", world))
    assert (await company.api.get(BOB, listed)).ok == both


async def test_reserved_aliases_are_their_appservices(company: Company) -> None:
    engine = company.engine
    service = RoomAliases(
        engine.database,
        engine.committer,
        engine.heads,
        company.members.state,
        Appservices([parse_registration(REGISTRATION, "a.example", source="test")]),
        server_name="a.example",
    )
    bridge = Requester(UserId("@bridge:a.example"), appservice_id="bridge")
    room = await public(company, bridge.user_id)
    await service.create(bridge, RoomAlias("#bridged_x:a.example"), room)
    assert (await delete(company, ANNA, "bridged_x")).refusal == (400, "M_EXCLUSIVE")
    with pytest.raises(Exception, match="M_EXCLUSIVE"):
        await service.create(bridge, RoomAlias("#free:a.example"), room)


async def test_administrators_of_the_server_remove_any_alias(company: Company) -> None:
    engine = company.engine
    service = RoomAliases(
        engine.database,
        engine.committer,
        engine.heads,
        company.members.state,
        Appservices(),
        server_name="a.example",
    )
    room = await public(company, room_alias_name="annas")
    await service.delete(Requester(UserId(BOB), admin=True), RoomAlias("#annas:a.example"))
    assert (await company.api.get(ANNA, f"v3/rooms/{room}/aliases")).ok == {"aliases": []}
