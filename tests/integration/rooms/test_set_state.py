"""PUT /rooms/{roomId}/state: client-server-api, "Sending events to a room"."""

from __future__ import annotations

import asyncio
from typing import Any

from tests.harness.company import Company, ok
from tests.harness.engine import ANNA, BOB, CAROL

FORBIDDEN = (403, "M_FORBIDDEN")


async def public(company: Company, *members: str, **body: Any) -> str:
    room = await company.create(ANNA, preset="public_chat", **body)
    for member in members:
        await ok(company.do(member, "join", room))
    return room


async def test_the_empty_key_needs_no_trailing_slash(company: Company) -> None:
    room = await public(company)
    for path in ("org.example.x", "org.example.x/"):
        content = {"path": path}
        await ok(company.api.put(ANNA, f"v3/rooms/{room}/state/{path}", content))
        assert await company.content(room, "org.example.x") == content
    await ok(company.set(ANNA, room, "org.example.x", {"k": 1}, "a/b c"))
    assert await company.content(room, "org.example.x", "a/b c") == {"k": 1}


async def test_the_same_again_is_the_same_event(company: Company) -> None:
    room = await public(company)
    first = (await company.set(ANNA, room, "x", {"a": 1, "b": [True]})).ok
    assert (await company.set(ANNA, room, "x", {"b": [True], "a": 1})).ok == first
    other = (await company.set(ANNA, room, "x", {"a": 1, "b": [1]})).ok
    assert other != first
    assert (await company.set(ANNA, room, "x", {"a": 1, "b": [True]})).ok not in (first, other)


async def test_the_same_by_someone_else_is_another_event(company: Company) -> None:
    room = await public(company, BOB)
    await ok(company.set(ANNA, room, "m.room.power_levels", {"users": {BOB: 50}}))
    first = (await company.set(ANNA, room, "x", {})).ok
    assert (await company.set(BOB, room, "x", {})).ok != first


async def test_the_same_at_once_is_answered_when_it_is_durable(company: Company) -> None:
    room = await public(company)
    answers = await asyncio.gather(*(company.set(ANNA, room, "x", {"a": 1}) for _ in range(10)))
    ids = {answer.ok["event_id"] for answer in answers}
    committed = {stored.event.event_id for stored in await company.timeline(room)}
    assert ids <= committed


async def test_state_takes_membership_and_power(company: Company) -> None:
    room = await public(company, BOB)
    assert (await company.set(BOB, room, "m.room.name", {"name": "x"})).refusal == FORBIDDEN
    assert (await company.set(CAROL, room, "m.room.name", {"name": "x"})).refusal == FORBIDDEN
    levels = {"users": {BOB: 100}}
    assert (await company.set(BOB, room, "m.room.power_levels", levels)).refusal == FORBIDDEN
    assert (await company.set(ANNA, room, "x", {}, BOB)).refusal == FORBIDDEN
    assert (await company.set(BOB, room, "m.room.tombstone", {})).refusal == FORBIDDEN


async def test_a_moderator_cannot_make_themself_an_administrator(company: Company) -> None:
    room = await public(company, BOB, CAROL)
    levels: dict[str, Any] = {"users": {BOB: 50, CAROL: 60}, "events": {"m.room.power_levels": 50}}
    await ok(company.set(ANNA, room, "m.room.power_levels", levels))
    for users in ({BOB: 100, CAROL: 60}, {BOB: 50, CAROL: 0}, {BOB: 50, CAROL: 60, ANNA: 0}):
        changed = {**levels, "users": users}
        answer = await company.set(BOB, room, "m.room.power_levels", changed)
        assert answer.status in (400, 403)
    assert await company.content(room, "m.room.power_levels") == levels


MALFORMED: list[tuple[str, Any, tuple[int, str]]] = [
    ("x", {"n": 1.5}, (400, "M_BAD_JSON")),
    ("x", {"n": 2**53}, (400, "M_BAD_JSON")),
    ("x", {"a": "x" * 66_000}, (413, "M_TOO_LARGE")),
    ("x" * 256, {}, (413, "M_TOO_LARGE")),
    ("m.room.power_levels", {"users": {ANNA: 100}}, (400, "M_BAD_JSON")),
    ("m.room.power_levels", {"users": []}, (400, "M_BAD_JSON")),
    ("m.room.power_levels", {"users": {"bob": 1}}, (400, "M_BAD_JSON")),
    ("m.room.power_levels", {"ban": "50"}, (400, "M_BAD_JSON")),
    ("m.room.power_levels", {"ban": True}, (400, "M_BAD_JSON")),
    ("m.room.power_levels", {"events": {"x": None}}, (400, "M_BAD_JSON")),
    ("m.room.create", {"room_version": "12"}, (400, "M_BAD_JSON")),
    ("m.room.member", {"membership": "join"}, (400, "M_INVALID_PARAM")),
]


async def test_malformed_state(company: Company) -> None:
    room = await public(company)
    for type_, content, refusal in MALFORMED:
        assert (await company.set(ANNA, room, type_, content)).refusal == refusal, content


async def test_names_of_state_have_bounds(company: Company) -> None:
    room = await public(company)
    await ok(company.set(ANNA, room, "x", {}, "k" * 255))
    assert (await company.set(ANNA, room, "x", {}, "k" * 256)).refusal == (413, "M_TOO_LARGE")
    assert (await company.set(ANNA, room, "x", {}, "nul\0")).refusal == (400, "M_INVALID_PARAM")


async def test_membership_is_state_too(company: Company) -> None:
    await company.register(BOB, "Bob")
    room = await company.create(ANNA)

    async def member(user: str, target: str, **content: Any) -> Any:
        return await company.set(user, room, "m.room.member", content, target)

    await ok(member(ANNA, BOB, membership="invite", reason="come"))
    assert await company.content(room, "m.room.member", BOB) == {
        "membership": "invite",
        "displayname": "Bob",
        "reason": "come",
    }
    await ok(member(BOB, BOB, membership="join"))
    assert (await member(ANNA, BOB, membership="join")).refusal == FORBIDDEN
    assert (await member(BOB, ANNA, membership="leave")).refusal == FORBIDDEN
    assert (await member(CAROL, CAROL, membership="knock")).refusal == FORBIDDEN
    for wrong in ("away", 5, None):
        assert (await member(BOB, BOB, membership=wrong)).refusal == (400, "M_BAD_JSON")
    await ok(member(ANNA, BOB, membership="ban"))
    assert (await member(BOB, BOB, membership="leave")).refusal == FORBIDDEN
    await ok(member(ANNA, BOB, membership="leave"))
    assert await company.membership(room, BOB) == "leave"


async def test_one_may_have_another_name_in_one_room(company: Company) -> None:
    await company.register(BOB, "Bob")
    room = await public(company, BOB)
    content = {"membership": "join", "displayname": "Bobby"}
    first = (await company.set(BOB, room, "m.room.member", content, BOB)).ok
    assert await company.content(room, "m.room.member", BOB) == content
    assert (await company.set(BOB, room, "m.room.member", content, BOB)).ok == first
    assert (await company.set(ANNA, room, "m.room.member", content, BOB)).refusal == FORBIDDEN


async def canonical(company: Company, user: str, room: str, **content: Any) -> Any:
    return await company.set(user, room, "m.room.canonical_alias", content)


async def test_a_canonical_alias_points_to_its_room(company: Company) -> None:
    room = await public(company, room_alias_name="here")
    await public(company, room_alias_name="there")
    here, there = "#here:a.example", "#there:a.example"
    bad = (400, "M_BAD_ALIAS")
    assert (await canonical(company, ANNA, room, alias=there)).refusal == bad
    assert (await canonical(company, ANNA, room, alias="#no:a.example")).refusal == bad
    assert (await canonical(company, ANNA, room, alias="#no:z.example")).refusal == bad
    assert (await canonical(company, ANNA, room, alias=here, alt_aliases=[there])).refusal == bad
    await ok(canonical(company, ANNA, room, alias=here, alt_aliases=[here]))
    await ok(canonical(company, ANNA, room))
    await ok(canonical(company, ANNA, room, alias=""))
    await ok(canonical(company, ANNA, room, alias=None))


NOT_ALIASES: list[dict[str, Any]] = [
    {"alias": "%x:a.example"},
    {"alias": 5},
    {"alias": ["#here:a.example"]},
    {"alias": "#nul\0:a.example"},
    {"alt_aliases": "#here:a.example"},
    {"alt_aliases": [5]},
    {"alt_aliases": ["%x:a.example"]},
]


async def test_a_canonical_alias_is_an_alias(company: Company) -> None:
    room = await public(company, room_alias_name="here")
    for content in NOT_ALIASES:
        answer = await canonical(company, ANNA, room, **content)
        assert answer.refusal == (400, "M_INVALID_PARAM"), content


async def test_aliases_that_stand_there_already_are_not_judged(company: Company) -> None:
    room = await public(company, room_alias_name="here")
    alias = "#here:a.example"
    other = "#other:a.example"
    path = "v3/directory/room/%23other:a.example"
    await ok(company.do(BOB, "join", room))
    await ok(company.api.put(BOB, path, {"room_id": room}))
    await ok(canonical(company, ANNA, room, alias=alias, alt_aliases=[other]))
    # Bob removes his alias; he may not touch the state, where it stays.
    await ok(company.api.call("DELETE", BOB, path))
    assert (await company.api.get(BOB, path)).refusal == (404, "M_NOT_FOUND")
    await ok(canonical(company, ANNA, room, alias=other, alt_aliases=[alias]))
