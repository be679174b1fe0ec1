"""POST /rooms/{room_id}/upgrade: client-server-api, "Room Upgrades"."""

from __future__ import annotations

from typing import Any

import pytest

from homeserver.ids import RoomId, UserId
from homeserver.protocol.room_versions import ROOM_VERSIONS
from homeserver.storage.database import Sql
from tests.harness.company import Company, ok
from tests.harness.engine import ANNA, BOB, CAROL

DAVE = "@dave:a.example"
PUBLIC = Sql("SELECT is_public FROM room WHERE room_id = :room_id")


async def upgrade(company: Company, user: str, room: str, version: str = "12", **said: Any) -> str:
    """The id of the new room."""
    answer = await ok(company.do(user, "upgrade", room, new_version=version, **said))
    new: str = answer["replacement_room"]
    return new


async def old_room(company: Company, version: str = "10", **said: Any) -> str:
    """Bob and Carol are in it; Dave is banned. Bob has the power to upgrade it."""
    body = {"preset": "public_chat", "room_version": version, "name": "Old", **said}
    room = await company.create(ANNA, **body)
    for user in (BOB, CAROL):
        await ok(company.do(user, "join", room))
    await ok(company.do(ANNA, "ban", room, user_id=DAVE, reason="spam"))
    levels = await company.content(room, "m.room.power_levels")
    assert levels is not None
    changed = {**levels, "users": {**levels["users"], BOB: 150 if version == "12" else 100}}
    await ok(company.set(ANNA, room, "m.room.power_levels", changed))
    return room


@pytest.mark.parametrize("version", list(ROOM_VERSIONS))
async def test_1_to_5_a_room_of_version_10_becomes_one_of_any_other(
    company: Company, version: str
) -> None:
    room = await old_room(company, creation_content={"type": "m.space", "m.federate": False})
    child = {"via": ["a.example"]}
    await ok(company.set(ANNA, room, "m.space.child", child, key="!child:a.example"))
    tip = (await company.timeline(room))[-1].event.event_id
    new = await upgrade(company, ANNA, room, version)

    create = await company.content(new, "m.room.create")
    assert create is not None
    assert (create["type"], create["m.federate"]) == ("m.space", False)
    assert create["room_version"] == version
    predecessor = {"room_id": room} if version == "12" else {"room_id": room, "event_id": tip}
    assert create["predecessor"] == predecessor
    for event_type in ("name", "join_rules", "history_visibility", "guest_access"):
        of_both = [await company.content(each, f"m.room.{event_type}") for each in (room, new)]
        assert of_both[0] == of_both[1]
    assert await company.content(new, "m.space.child", "!child:a.example") == child
    assert await company.content(new, "m.room.member", DAVE) == {
        "membership": "ban",
        "reason": "spam",
    }
    assert await company.content(room, "m.room.tombstone") == {
        "body": "This room has been replaced",
        "replacement_room": new,
    }


async def test_1_it_takes_the_power_to_send_the_tombstone(company: Company) -> None:
    room = await old_room(company)
    before = company.engine.feed.position
    answer = await company.do(CAROL, "upgrade", room, new_version="12")
    assert answer.refusal == (403, "M_FORBIDDEN")
    stranger = await company.do("@zoe:a.example", "upgrade", room, new_version="12")
    assert stranger.refusal == (403, "M_FORBIDDEN")
    assert company.engine.feed.position == before


async def test_the_version_must_be_known(company: Company) -> None:
    room = await old_room(company)
    answer = await company.do(ANNA, "upgrade", room, new_version="13")
    assert answer.refusal == (400, "M_UNSUPPORTED_ROOM_VERSION")


async def test_3_power_levels_stay_and_creators_are_above_them(company: Company) -> None:
    room = await old_room(company)
    new = await upgrade(company, BOB, room, additional_creators=[CAROL])
    create = await company.content(new, "m.room.create")
    assert create is not None
    assert create["additional_creators"] == [CAROL]
    levels = await company.content(new, "m.room.power_levels")
    assert levels is not None
    assert levels["users"] == {ANNA: 100}
    assert levels["events"]["m.room.tombstone"] == 100


async def test_3_additional_creators_are_ignored_before_version_12(company: Company) -> None:
    room = await old_room(company)
    new = await upgrade(company, BOB, room, "11", additional_creators=[CAROL, "nobody"])
    create = await company.content(new, "m.room.create")
    assert create is not None
    assert "additional_creators" not in create
    old_levels = await company.content(room, "m.room.power_levels")
    new_levels = await company.content(new, "m.room.power_levels")
    assert old_levels is not None
    assert new_levels is not None
    assert new_levels["users"] == old_levels["users"]


async def test_3_malformed_creators_are_refused(company: Company) -> None:
    room = await old_room(company)
    answer = await company.do(
        BOB, "upgrade", room, new_version="12", additional_creators=["nobody"]
    )
    assert answer.refusal == (400, "M_INVALID_PARAM")


async def test_3_who_may_upgrade_but_not_much_more_makes_the_whole_room(
    company: Company,
) -> None:
    """Carol may send the tombstone, but not most of what the new room is made of."""
    room = await old_room(company)
    levels = await company.content(room, "m.room.power_levels")
    assert levels is not None
    changed = {
        **levels,
        "users": {**levels["users"], CAROL: 50},
        "events": {**levels["events"], "m.room.tombstone": 50},
    }
    await ok(company.set(ANNA, room, "m.room.power_levels", changed))
    new = await upgrade(company, CAROL, room, "11")
    assert await company.content(new, "m.room.power_levels") == changed
    # The old room is closed as far as Carol's power goes: its levels are not hers to change.
    assert await company.content(room, "m.room.power_levels") == changed


async def test_3_creators_above_all_levels_keep_power_in_an_older_version(
    company: Company,
) -> None:
    room = await old_room(company, "12")
    new = await upgrade(company, BOB, room, "11")
    levels = await company.content(new, "m.room.power_levels")
    assert levels is not None
    assert levels["users"] == {ANNA: 100, BOB: 150}


async def test_3_levels_that_are_texts_become_integers(company: Company) -> None:
    room = await old_room(company, "9")
    texts = {"users": {ANNA: "100", BOB: " 0100 "}, "ban": "60", "events": {"x": "+5"}}
    await ok(company.set(ANNA, room, "m.room.power_levels", texts))
    new = await upgrade(company, ANNA, room, "10")
    assert await company.content(new, "m.room.power_levels") == {
        "users": {ANNA: 100, BOB: 100},
        "ban": 60,
        "events": {"x": 5},
    }


async def test_4_aliases_and_the_place_in_the_directory_move(company: Company) -> None:
    room = await old_room(company, room_alias_name="old", visibility="public")
    await ok(company.api.put(BOB, "v3/directory/room/%23other:a.example", {"room_id": room}))
    new = await upgrade(company, ANNA, room)
    for alias in ("old", "other"):
        found = await ok(company.api.get(ANNA, f"v3/directory/room/%23{alias}:a.example"))
        assert found["room_id"] == new
    assert await company.content(new, "m.room.canonical_alias") == {"alias": "#old:a.example"}
    assert await company.content(room, "m.room.canonical_alias") == {}
    async with company.engine.database.read() as conn:
        published = [await conn.fetch_value(PUBLIC, room_id=each) for each in (room, new)]
    assert published == [0, 1]


async def test_6_the_old_room_is_closed(company: Company) -> None:
    room = await old_room(company)
    await upgrade(company, ANNA, room)
    levels = await company.content(room, "m.room.power_levels")
    assert levels is not None
    assert (levels["events_default"], levels["invite"]) == (50, 50)
    assert (await company.send(CAROL, room)).refusal == (403, "M_FORBIDDEN")


async def test_members_who_cannot_come_by_themselves_are_asked_over(company: Company) -> None:
    room = await company.create(ANNA, invite=[BOB, CAROL], room_version="11")
    await ok(company.do(BOB, "join", room))
    new = await upgrade(company, ANNA, room)
    assert await company.membership(new, BOB) == "invite"
    assert await company.membership(new, CAROL) is None
    public = await old_room(company)
    replacement = await upgrade(company, ANNA, public)
    assert await company.membership(replacement, BOB) is None


async def test_what_people_have_set_follows_them(company: Company) -> None:
    room = await old_room(company)
    members = company.members
    rule: dict[str, Any] = {"actions": []}
    for user in (ANNA, BOB):
        await members.push_rules.change(UserId(user), lambda rules: rules.put("room", room, rule))
        await members.user_data.set_tag(UserId(user), RoomId(room), "m.favourite", {"order": 0.5})
        await members.user_data.put(UserId(user), None, "m.direct", {CAROL: [room]})
    new = await upgrade(company, ANNA, room)
    await ok(company.do(BOB, "join", new))
    for user in (ANNA, BOB):
        rules = await members.push_rules.rules(UserId(user))
        assert rules.get("room", new).actions == ()
        tags = await members.user_data.tags(UserId(user), RoomId(new))
        assert tags == {"m.favourite": {"order": 0.5}}
        raw = await members.user_data.get(UserId(user), None, "m.direct")
        assert raw == f'{{"{CAROL}":["{room}","{new}"]}}'.encode()


async def test_settings_follow_an_upgrade_by_hand(company: Company) -> None:
    room = await old_room(company)
    await company.members.push_rules.change(
        UserId(ANNA), lambda rules: rules.put("room", room, {"actions": []})
    )
    new = await company.create(ANNA, creation_content={"predecessor": {"room_id": room}})
    rules = await company.members.push_rules.rules(UserId(ANNA))
    assert new not in [rule.rule_id for rule in rules.rules("room")]
    await ok(company.set(ANNA, room, "m.room.tombstone", {"body": "x", "replacement_room": new}))
    rules = await company.members.push_rules.rules(UserId(ANNA))
    assert rules.get("room", new).actions == ()


async def test_settings_follow_no_room_that_only_claims_to_replace(company: Company) -> None:
    room = await old_room(company)
    await company.members.push_rules.change(
        UserId(BOB), lambda rules: rules.put("room", room, {"actions": []})
    )
    false = await company.create(
        CAROL, preset="public_chat", creation_content={"predecessor": {"room_id": room}}
    )
    await ok(company.do(BOB, "join", false))
    rules = await company.members.push_rules.rules(UserId(BOB))
    assert [rule.rule_id for rule in rules.rules("room")] == [room]
