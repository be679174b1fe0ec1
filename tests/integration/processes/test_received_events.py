"""What one process receives of other servers, every process knows."""

from __future__ import annotations

from pathlib import Path

from homeserver.storage.events import OK
from homeserver.storage.verify import verify
from tests.harness.engine import ANNA, member_event, running_engines, say
from tests.harness.history import history
from tests.harness.shared_room import RITA, shared_room
from tests.harness.sync_scenario import PEOPLE, Scenario

_TEXT = {"msgtype": "m.text", "body": "hello"}


async def test_a_resolution_reaches_heads_and_clients_of_other_processes(
    tmp_path: Path, shared_database_url: str
) -> None:
    async with running_engines(tmp_path, shared_database_url, 2) as (here, there):
        shared = await shared_room(here, PEOPLE[1])
        base = shared.record.extremities
        scenario = Scenario(there, 0)
        scenario.rooms.append(shared.room_id)
        for client in scenario.clients:
            await client.catch_up()
        head = await there.heads.get(shared.room_id)
        assert head.membership(RITA) == "join"
        banned = await member_event(there, shared.room_id, RITA, "ban", sender=ANNA)
        await here.feed.catch_up()
        await shared.local(banned.event.event_id)
        late = shared.remote.make("m.room.member", RITA, {"membership": "leave"}, RITA, prev=base)
        await shared.receive(late)
        joined = shared.remote.make(
            "m.room.message", RITA, _TEXT, prev=base, state=shared.record.before[late.event_id]
        )
        await shared.receive(joined)
        await shared.check()
        await there.feed.catch_up()
        head = await there.heads.get(shared.room_id)
        assert {k: s.event.event_id for k, s in head.state.items()} == shared.record.state()
        for client in scenario.clients:
            await client.check()
    assert await verify(shared_database_url) == []


async def test_a_gap_filled_by_one_process_is_filled_for_all(
    tmp_path: Path, shared_database_url: str
) -> None:
    async with running_engines(tmp_path, shared_database_url, 2) as (here, there):
        shared = await shared_room(here)
        lost = shared.remote.make("m.room.message", RITA, _TEXT, prev=shared.record.extremities)
        last = shared.remote.make("m.room.message", RITA, _TEXT, prev=[lost.event_id])
        shared.source.no_missing_events = True
        assert (await shared.receive(last)).status == OK
        # The lost event is an outlier; in memory there as such, too.
        assert await there.cache.by_id(lost.event_id) is not None
        await there.feed.catch_up()
        nid = (await there.heads.get(shared.room_id)).nid
        assert await there.gaps.of(nid) != []
        said = await say(there, shared.room_id, "after", ANNA)
        ids = [e.event_id for e in await history(here, shared.receiving.fill, shared.room_id, ANNA)]
        assert ids[-3:] == [lost.event_id, last.event_id, said.event.event_id]
        await there.feed.catch_up()
        assert await there.gaps.of(nid) == []
        again = [e.event_id for e in await history(there, None, shared.room_id, ANNA)]
        assert again == ids
    assert await verify(shared_database_url) == []
