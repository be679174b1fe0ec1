"""Who is in a room: client-server-api, "Room membership"."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from homeserver.services.events.room_heads import RoomHead
from homeserver.storage import membership
from tests.harness.company import Company, ok
from tests.harness.engine import ANNA, BOB, CAROL

UNKNOWN = "!" + "x" * 43
FORBIDDEN = (403, "M_FORBIDDEN")


async def public(company: Company, *members: str, **body: Any) -> str:
    room = await company.create(ANNA, preset="public_chat", **body)
    for member in members:
        await ok(company.do(member, "join", room))
    return room


async def test_a_join_carries_profile_and_the_clients_own_keys(company: Company) -> None:
    await company.register(BOB, "Bob", "mxc://a.example/bob")
    room = await public(company)
    joined = await company.do(
        BOB, "join", room, reason="curious", foo="bar", x=None, membership="ban"
    )
    assert joined.ok == {"room_id": room}
    assert await company.content(room, "m.room.member", BOB) == {
        "membership": "join",
        "displayname": "Bob",
        "avatar_url": "mxc://a.example/bob",
        "reason": "curious",
        "foo": "bar",
    }


async def test_joining_twice_is_joining_once(company: Company) -> None:
    room = await public(company)
    answers = await asyncio.gather(*(company.do(BOB, "join", room) for _ in range(5)))
    assert {answer.status for answer in answers} == {200}
    await ok(company.do(BOB, "join", room, reason="again"))
    joins = [s for s in await company.timeline(room) if s.event.state_key == BOB]
    assert len(joins) == 1


async def test_a_room_is_joined_by_its_alias(company: Company) -> None:
    room = await public(company, room_alias_name="all")
    answer = await company.api.post(BOB, "v3/join/%23all:a.example", {"foo": "bar"})
    assert answer.ok == {"room_id": room}
    assert await company.membership(room, BOB) == "join"


NOT_HERE = [
    (f"join/{UNKNOWN}", (404, "M_NOT_FOUND")),
    (f"rooms/{UNKNOWN}/join", (404, "M_NOT_FOUND")),
    ("join/%23nobody:a.example", (404, "M_NOT_FOUND")),
    ("join/%23nobody:z.example", (404, "M_NOT_FOUND")),
    (f"knock/{UNKNOWN}", (404, "M_NOT_FOUND")),
    (f"rooms/{UNKNOWN}/leave", (404, "M_NOT_FOUND")),
    (f"rooms/{UNKNOWN}/forget", (404, "M_NOT_FOUND")),
    (f"rooms/{UNKNOWN}/invite", FORBIDDEN),
    (f"rooms/{UNKNOWN}/kick", FORBIDDEN),
    (f"rooms/{UNKNOWN}/ban", FORBIDDEN),
    (f"rooms/{UNKNOWN}/unban", FORBIDDEN),
    ("join/nonsense", (400, "M_INVALID_PARAM")),
    ("join/%23nul%00:a.example", (400, "M_INVALID_PARAM")),
    ("join/!nul%00", (400, "M_INVALID_PARAM")),
    ("rooms/nonsense/join", (400, "M_INVALID_PARAM")),
]


async def test_rooms_that_are_not_here(company: Company) -> None:
    for path, refusal in NOT_HERE:
        answer = await company.api.post(ANNA, f"v3/{path}", {"user_id": BOB})
        assert answer.refusal == refusal, path


async def test_nobody_comes_uninvited_into_a_private_room(company: Company) -> None:
    room = await company.create(ANNA)
    assert (await company.do(BOB, "join", room)).refusal == FORBIDDEN
    state = await company.set(BOB, room, "m.room.member", {"membership": "join"}, BOB)
    assert state.refusal == FORBIDDEN
    await ok(company.do(ANNA, "invite", room, user_id=BOB, reason="welcome"))
    assert await company.content(room, "m.room.member", BOB) == {
        "membership": "invite",
        "reason": "welcome",
    }
    await ok(company.do(BOB, "join", room))


async def test_an_invite_can_be_rejected_even_when_everybody_has_left(company: Company) -> None:
    room = await company.create(ANNA, invite=[BOB])
    await ok(company.do(ANNA, "leave", room))
    await ok(company.do(BOB, "leave", room, reason="late"))
    assert await company.content(room, "m.room.member", BOB) == {
        "membership": "leave",
        "reason": "late",
    }
    assert (await company.do(BOB, "join", room)).refusal == FORBIDDEN


async def test_who_may_be_invited(company: Company) -> None:
    room = await public(company, BOB)
    for user, target in ((ANNA, ANNA), (ANNA, BOB), (CAROL, CAROL), (CAROL, BOB)):
        assert (await company.do(user, "invite", room, user_id=target)).refusal == FORBIDDEN
    await ok(company.do(ANNA, "ban", room, user_id=CAROL))
    assert (await company.do(ANNA, "invite", room, user_id=CAROL)).refusal == FORBIDDEN
    foreign = await company.do(ANNA, "invite", room, user_id="@zoe:z.example")
    assert foreign.refusal == FORBIDDEN


async def test_inviting_takes_the_power_to_invite(company: Company) -> None:
    room = await public(company, BOB, power_level_content_override={"invite": 50})
    assert (await company.do(BOB, "invite", room, user_id=CAROL)).refusal == FORBIDDEN
    invite = {"membership": "invite"}
    state = await company.set(BOB, room, "m.room.member", invite, CAROL)
    assert state.refusal == FORBIDDEN
    assert await company.membership(room, CAROL) is None


async def test_who_blocks_invites_gets_none(company: Company) -> None:
    room = await public(company)
    await company.set_account_data(BOB, "m.invite_permission_config", {"default_action": "block"})
    blocked = (403, "M_INVITE_BLOCKED")
    assert (await company.do(ANNA, "invite", room, user_id=BOB)).refusal == blocked
    invite = {"membership": "invite"}
    assert (await company.set(ANNA, room, "m.room.member", invite, BOB)).refusal == blocked
    # Strangers do not learn who blocks.
    assert (await company.do(CAROL, "invite", room, user_id=BOB)).refusal == FORBIDDEN
    await company.set_account_data(BOB, "m.invite_permission_config", {})
    await ok(company.do(ANNA, "invite", room, user_id=BOB))


MALFORMED: list[tuple[dict[str, Any], tuple[int, str]]] = [
    ({}, (400, "M_MISSING_PARAM")),
    ({"user_id": "bob"}, (400, "M_INVALID_PARAM")),
    ({"user_id": "@nul\0:a.example"}, (400, "M_INVALID_PARAM")),
    ({"user_id": "@bob:a.example", "reason": 5}, (400, "M_BAD_JSON")),
]


async def test_malformed_requests(company: Company) -> None:
    room = await public(company)
    for verb in ("invite", "kick", "ban", "unban"):
        for body, refusal in MALFORMED:
            answer = await company.do(ANNA, verb, room, **body)
            assert answer.refusal == refusal, (verb, body)


async def test_invites_by_email_are_not_supported(company: Company) -> None:
    room = await public(company)
    answer = await company.do(ANNA, "invite", room, medium="email", address="x@y.z")
    assert answer.refusal == (403, "M_THREEPID_DENIED")


async def test_kicking_takes_the_power_and_someone_who_is_there(company: Company) -> None:
    room = await public(company, BOB, CAROL)
    assert (await company.do(BOB, "kick", room, user_id=CAROL)).refusal == FORBIDDEN
    assert (await company.do(BOB, "kick", room, user_id=ANNA)).refusal == FORBIDDEN
    await ok(company.do(ANNA, "kick", room, user_id=BOB, reason="bye"))
    assert await company.content(room, "m.room.member", BOB) == {
        "membership": "leave",
        "reason": "bye",
    }
    for target in (BOB, "@stranger:a.example"):
        assert (await company.do(ANNA, "kick", room, user_id=target)).refusal == FORBIDDEN
    await ok(company.do(CAROL, "leave", room))
    assert (await company.do(CAROL, "kick", room, user_id=ANNA)).refusal == FORBIDDEN


async def test_equals_do_not_kick_each_other(company: Company) -> None:
    room = await public(company, BOB, CAROL)
    levels = {"users": {BOB: 50, CAROL: 50}}
    await ok(company.set(ANNA, room, "m.room.power_levels", levels))
    for verb in ("kick", "ban"):
        assert (await company.do(BOB, verb, room, user_id=CAROL)).refusal == FORBIDDEN
        assert (await company.do(BOB, verb, room, user_id=ANNA)).refusal == FORBIDDEN


async def test_no_level_reaches_a_creator(company: Company) -> None:
    room = await public(company, BOB)
    await ok(company.set(ANNA, room, "m.room.power_levels", {"users": {BOB: 2**53 - 1}}))
    assert (await company.do(BOB, "kick", room, user_id=ANNA)).refusal == FORBIDDEN
    assert (await company.do(ANNA, "kick", room, user_id=BOB)).ok == {}


async def test_a_ban_keeps_out_until_it_is_lifted(company: Company) -> None:
    room = await public(company, BOB, CAROL)
    await ok(company.do(ANNA, "ban", room, user_id=BOB, reason="spam"))
    assert await company.content(room, "m.room.member", BOB) == {
        "membership": "ban",
        "reason": "spam",
    }
    assert (await company.do(BOB, "join", room)).refusal == FORBIDDEN
    assert (await company.do(BOB, "leave", room)).refusal == FORBIDDEN
    assert (await company.send(BOB, room)).refusal == FORBIDDEN
    assert (await company.api.post(BOB, f"v3/knock/{room}", {})).refusal == FORBIDDEN
    for kind in ("join", "leave", "invite", "knock"):
        own = await company.set(BOB, room, "m.room.member", {"membership": kind}, BOB)
        assert own.refusal == FORBIDDEN
    # Kicking someone who is banned does not let them in again.
    assert (await company.do(ANNA, "kick", room, user_id=BOB)).refusal == FORBIDDEN
    assert (await company.do(CAROL, "unban", room, user_id=BOB)).refusal == FORBIDDEN
    assert await company.membership(room, BOB) == "ban"
    await ok(company.do(ANNA, "unban", room, user_id=BOB))
    await ok(company.do(BOB, "join", room))


async def test_a_kick_does_not_lift_the_ban_that_came_meanwhile(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = await public(company, BOB, CAROL)
    await ok(company.set(ANNA, room, "m.room.power_levels", {"users": {CAROL: 60}}))
    prepare, waiting, gate = company.engine.push.prepare, asyncio.Event(), asyncio.Event()

    async def slow_once(head: RoomHead) -> None:
        monkeypatch.setattr(company.engine.push, "prepare", prepare)
        waiting.set()
        await gate.wait()

    monkeypatch.setattr(company.engine.push, "prepare", slow_once)
    kick = asyncio.create_task(company.do(CAROL, "kick", room, user_id=BOB))
    await waiting.wait()
    await ok(company.do(ANNA, "ban", room, user_id=BOB))
    gate.set()
    assert (await kick).refusal == FORBIDDEN
    assert await company.membership(room, BOB) == "ban"


async def test_strangers_can_be_banned_before_they_come(company: Company) -> None:
    room = await public(company)
    await ok(company.do(ANNA, "ban", room, user_id=BOB))
    assert (await company.do(BOB, "join", room)).refusal == FORBIDDEN


async def test_only_a_ban_is_lifted(company: Company) -> None:
    room = await public(company, BOB)
    assert (await company.do(ANNA, "unban", room, user_id=BOB)).refusal == (403, "M_BAD_STATE")
    assert (await company.do(CAROL, "unban", room, user_id=BOB)).refusal == FORBIDDEN
    assert await company.membership(room, BOB) == "join"


async def test_power_without_presence_is_none(company: Company) -> None:
    room = await public(company, BOB)
    await ok(company.set(ANNA, room, "m.room.power_levels", {"users": {CAROL: 100}}))
    for verb in ("kick", "ban", "invite", "unban"):
        assert (await company.do(CAROL, verb, room, user_id=BOB)).refusal == FORBIDDEN


async def test_leaving_twice_is_leaving_once(company: Company) -> None:
    room = await public(company, BOB)
    for _ in range(2):
        assert (await company.do(BOB, "leave", room)).ok == {}
    assert len([s for s in await company.timeline(room) if s.event.state_key == BOB]) == 2
    assert (await company.do(CAROL, "leave", room)).refusal == FORBIDDEN


async def test_forgetting_comes_after_leaving(company: Company) -> None:
    room = await public(company, BOB)
    assert (await company.do(BOB, "forget", room)).refusal == (400, "M_UNKNOWN")
    assert (await company.do(CAROL, "forget", room)).refusal == (404, "M_NOT_FOUND")
    await ok(company.do(BOB, "leave", room))
    await ok(company.do(BOB, "forget", room))
    await ok(company.do(BOB, "forget", room))
    assert await forgotten(company, room, BOB)
    await ok(company.do(BOB, "join", room))
    assert not await forgotten(company, room, BOB)


async def forgotten(company: Company, room: str, user: str) -> bool:
    head = await company.engine.heads.get(room)
    async with company.engine.database.read() as conn:
        return await membership.is_forgotten(conn, head.nid, user)


async def test_a_rejected_invite_and_a_kick_can_be_forgotten(company: Company) -> None:
    room = await public(company, BOB, invite=[CAROL])
    await ok(company.do(CAROL, "leave", room))
    await ok(company.do(ANNA, "ban", room, user_id=BOB))
    for user in (BOB, CAROL):
        await ok(company.do(user, "forget", room))
        assert await forgotten(company, room, user)


async def test_knocking_asks_to_be_let_in(company: Company) -> None:
    await company.register(BOB, "Bob")
    room = await company.create(
        ANNA,
        room_alias_name="door",
        initial_state=[{"type": "m.room.join_rules", "content": {"join_rule": "knock"}}],
    )
    answer = await company.api.post(BOB, "v3/knock/%23door:a.example", {"reason": "please"})
    assert answer.ok == {"room_id": room}
    assert await company.content(room, "m.room.member", BOB) == {
        "membership": "knock",
        "reason": "please",
        "displayname": "Bob",
    }
    assert (await company.do(BOB, "join", room)).refusal == FORBIDDEN
    assert (await company.api.post(BOB, f"v3/knock/{room}", {})).ok
    await ok(company.do(BOB, "leave", room))
    assert (await company.api.post(BOB, f"v3/knock/{room}", {})).ok
    await ok(company.do(ANNA, "invite", room, user_id=BOB))
    assert (await company.api.post(BOB, f"v3/knock/{room}", {})).refusal == FORBIDDEN
    await ok(company.do(BOB, "join", room))


async def test_other_rooms_take_no_knocks(company: Company) -> None:
    for preset in ("public_chat", "private_chat"):
        room = await company.create(ANNA, preset=preset)
        assert (await company.api.post(BOB, f"v3/knock/{room}", {})).refusal == FORBIDDEN


async def restricted(company: Company, to: str, **body: Any) -> str:
    rule = {
        "join_rule": body.pop("join_rule", "restricted"),
        "allow": [
            "nonsense",
            {"type": "m.room_membership", "room_id": 5},
            {"type": "org.example.unknown", "room_id": to},
            {"type": "m.room_membership", "room_id": "!nul\0"},
            {"type": "m.room_membership", "room_id": to},
        ],
    }
    initial = [{"type": "m.room.join_rules", "content": rule}]
    return await company.create(ANNA, initial_state=initial, **body)


@pytest.mark.parametrize("version", ["11", "12"])
@pytest.mark.parametrize("rule", ["restricted", "knock_restricted"])
async def test_members_of_one_room_may_join_another(
    company: Company, rule: str, version: str
) -> None:
    space = await public(company, BOB)
    room = await restricted(company, space, join_rule=rule, room_version=version)
    assert (await company.do(CAROL, "join", room)).refusal == FORBIDDEN
    await ok(company.do(BOB, "join", room))
    content = await company.content(room, "m.room.member", BOB)
    assert content is not None
    assert content["join_authorised_via_users_server"] == ANNA
    await ok(company.do(CAROL, "join", space))
    await ok(company.do(CAROL, "leave", space))
    assert (await company.do(CAROL, "join", room)).refusal == FORBIDDEN
    await ok(company.do(ANNA, "invite", room, user_id=CAROL))
    await ok(company.do(CAROL, "join", room))
    content = await company.content(room, "m.room.member", CAROL)
    assert content == {"membership": "join"}


async def test_the_authorising_user_cannot_be_chosen(company: Company) -> None:
    space = await public(company)
    room = await restricted(company, space)
    forged = {"membership": "join", "join_authorised_via_users_server": ANNA}
    assert (await company.do(BOB, "join", room, **forged)).refusal == FORBIDDEN
    assert (await company.set(BOB, room, "m.room.member", forged, BOB)).refusal == FORBIDDEN


async def test_a_ban_outweighs_a_condition_met(company: Company) -> None:
    space = await public(company, BOB)
    room = await restricted(company, space)
    await ok(company.do(ANNA, "ban", room, user_id=BOB))
    assert (await company.do(BOB, "join", room)).refusal == FORBIDDEN


async def test_a_condition_met_is_nothing_where_nobody_may_invite(company: Company) -> None:
    space = await public(company, BOB, CAROL)
    levels = {"invite": 50, "users": {}}
    room = await restricted(company, space, power_level_content_override=levels)
    await ok(company.do(CAROL, "join", room))
    await ok(company.do(ANNA, "leave", room))
    refusal = (await company.do(BOB, "join", room)).refusal
    assert refusal == (400, "M_UNABLE_TO_GRANT_JOIN")


async def test_whoever_leaves_for_good_leaves_every_room(company: Company) -> None:
    joined = [await public(company, BOB) for _ in range(3)]
    invited = await company.create(ANNA, invite=[BOB])
    banned = await public(company)
    await ok(company.do(ANNA, "ban", banned, user_id=BOB))
    await company.members.memberships.leave_all(BOB)
    for room in [*joined, invited]:
        assert await company.membership(room, BOB) == "leave"
    assert await company.membership(banned, BOB) == "ban"


async def test_a_changed_profile_is_carried_into_the_rooms(company: Company) -> None:
    await company.register(BOB, "Bob", "mxc://a.example/bob")
    rooms = [await public(company, BOB) for _ in range(3)]
    left = await public(company, BOB)
    await ok(company.do(BOB, "leave", left))
    space = await public(company, BOB)
    authorised = await restricted(company, space)
    await ok(company.do(BOB, "join", authorised, reason="once", foo="kept"))
    await company.rename(BOB, "Robert")
    commits = company.engine.committer.commits
    await company.members.profiles.on_profile_change(BOB)
    assert company.engine.committer.commits - commits <= 2
    for room in rooms:
        expected = {"membership": "join", "displayname": "Robert"}
        assert await company.content(room, "m.room.member", BOB) == expected
    assert await company.content(authorised, "m.room.member", BOB) == {
        "membership": "join",
        "displayname": "Robert",
        "foo": "kept",
    }
    assert await company.membership(left, BOB) == "leave"
    position = company.engine.feed.position
    await company.members.profiles.on_profile_change(BOB)
    assert company.engine.feed.position == position


async def test_of_two_changes_the_newer_one_stays(company: Company) -> None:
    await company.register(BOB, "Bob")
    room = await public(company, BOB)
    await company.rename(BOB, "one")
    first = asyncio.create_task(company.members.profiles.on_profile_change(BOB))
    await company.rename(BOB, "two")
    await asyncio.gather(first, company.members.profiles.on_profile_change(BOB))
    content = await company.content(room, "m.room.member", BOB)
    assert content is not None
    assert content["displayname"] == "two"
