"""The rooms under a space: client-server-api, "Spaces", "Discovering rooms within spaces"."""

from __future__ import annotations

from typing import Any

import pytest

from homeserver.services.rooms import walk_space
from tests.harness.client_api import Answer
from tests.harness.company import Company, ok
from tests.harness.engine import ANNA, BOB, CAROL

SPACE = {"creation_content": {"type": "m.space"}, "preset": "public_chat"}
CHILD = "m.space.child"


async def link(company: Company, space: str, *children: str, **content: Any) -> None:
    for child in children:
        await ok(company.set(ANNA, space, CHILD, {"via": ["a.example"], **content}, child))


async def hierarchy(company: Company, user: str, space: str, **query: Any) -> Answer:
    return await company.api.get(user, f"v1/rooms/{space}/hierarchy", **query)


async def names(company: Company, user: str, space: str, **query: Any) -> list[str]:
    answer = (await hierarchy(company, user, space, **query)).ok
    return [room.get("name", "") for room in answer["rooms"]]


async def tree(company: Company) -> dict[str, str]:
    """all: [news, team: [inner: [deep], chat], last]; chat names a room, being no space itself."""
    rooms = {name: await company.create(ANNA, name=name, **SPACE) for name in ("all", "team")}
    rooms["inner"] = await company.create(ANNA, name="inner", **SPACE)
    for name in ("news", "deep", "chat", "last", "beyond"):
        rooms[name] = await company.create(ANNA, name=name, preset="public_chat")
    for parent, children in (
        ("all", ("news", "team", "last")),
        ("team", ("inner", "chat")),
        ("inner", ("deep",)),
        ("chat", ("beyond",)),
    ):
        await link(company, rooms[parent], *(rooms[child] for child in children))
    return rooms


async def test_the_tree_is_walked_depth_first(company: Company) -> None:
    rooms = await tree(company)
    answer = (await hierarchy(company, BOB, rooms["all"])).ok
    found = {room["name"]: room for room in answer["rooms"]}
    assert list(found) == ["all", "news", "team", "inner", "deep", "chat", "last"]
    assert "next_batch" not in answer
    assert found["team"]["room_type"] == "m.space"
    assert found["news"]["num_joined_members"] == 1
    assert found["news"]["room_version"] == "12"
    assert found["chat"]["children_state"] == []
    (child,) = found["inner"]["children_state"]
    assert child.pop("origin_server_ts") > 0
    assert child == {
        "type": CHILD,
        "state_key": rooms["deep"],
        "sender": ANNA,
        "content": {"via": ["a.example"]},
    }


async def test_a_walk_goes_no_deeper_than_asked(company: Company) -> None:
    rooms = await tree(company)
    assert await names(company, BOB, rooms["all"], max_depth=0) == ["all"]
    assert await names(company, BOB, rooms["all"], max_depth=1) == ["all", "news", "team", "last"]
    answer = (await hierarchy(company, BOB, rooms["all"], max_depth=0)).ok
    assert len(answer["rooms"][0]["children_state"]) == 3
    assert await names(company, BOB, rooms["chat"]) == ["chat"]


async def test_pages_continue_each_other(company: Company) -> None:
    rooms = await tree(company)
    query: dict[str, Any] = {"limit": 3, "max_depth": 2}
    found: list[str] = []
    while True:
        answer = (await hierarchy(company, BOB, rooms["all"], **query)).ok
        found += [room["name"] for room in answer["rooms"]]
        if "next_batch" not in answer:
            break
        assert len(answer["rooms"]) == 3
        query = {"limit": 3, "from_": answer["next_batch"]}
    assert found == ["all", "news", "team", "inner", "chat", "last"]
    token = query["from_"]
    for changed in ({"max_depth": 1}, {"suggested_only": "true"}):
        refused = await hierarchy(company, BOB, rooms["all"], from_=token, **changed)
        assert refused.refusal == (400, "M_INVALID_PARAM")
    same = {"max_depth": 2, "suggested_only": "false"}
    assert await names(company, BOB, rooms["all"], from_=token, **same) == ["inner", "chat", "last"]


@pytest.mark.parametrize(
    "query", [{"from_": "s1"}, {"from_": "h1.1.2"}, {"limit": 0}, {"max_depth": -1}]
)
async def test_nonsense_is_refused(company: Company, query: dict[str, Any]) -> None:
    space = await company.create(ANNA, **SPACE)
    assert (await hierarchy(company, ANNA, space, **query)).refusal == (400, "M_INVALID_PARAM")


async def test_only_suggested_rooms_are_given_to_who_asks_for_those(company: Company) -> None:
    rooms = await tree(company)
    await link(company, rooms["all"], rooms["last"], suggested=True)
    answer = (await hierarchy(company, BOB, rooms["all"], suggested_only="true")).ok
    assert [room["name"] for room in answer["rooms"]] == ["all", "last"]
    children = answer["rooms"][0]["children_state"]
    assert [child["state_key"] for child in children] == [rooms["last"]]


async def test_children_come_by_order_and_then_by_time(company: Company) -> None:
    """An order that is too long or has other than printable ASCII characters is none."""
    space = await company.create(ANNA, name="", **SPACE)
    orders = {"1": "é", "2": "b", "3": "x" * 51, "4": " ", "5": "b", "6": 5}
    for name, order in orders.items():
        room = await company.create(ANNA, name=name, preset="public_chat")
        await link(company, space, room, order=order)
    assert await names(company, ANNA, space) == ["", "4", "2", "5", "1", "3", "6"]


@pytest.mark.parametrize("content", [{}, {"via": None}, {"via": "a.example"}, {"via": [1]}])
async def test_a_link_without_via_is_none(company: Company, content: dict[str, Any]) -> None:
    rooms = await tree(company)
    await ok(company.set(ANNA, rooms["all"], CHILD, content, rooms["team"]))
    await link(company, rooms["all"], "nonsense")
    assert await names(company, BOB, rooms["all"]) == ["all", "news", "last"]


async def test_loops_end(company: Company) -> None:
    rooms = await tree(company)
    await link(company, rooms["inner"], rooms["all"], rooms["inner"], rooms["team"])
    assert await names(company, BOB, rooms["inner"]) == [
        *["inner", "deep", "all", "news", "team", "chat", "last"]
    ]


async def test_a_walk_is_bounded(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk_space, "MAX_ROOMS", 4)
    rooms = await tree(company)
    assert await names(company, BOB, rooms["all"]) == ["all", "news", "team", "inner"]


async def test_nobody_is_shown_rooms_that_they_may_not_come_into(company: Company) -> None:
    """Neither those, nor what is below them."""
    rooms = await tree(company)
    await ok(company.set(ANNA, rooms["team"], "m.room.join_rules", {"join_rule": "invite"}))
    assert await names(company, BOB, rooms["all"]) == ["all", "news", "last"]
    assert (await hierarchy(company, BOB, rooms["team"])).refusal == (403, "M_FORBIDDEN")
    assert (await hierarchy(company, BOB, "!" + "x" * 43)).refusal == (403, "M_FORBIDDEN")
    await ok(company.do(ANNA, "invite", rooms["team"], user_id=BOB))
    assert len(await names(company, BOB, rooms["all"])) == 7
    await ok(company.do(BOB, "leave", rooms["team"]))
    assert len(await names(company, BOB, rooms["all"])) == 3
    readable = {"history_visibility": "world_readable"}
    await ok(company.set(ANNA, rooms["team"], "m.room.history_visibility", readable))
    assert len(await names(company, BOB, rooms["all"])) == 7


async def test_who_is_banned_is_not_shown_the_room(company: Company) -> None:
    rooms = await tree(company)
    await ok(company.do(ANNA, "ban", rooms["all"], user_id=BOB))
    assert (await hierarchy(company, BOB, rooms["all"])).refusal == (403, "M_FORBIDDEN")
    assert len(await names(company, CAROL, rooms["all"])) == 7


@pytest.mark.parametrize(
    ("rule", "version", "shown"),
    [
        ("knock", "12", True),
        ("knock", "6", False),
        ("knock_restricted", "10", True),
        ("knock_restricted", "9", False),
        ("restricted", "12", False),
        ("private", "12", False),
    ],
)
async def test_a_stranger_is_shown_rooms_at_which_one_may_knock(
    company: Company, rule: str, version: str, shown: bool
) -> None:
    room = await company.create(ANNA, room_version=version)
    await ok(company.set(ANNA, room, "m.room.join_rules", {"join_rule": rule}))
    assert (await hierarchy(company, BOB, room)).status == (200 if shown else 403)


async def test_a_restricted_room_is_shown_to_those_who_meet_a_condition(company: Company) -> None:
    space = await company.create(ANNA, name="space", **SPACE)
    allow = [{"type": "m.room_membership", "room_id": space}]
    rules = {"join_rule": "restricted", "allow": allow}
    initial = [{"type": "m.room.join_rules", "content": rules}]
    room = await company.create(ANNA, name="room", initial_state=initial)
    await link(company, space, room)
    assert await names(company, BOB, space) == ["space"]
    await ok(company.do(BOB, "join", space))
    answer = (await hierarchy(company, BOB, space)).ok
    assert [each["name"] for each in answer["rooms"]] == ["space", "room"]
    assert answer["rooms"][1]["allowed_room_ids"] == [space]
    await ok(company.do(BOB, "leave", space))
    assert await names(company, BOB, space) == ["space"]
