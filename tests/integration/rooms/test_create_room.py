"""POST /createRoom: client-server-api, "Creation"."""

from __future__ import annotations

from typing import Any

import pytest

from tests.harness.company import Company, ok
from tests.harness.engine import ANNA, BOB, CAROL


async def test_the_events_come_in_the_order_of_the_specification(company: Company) -> None:
    await company.register(ANNA, "Anna", "mxc://a.example/anna")
    await company.register(BOB, "Bob")
    room = await company.create(
        ANNA,
        room_alias_name="all",
        name="All hands",
        topic="Everything",
        invite=[BOB],
        is_direct=True,
        initial_state=[
            {"type": "m.room.encryption", "content": {"algorithm": "m.megolm.v1.aes-sha2"}},
            {"type": "org.example.x", "state_key": "k", "content": {"v": 1}},
        ],
    )
    events = [stored.event for stored in await company.timeline(room)]
    assert [(event.type, event.state_key) for event in events] == [
        ("m.room.create", ""),
        ("m.room.member", ANNA),
        ("m.room.power_levels", ""),
        ("m.room.canonical_alias", ""),
        ("m.room.join_rules", ""),
        ("m.room.history_visibility", ""),
        ("m.room.guest_access", ""),
        ("m.room.encryption", ""),
        ("org.example.x", "k"),
        ("m.room.name", ""),
        ("m.room.topic", ""),
        ("m.room.member", BOB),
    ]
    assert events[1].content == {
        "membership": "join",
        "displayname": "Anna",
        "avatar_url": "mxc://a.example/anna",
    }
    assert events[3].content == {"alias": "#all:a.example"}
    assert events[-2].content["m.topic"] == {"m.text": [{"body": "Everything"}]}
    assert events[-1].content == {"membership": "invite", "displayname": "Bob", "is_direct": True}
    assert {event.sender for event in events} == {ANNA}


async def test_a_room_is_one_commit(company: Company) -> None:
    before = company.engine.committer.commits
    await company.create(ANNA, room_alias_name="one", name="One", invite=[BOB, CAROL])
    assert company.engine.committer.commits == before + 1


@pytest.mark.parametrize(
    ("asked", "rules"),
    [
        ({}, ("invite", "shared", "can_join")),
        ({"preset": "private_chat"}, ("invite", "shared", "can_join")),
        ({"preset": "trusted_private_chat"}, ("invite", "shared", "can_join")),
        ({"preset": "public_chat"}, ("public", "shared", "forbidden")),
        ({"visibility": "public"}, ("public", "shared", "forbidden")),
        ({"visibility": "public", "preset": "private_chat"}, ("invite", "shared", "can_join")),
    ],
)
async def test_presets(company: Company, asked: dict[str, Any], rules: tuple[str, ...]) -> None:
    room = await company.create(ANNA, **asked)
    keys = ("join_rule", "history_visibility", "guest_access")
    contents = [
        await company.content(room, f"m.room.{kind}")
        for kind in ("join_rules", "history_visibility", "guest_access")
    ]
    assert contents == [{key: rule} for key, rule in zip(keys, rules, strict=True)]


async def test_a_v12_room_has_no_creator_in_its_power_levels(company: Company) -> None:
    room = await company.create(ANNA)
    levels = await company.content(room, "m.room.power_levels")
    assert levels is not None
    assert levels["users"] == {}
    assert levels["events"]["m.room.tombstone"] == 150
    assert ":" not in room


async def test_a_v11_room_gives_its_creator_100(company: Company) -> None:
    room = await company.create(ANNA, room_version="11")
    levels = await company.content(room, "m.room.power_levels")
    assert levels is not None
    assert levels["users"] == {ANNA: 100}
    assert room.endswith(":a.example")
    assert await company.content(room, "m.room.create") == {"room_version": "11"}


async def test_trusted_invitees_are_creators_in_v12(company: Company) -> None:
    room = await company.create(
        ANNA,
        preset="trusted_private_chat",
        invite=[BOB],
        creation_content={"additional_creators": [CAROL, BOB]},
    )
    create = await company.content(room, "m.room.create")
    assert create is not None
    assert create["additional_creators"] == [CAROL, BOB]
    await ok(company.do(BOB, "join", room))
    await ok(company.set(BOB, room, "m.room.name", {"name": "Bob's"}))
    assert (await company.do(ANNA, "kick", room, user_id=BOB)).refusal == (403, "M_FORBIDDEN")


async def test_trusted_invitees_have_100_in_v11(company: Company) -> None:
    room = await company.create(
        ANNA, preset="trusted_private_chat", invite=[BOB], room_version="11"
    )
    levels = await company.content(room, "m.room.power_levels")
    assert levels is not None
    assert levels["users"] == {ANNA: 100, BOB: 100}


async def test_the_servers_keys_of_the_create_event_cannot_be_chosen(company: Company) -> None:
    room = await company.create(
        ANNA, creation_content={"creator": BOB, "room_version": "1", "m.federate": False}
    )
    assert await company.content(room, "m.room.create") == {
        "room_version": "12",
        "m.federate": False,
    }


async def test_name_and_topic_replace_initial_state_which_replaces_presets(
    company: Company,
) -> None:
    room = await company.create(
        ANNA,
        topic="new",
        initial_state=[
            {"type": "m.room.topic", "content": {"topic": "old"}},
            {"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": "knock"}},
        ],
    )
    assert await company.content(room, "m.room.join_rules") == {"join_rule": "knock"}
    topic = await company.content(room, "m.room.topic")
    assert topic is not None
    assert topic["topic"] == "new"
    types = [stored.event.type for stored in await company.timeline(room)]
    assert types.count("m.room.topic") == types.count("m.room.join_rules") == 1


async def test_power_levels_can_be_overridden(company: Company) -> None:
    room = await company.create(ANNA, power_level_content_override={"users": {BOB: 100}, "ban": 70})
    levels = await company.content(room, "m.room.power_levels")
    assert levels is not None
    assert levels["users"] == {BOB: 100}
    assert levels["ban"] == 70
    assert levels["kick"] == 50


async def test_an_alias_is_taken_once(company: Company) -> None:
    first = await company.create(ANNA, room_alias_name="one")
    answer = await company.api.post(BOB, "v3/createRoom", {"room_alias_name": "one", "name": "x"})
    assert answer.refusal == (400, "M_ROOM_IN_USE")
    found = await company.api.get(BOB, "v3/directory/room/%23one:a.example")
    assert found.ok == {"room_id": first, "servers": ["a.example"]}
    assert (await company.api.get(BOB, "v3/joined_rooms")).ok == {"joined_rooms": []}


CANNOT_BE_MADE: list[tuple[dict[str, Any], tuple[int, str]]] = [
    ({"room_version": "13"}, (400, "M_UNSUPPORTED_ROOM_VERSION")),
    ({"room_version": "nonsense"}, (400, "M_UNSUPPORTED_ROOM_VERSION")),
    ({"room_version": 1}, (400, "M_BAD_JSON")),
    ({"visibility": "secret"}, (400, "M_BAD_JSON")),
    ({"preset": "cosy"}, (400, "M_BAD_JSON")),
    ({"name": 7}, (400, "M_BAD_JSON")),
    ({"invite": "@bob:a.example"}, (400, "M_BAD_JSON")),
    ({"invite": ["bob"]}, (400, "M_INVALID_PARAM")),
    ({"invite": ["@zoe:z.example"]}, (403, "M_FORBIDDEN")),
    ({"invite": [f"@u{n}:a.example" for n in range(501)]}, (400, "M_INVALID_PARAM")),
    ({"invite_3pid": [{"medium": "email"}]}, (403, "M_THREEPID_DENIED")),
    ({"room_alias_name": "#x:a.example"}, (400, "M_INVALID_PARAM")),
    ({"room_alias_name": "nul\0"}, (400, "M_INVALID_PARAM")),
    ({"room_alias_name": ""}, (400, "M_INVALID_PARAM")),
    ({"room_alias_name": "x" * 300}, (400, "M_INVALID_PARAM")),
    ({"room_alias_name": "bridged_x"}, (400, "M_EXCLUSIVE")),
    ({"creation_content": {"x": 1.5}}, (400, "M_BAD_JSON")),
    ({"creation_content": {"additional_creators": "@bob:a.example"}}, (400, "M_BAD_JSON")),
    ({"creation_content": {"additional_creators": [42]}}, (400, "M_BAD_JSON")),
    ({"creation_content": {"additional_creators": ["@x:dom$"]}}, (400, "M_BAD_JSON")),
    ({"power_level_content_override": {"users": {ANNA: 100}}}, (400, "M_BAD_JSON")),
    ({"power_level_content_override": {"ban": "50"}}, (400, "M_BAD_JSON")),
    ({"power_level_content_override": {"users": {"bob": 100}}}, (400, "M_BAD_JSON")),
    ({"power_level_content_override": {"ban": 2**53}}, (400, "M_BAD_JSON")),
    ({"initial_state": [{"content": {}}]}, (400, "M_MISSING_PARAM")),
    ({"initial_state": [{"type": "x", "content": 1}]}, (400, "M_BAD_JSON")),
    ({"initial_state": [{"type": "x", "content": {"n": 1.1}}]}, (400, "M_BAD_JSON")),
    ({"initial_state": [{"type": "x\0", "content": {}}]}, (400, "M_INVALID_PARAM")),
    ({"initial_state": [{"type": "x", "content": {"a": "x" * 66_000}}]}, (413, "M_TOO_LARGE")),
    ({"initial_state": [{"type": "x" * 256, "content": {}}]}, (413, "M_TOO_LARGE")),
    (
        {"initial_state": [{"type": "m.room.create", "content": {}}]},
        (400, "M_INVALID_ROOM_STATE"),
    ),
    (
        {"initial_state": [{"type": "m.room.member", "state_key": BOB, "content": {}}]},
        (400, "M_INVALID_ROOM_STATE"),
    ),
    (
        {"initial_state": [{"type": "x", "state_key": BOB, "content": {}}]},
        (400, "M_INVALID_ROOM_STATE"),
    ),
    (
        {"initial_state": [{"type": "m.room.canonical_alias", "content": {"alias": "#x:y"}}]},
        (400, "M_BAD_ALIAS"),
    ),
]


async def test_what_cannot_be_made_leaves_nothing(company: Company) -> None:
    before = company.engine.feed.position
    for body, refusal in CANNOT_BE_MADE:
        answer = await company.api.post(ANNA, "v3/createRoom", {"room_version": "12", **body})
        assert answer.refusal == refusal, body
    assert company.engine.feed.position == before
    assert (await company.api.get(ANNA, "v3/joined_rooms")).ok == {"joined_rooms": []}


async def test_levels_that_shut_out_their_creator_are_refused(company: Company) -> None:
    answer = await company.api.post(
        ANNA,
        "v3/createRoom",
        {"room_version": "11", "power_level_content_override": {"users": {BOB: 100}}},
    )
    assert answer.refusal == (400, "M_INVALID_ROOM_STATE")


async def test_someone_who_blocks_invites_is_not_invited(company: Company) -> None:
    config = {"default_action": "block"}
    await company.set_account_data(BOB, "m.invite_permission_config", config)
    answer = await company.api.post(ANNA, "v3/createRoom", {"invite": [BOB]})
    assert answer.refusal == (403, "M_INVITE_BLOCKED")


async def test_inviting_oneself_or_someone_twice_is_harmless(company: Company) -> None:
    room = await company.create(ANNA, invite=[ANNA, BOB, BOB])
    members = [s.event.state_key for s in await company.timeline(room) if s.event.membership]
    assert members == [ANNA, BOB]


async def test_a_direct_conversation_may_begin_without_being_accepted(company: Company) -> None:
    await company.register(ANNA, "Anna")
    await company.register(BOB, "Bob")
    at_once = {"is_direct": True, "org.teammessenger.join_invited": True}
    room = await company.create(ANNA, invite=[BOB], **at_once)
    assert await company.membership(room, BOB) == "join"
    events = [stored.event for stored in await company.timeline(room)]
    assert [(event.sender, event.content["membership"]) for event in events[-2:]] == [
        (ANNA, "invite"),
        (BOB, "join"),
    ]
    assert (await ok(company.send(BOB, room)))["event_id"]


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"invite": [BOB]}, (400, "M_INVALID_PARAM")),
        ({"invite": [BOB, CAROL], "is_direct": True}, (400, "M_INVALID_PARAM")),
        ({"invite": [], "is_direct": True}, (400, "M_INVALID_PARAM")),
        ({"invite": ["@nobody:a.example"], "is_direct": True}, (404, "M_NOT_FOUND")),
    ],
)
async def test_nobody_else_is_put_into_a_room(
    company: Company, body: dict[str, Any], refusal: tuple[int, str]
) -> None:
    await company.register(BOB)
    await company.register(CAROL)
    asked = {**body, "org.teammessenger.join_invited": True}
    assert (await company.api.post(ANNA, "v3/createRoom", asked)).refusal == refusal
