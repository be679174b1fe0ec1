"""Events whose parents, auth events or history are missing: fetched, or a gap."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeserver.protocol.sync_filter import RoomEventFilter
from homeserver.services.reading.page_history import PageHistory
from homeserver.services.reading.read_timeline import END, START, ReadTimeline
from homeserver.services.receiving.event_source import Pdu, SourceFailed
from homeserver.services.receiving.fetch_events import Unobtainable
from homeserver.storage import gaps
from homeserver.storage.events import LIVE, OK, OUTLIER
from homeserver.storage.verify import verify
from tests.harness.engine import ANNA, running_engine
from tests.harness.history import history, page
from tests.harness.shared_room import RALF, RITA, SharedRoom, shared_room

_TEXT = {"msgtype": "m.text", "body": "hello"}


async def _fails(*_: object) -> list[Pdu]:
    raise SourceFailed("down")


def _chain(shared: SharedRoom, count: int) -> list[str]:
    """Messages, one after the other, that this server does not get."""
    ids: list[str] = []
    prev = shared.record.extremities
    for n in range(count):
        text = {"msgtype": "m.text", "body": str(n)}
        prev = [shared.remote.make("m.room.message", RITA, text, prev=prev).event_id]
        ids += prev
    return ids


async def test_missing_parents_are_fetched_and_come_before(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine)
        ids = _chain(shared, 6)
        received = await shared.receive(shared.record.events[ids[-1]])
        assert received.status == OK
        assert shared.source.asked == ["missing_events"]
        await shared.check()
        shown = await history(engine, None, shared.room_id, ANNA)
        assert [event.event_id for event in shown[-6:]] == ids
        stored = await engine.cache.by_id(ids[0])
        assert stored is not None
        assert (stored.place_kind, stored.ord_minor) == (LIVE, 0)
    assert await verify(migrated_database_url) == []


async def test_parents_that_nobody_gives_leave_a_gap_that_a_reader_fills(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine)
        record, source, fill = shared.record, shared.source, shared.receiving.fill
        head = await engine.heads.get(shared.room_id)
        before = [e.event_id for e in await history(engine, None, shared.room_id, ANNA)]
        ids = _chain(shared, 3)
        topic = shared.remote.make(
            "m.room.member", RALF, {"membership": "join"}, RALF, prev=ids[-1:]
        )
        ids += [topic.event_id, *_chain(shared, 3)]
        source.no_missing_events = True
        last = record.events[ids[-1]]
        assert (await shared.receive(last)).status == OK
        assert await shared.state() == record.state()
        async with engine.database.read() as conn:
            (gap,) = await gaps.of_room(conn, head.nid)
        assert gap.missing == (ids[-2],)
        stored = await engine.cache.by_id(ids[-2])
        assert stored is not None
        assert stored.place_kind == OUTLIER
        # Nobody to ask: the page ends where it is to be asked again.
        source.down = True
        read = await page(engine, fill, shared.room_id, ANNA, END)
        assert [s.event.event_id for s, _ in read.events] == [last.event_id]
        assert read.next == gap.place
        assert (await page(engine, fill, shared.room_id, ANNA, gap.place)).next == gap.place
        source.down = False
        for backwards in (False, True):
            shown = await history(engine, fill, shared.room_id, ANNA, limit=2, backwards=backwards)
            assert [event.event_id for event in shown] == [*before, *ids]
        async with engine.database.read() as conn:
            assert await gaps.of_room(conn, head.nid) == []
        await _check_states(shared, ids)
    assert await verify(migrated_database_url) == []


async def test_a_gap_that_nobody_fills_for_long_is_passed(
    tmp_path: Path, migrated_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever makes an event up and keeps its parents to themselves does not take the history
    before it from everybody."""
    monkeypatch.setattr("homeserver.services.reading.page_history._PATIENCE_SECONDS", 0)
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine)
        before = [e.event_id for e in await history(engine, None, shared.room_id, ANNA)]
        ids = _chain(shared, 3)
        shared.source.no_missing_events = True
        await shared.receive(shared.record.events[ids[-1]])
        shared.source.down = True
        timeline = ReadTimeline(engine.database, engine.cache, engine.visible)
        paging = PageHistory(timeline, engine.visible, engine.gaps, shared.receiving.fill)
        head = await engine.heads.get(shared.room_id)
        shown: list[list[str]] = []
        for _ in range(4):
            read = await paging.page(
                head.nid,
                shared.room_id,
                ANNA,
                start=END,
                stop=START,
                backwards=True,
                limit=50,
                accept=RoomEventFilter(),
            )
            shown.append([stored.event.event_id for stored, _ in read.events])
        assert shown == [*[[ids[-1]]] * 3, [ids[-1], *reversed(before)]]


async def _check_states(shared: SharedRoom, ids: list[str]) -> None:
    for event_id in ids:
        stored = await shared.engine.cache.by_id(event_id)
        assert stored is not None
        state = await shared.engine.state_at.before(stored)
        assert state == shared.record.before[event_id]


async def test_forwards_a_page_stops_before_a_gap_until_it_is_filled(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine)
        ids = _chain(shared, 5)
        shared.source.no_missing_events = True
        await shared.receive(shared.record.events[ids[-1]])
        shared.source.down = True
        fill = shared.receiving.fill
        read = await page(engine, fill, shared.room_id, ANNA, (0, 0), backwards=False, limit=50)
        assert read.next is not None
        assert ids[-1] not in [stored.event.event_id for stored, _ in read.events]
        shared.source.down = False
        read = await page(engine, fill, shared.room_id, ANNA, read.next, backwards=False)
        assert [stored.event.event_id for stored, _ in read.events] == ids


async def test_missing_auth_events_are_fetched(tmp_path: Path, migrated_database_url: str) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine)
        record, remote = shared.record, shared.remote
        base = record.extremities
        joined = remote.make("m.room.member", RALF, {"membership": "join"}, RALF, prev=base)
        message = remote.make("m.room.message", RALF, _TEXT, prev=[joined.event_id])
        merge = remote.make("m.room.message", RITA, _TEXT, prev=[message.event_id])
        assert (await shared.receive(merge)).status == OK
        await shared.check()
        # Known by its id alone: nothing can be said of it until its auth events are there.
        lost = remote.make("m.room.member", RALF, {"membership": "leave"}, RALF, prev=base)
        child = remote.make(
            "m.room.message", RITA, _TEXT, prev=[merge.event_id], auth=[lost.event_id]
        )
        shared.source.down = True
        with pytest.raises(Unobtainable):
            await shared.receive(child)
        assert await engine.cache.by_id(child.event_id) is None


async def test_auth_events_without_end_are_not_fetched_for_ever(
    tmp_path: Path, migrated_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever makes events up can have each cite ten more."""
    monkeypatch.setattr("homeserver.services.receiving.fetch_events._MOST_AUTH", 30)
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine)
        record, remote = shared.record, shared.remote
        base = record.extremities
        known = set(record.events)
        level: list[str] = []
        for width in (60, 8, 1):
            made = []
            for n in range(width):
                event = remote.make(
                    "m.room.message",
                    RITA,
                    {"n": n},
                    prev=base,
                    auth=level[n::width][:10],
                    known=False,
                )
                record.events[event.event_id] = event
                made.append(event.event_id)
            level = made
        monkeypatch.setattr(shared.source, "event_auth", _fails)
        with pytest.raises(Unobtainable):
            await shared.receive(record.events[level[0]])
        assert len(await engine.cache.by_ids(record.events.keys() - known)) == 0


async def test_a_late_parent_goes_into_its_gap(tmp_path: Path, migrated_database_url: str) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine)
        ids = _chain(shared, 3)
        shared.source.no_missing_events = True
        await shared.receive(shared.record.events[ids[-1]])
        received = await shared.receive(shared.record.events[ids[1]])
        assert received.status == OK
        head = await engine.heads.get(shared.room_id)
        assert ids[1] not in dict(head.extremities)
        shown = await history(engine, shared.receiving.fill, shared.room_id, ANNA)
        assert [event.event_id for event in shown[-3:]] == ids
    assert await verify(migrated_database_url) == []


async def test_a_redaction_that_came_first_is_applied(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine)
        base = shared.record.extremities
        said = shared.remote.make("m.room.message", RITA, _TEXT, prev=base)
        other = shared.remote.make("m.room.message", RITA, _TEXT, prev=base)
        redaction = shared.remote.make(
            "m.room.redaction", RITA, {}, prev=[other.event_id], redacts=said.event_id
        )
        for event in (other, redaction, said):
            assert (await shared.receive(event)).status == OK
        stored = await engine.cache.by_id(said.event_id)
        assert stored is not None
        assert stored.event.content == {}
        assert stored.redacted_by is not None
    assert await verify(migrated_database_url) == []
