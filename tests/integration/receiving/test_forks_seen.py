"""What people see of forks: visibility by the state before each event, and what /sync tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeserver.services.events.write_event import Draft
from homeserver.storage.events import OK, SOFT_FAILED
from tests.harness.engine import ANNA, BOB, member_event, running_engine, say
from tests.harness.history import history
from tests.harness.shared_room import RALF, RITA, SharedRoom, shared_room
from tests.harness.sync_scenario import PEOPLE, Scenario

_TEXT = {"msgtype": "m.text", "body": "hello"}


@pytest.mark.parametrize(
    ("visibility", "seen"),
    [("invited", False), ("joined", False), ("shared", True), ("world_readable", True)],
)
async def test_on_a_branch_from_before_they_joined_the_branch_decides(
    tmp_path: Path, migrated_database_url: str, visibility: str, seen: bool
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine, visibility=visibility)
        base = shared.record.extremities
        joined = await member_event(engine, shared.room_id, BOB, "join")
        await shared.local(joined.event.event_id)
        late = shared.remote.make("m.room.message", RITA, _TEXT, prev=base)
        assert (await shared.receive(late)).status == OK
        after = shared.remote.make(
            "m.room.message", RITA, _TEXT, prev=[late.event_id, joined.event.event_id]
        )
        assert (await shared.receive(after)).status == OK
        await shared.check()
        for user_id, whole in ((ANNA, True), (BOB, seen)):
            shown = [e.event_id for e in await history(engine, None, shared.room_id, user_id)]
            assert (late.event_id in shown) is whole
            assert after.event_id in shown


@pytest.mark.parametrize("changed_to", ["joined", "shared"])
async def test_a_change_of_visibility_on_a_branch_holds_there(
    tmp_path: Path, migrated_database_url: str, changed_to: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        other = "joined" if changed_to == "shared" else "shared"
        shared = await shared_room(engine, remote_members=(RITA, RALF), visibility=other)
        base = await _make_admin(shared)
        event = shared.remote.make(
            "m.room.history_visibility", RITA, {"history_visibility": changed_to}, "", prev=base
        )
        there = shared.remote.make("m.room.message", RITA, _TEXT, prev=[event.event_id])
        beside = shared.remote.make("m.room.message", RITA, _TEXT, prev=base)
        for each in (event, there, beside):
            assert (await shared.receive(each)).status == OK
        await shared.check()
        await member_event(engine, shared.room_id, BOB, "join")
        shown = [e.event_id for e in await history(engine, None, shared.room_id, BOB)]
        # The change itself is seen by whoever may see what is before or what is after it.
        assert event.event_id in shown
        assert (there.event_id in shown) is (changed_to == "shared")
        assert (beside.event_id in shown) is (other == "shared")


async def _make_admin(shared: SharedRoom) -> list[str]:

    levels = {"users": {RITA: 100}}
    (stored,) = await shared.engine.write.write(
        shared.room_id, Draft("m.room.power_levels", ANNA, levels, "")
    )
    await shared.local(stored.event.event_id)
    return [stored.event.event_id]


async def test_who_was_thrown_out_by_a_resolution_is_told(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine, PEOPLE[1])
        base = await _make_admin(shared)
        scenario = Scenario(engine, 0)
        scenario.rooms.append(shared.room_id)
        for client in scenario.clients:
            await client.catch_up()
        said = await say(engine, shared.room_id, "here", PEOPLE[1])
        await shared.local(said.event.event_id)
        ban = shared.remote.make("m.room.member", RITA, {"membership": "ban"}, PEOPLE[1], prev=base)
        # The ban comes as part of what another event rests on: first nobody knows of it.
        merge = shared.remote.make("m.room.topic", RITA, {"topic": "x"}, "", prev=[ban.event_id])
        assert (await shared.receive(merge)).status == OK
        head = await engine.heads.get(shared.room_id)
        assert head.membership(PEOPLE[1]) == "ban"
        await shared.check()
        for client in scenario.clients:
            await client.check()


async def test_soft_failed_and_rejected_events_are_never_told(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine, PEOPLE[1])
        scenario = Scenario(engine, 0)
        scenario.rooms.append(shared.room_id)
        for client in scenario.clients:
            await client.catch_up()
        base = shared.record.extremities
        ban = await member_event(engine, shared.room_id, RITA, "ban", sender=ANNA)
        await shared.local(ban.event.event_id)
        late = shared.remote.make("m.room.message", RITA, _TEXT, prev=base)
        assert (await shared.receive(late)).status == SOFT_FAILED
        denied = shared.remote.make("m.room.topic", RITA, {"topic": "x"}, "", prev=base)
        await shared.receive(denied)
        for client in scenario.clients:
            await client.check()
            room = client.told.join.get(shared.room_id)
            ids = [] if room is None else [event["event_id"] for event in room.timeline]
            assert not {late.event_id, denied.event_id} & set(ids)
        shown = [e.event_id for e in await history(engine, None, shared.room_id, ANNA)]
        assert not {late.event_id, denied.event_id} & set(shown)


async def test_a_gap_makes_the_timeline_begin_after_it(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine)
        scenario = Scenario(engine, 0)
        scenario.rooms.append(shared.room_id)
        mine = [client for client in scenario.clients if client.name.startswith(ANNA)]
        for client in mine:
            await client.catch_up()
        lost = shared.remote.make("m.room.message", RITA, _TEXT, prev=shared.record.extremities)
        last = shared.remote.make("m.room.message", RITA, _TEXT, prev=[lost.event_id])
        shared.source.no_missing_events = True
        await shared.receive(last)
        for client in mine:
            await client.check()
            timeline = client.told.join[shared.room_id].timeline
            assert [event["event_id"] for event in timeline] == [last.event_id]
