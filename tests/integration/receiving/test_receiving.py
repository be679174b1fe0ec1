"""Events of another server: taken, refused, soft-failed; on forks and forks of forks."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from homeserver.errors import Forbidden
from homeserver.services.events.keep_outliers import KeepOutliers
from homeserver.services.events.write_event import Draft
from homeserver.services.receiving.check_received import Dropped
from homeserver.storage.client_txns import ClientTxn
from homeserver.storage.commit import Write, statements
from homeserver.storage.database import Conflict, Sql
from homeserver.storage.events import OK, REJECTED, SOFT_FAILED
from homeserver.storage.verify import verify
from tests.harness.engine import ANNA, BOB, member_event, running_engine, say
from tests.harness.shared_room import RALF, RITA, shared_room


def _draft(event_type: str, content: dict[str, Any], state_key: str) -> Draft:
    return Draft(event_type, ANNA, content, state_key)


_TEXT = {"msgtype": "m.text", "body": "hello"}


async def test_a_message_of_another_server_follows_ours(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine)
        said = await say(engine, shared.room_id, "first")
        await shared.local(said.event.event_id)
        event = shared.remote.make("m.room.message", RITA, _TEXT, prev=[said.event.event_id])
        assert (await shared.receive(event)).status == OK
        assert (await shared.receive(event)).known
        await shared.check()
        stored = await engine.cache.by_id(event.event_id)
        assert stored is not None
        assert stored.state_id is None
    assert await verify(migrated_database_url) == []


async def test_two_topics_on_a_fork_are_resolved_as_the_rules_say(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine, BOB)
        record, remote = shared.record, shared.remote
        (root,) = record.extremities
        levels = {"events": {"m.room.topic": 0}, "users": {}}
        power = await engine.write.write(shared.room_id, _draft("m.room.power_levels", levels, ""))
        await shared.local(power[0].event.event_id)
        base = record.extremities
        for n in range(3):
            topic = remote.make("m.room.topic", RITA, {"topic": str(n)}, "", prev=base)
            assert (await shared.receive(topic)).status == OK
            await shared.check()
        assert len(record.extremities) == 3
        joined = remote.make(
            "m.room.member", RALF, {"membership": "join"}, RALF, prev=record.extremities[:2]
        )
        assert (await shared.receive(joined)).status == OK
        await shared.check()
        said = await say(engine, shared.room_id, "all of them")
        await shared.local(said.event.event_id)
        assert set(said.event.prev_events) == {joined.event_id, topic.event_id}
        await shared.check()
        assert root
    assert await verify(migrated_database_url) == []


async def test_an_event_that_was_banned_in_another_fork_is_soft_failed(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine)
        base = shared.record.extremities
        ban = await member_event(engine, shared.room_id, RITA, "ban", sender=ANNA)
        await shared.local(ban.event.event_id)
        late = shared.remote.make("m.room.message", RITA, _TEXT, prev=base)
        received = await shared.receive(late)
        assert received.status == SOFT_FAILED
        after = shared.remote.make("m.room.message", RITA, _TEXT, prev=[late.event_id])
        assert (await shared.receive(after)).status == SOFT_FAILED
        forbidden = shared.remote.make("m.room.message", RITA, _TEXT, prev=[ban.event.event_id])
        assert (await shared.receive(forbidden)).status == REJECTED
        await shared.check()
        head = await engine.heads.get(shared.room_id)
        assert [event_id for event_id, _ in head.extremities] == [ban.event.event_id]
    assert await verify(migrated_database_url) == []


async def test_what_is_malformed_or_not_signed_is_dropped(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine)
        prev = shared.record.extremities
        event = shared.remote.make("m.room.message", RITA, _TEXT, prev=prev, known=False)
        receive = shared.receiving.receive.receive
        with pytest.raises(Dropped) as dropped:
            await receive("b.example", shared.room_id, {**event.pdu, "depth": "1"})
        assert dropped.value.step == 1
        with pytest.raises(Dropped) as dropped:
            await receive("b.example", shared.room_id, {**event.pdu, "signatures": {}})
        assert dropped.value.step == 2
        shared.keys.expired.add("b.example")
        with pytest.raises(Dropped) as dropped:
            await shared.receive(event)
        assert dropped.value.step == 2
        await shared.check()


async def test_an_event_whose_hash_does_not_fit_is_taken_redacted(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine)
        event = shared.remote.make("m.room.message", RITA, _TEXT, prev=shared.record.extremities)
        changed = {**event.pdu, "content": {"msgtype": "m.text", "body": "something else"}}
        received = await shared.receiving.receive.receive("b.example", shared.room_id, changed)
        assert (received.event_id, received.status) == (event.event_id, OK)
        stored = await engine.cache.by_id(event.event_id)
        assert stored is not None
        assert stored.event.content == {}


async def test_a_room_with_more_extremities_than_an_event_can_name(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine, BOB)
        base = shared.record.extremities
        for _ in range(25):
            await shared.receive(shared.remote.make("m.room.message", RITA, _TEXT, prev=base))
        txn = ClientTxn(ANNA, "D", "send", "1")
        draft = Draft("m.room.message", ANNA, _TEXT)
        (stored,) = await engine.write.write(shared.room_id, draft, txn=txn)
        assert len(stored.event.prev_events) == 20
        await shared.local(stored.event.event_id)
        await shared.check()
        assert len(shared.record.extremities) == 6
        answered = await engine.write.answered(txn)
        assert answered is not None
        assert answered.event.event_id == stored.event.event_id
        with pytest.raises(Forbidden):
            await engine.write.write(shared.room_id, Draft("m.room.message", "@x:a.example", _TEXT))
    assert await verify(migrated_database_url) == []


_SETTING = Sql("INSERT INTO setting (key, value) VALUES (:key, :value)")


async def test_an_event_is_stored_though_its_commit_had_to_be_tried_again(
    tmp_path: Path, migrated_database_url: str
) -> None:
    """Another write of its batch fails, and each is tried alone: on the head, on a fork, and where
    the event was known as an outlier."""
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine)
        taken = statements((_SETTING, {"key": "taken", "value": ""}))
        await engine.committer.commit(Write(bind=taken))
        submit = engine.committer.submit
        failed: list[asyncio.Future[None]] = []

        def with_one_that_fails(write: Write) -> asyncio.Future[None]:
            done = submit(write)
            failed.append(submit(Write(bind=taken, grouped=True)))
            return done

        base = shared.record.extremities
        first = shared.remote.make("m.room.topic", RITA, {"topic": "x"}, "", prev=base)
        joined = shared.remote.make("m.room.member", RALF, {"membership": "join"}, RALF, prev=base)
        message = shared.remote.make("m.room.message", RALF, _TEXT, prev=[joined.event_id])
        head = await engine.heads.get(shared.room_id)
        outliers = KeepOutliers(engine.database, engine.committer, engine.cache)
        await outliers.keep(head, [joined])
        engine.committer.submit = with_one_that_fails  # type: ignore[method-assign]
        for event in (first, joined, message):
            await shared.receive(event)
        engine.committer.submit = submit  # type: ignore[method-assign]
        outcomes = await asyncio.gather(*failed, return_exceptions=True)
        assert outcomes
        assert all(isinstance(outcome, Conflict) for outcome in outcomes)
        engine.cache.forget(
            [
                stored.nid
                for stored in (
                    await engine.cache.by_ids([first.event_id, joined.event_id, message.event_id])
                ).values()
            ]
        )
        await shared.check()
    assert await verify(migrated_database_url) == []


async def test_a_rejected_event_is_shown_to_nobody_even_as_the_root_of_a_thread(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine, remote_members=(RITA, RALF))
        ban = await member_event(engine, shared.room_id, RITA, "ban", sender=ANNA)
        await shared.local(ban.event.event_id)
        root = shared.remote.make("m.room.message", RITA, _TEXT, prev=[ban.event.event_id])
        assert (await shared.receive(root)).status == REJECTED
        relation = {"rel_type": "m.thread", "event_id": root.event_id}
        reply = shared.remote.make(
            "m.room.message",
            RALF,
            {**_TEXT, "m.relates_to": relation},
            prev=shared.record.extremities,
        )
        assert (await shared.receive(reply)).status == OK
        stored = await engine.cache.by_id(root.event_id)
        assert stored is not None
        assert await engine.visible.filter(stored.room, [stored], ANNA) == []


async def test_a_parent_in_another_room_does_not_bring_its_state_along(
    tmp_path: Path, migrated_database_url: str
) -> None:
    """Else anybody of another server could put their own room's create event into ours."""
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared, other = await shared_room(engine), await shared_room(engine)
        before = await shared.state()
        ours, theirs = shared.record.extremities, other.record.extremities
        state = shared.record.state()
        for prev in (theirs, [*ours, *theirs]):
            event = shared.remote.make(
                "m.room.message", RITA, _TEXT, prev=prev, state=state, known=False
            )
            with pytest.raises(Dropped):
                await shared.receive(event)
            assert await engine.cache.by_id(event.event_id) is None
        assert await shared.state() == before
        await say(engine, shared.room_id, "still here")


async def test_a_server_is_not_asked_for_more_keys_than_it_may_have(
    tmp_path: Path, migrated_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine)
        prev = shared.record.extremities
        event = shared.remote.make("m.room.message", RITA, _TEXT, prev=prev, known=False)
        many = {f"ed25519:{n}": "x" for n in range(1000)}
        asked: list[str] = []

        async def public_key(server: str, key_id: str, *, valid_at: int | None) -> None:
            asked.append(key_id)

        monkeypatch.setattr(shared.keys, "public_key", public_key)
        pdu = {**event.pdu, "signatures": {"b.example": many}}
        with pytest.raises(Dropped):
            await shared.receiving.receive.receive("b.example", shared.room_id, pdu)
        assert 0 < len(asked) < 20


async def test_an_event_without_parents_does_not_stand_beside_the_present(
    tmp_path: Path, migrated_database_url: str
) -> None:
    """The state before it is empty: resolved with ours, it would throw out who came in while the
    room was open."""
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine, BOB, version="5")
        rule = _draft("m.room.join_rules", {"join_rule": "invite"}, "")
        closed = await engine.write.write(shared.room_id, rule)
        await shared.local(closed[0].event.event_id)
        before = await shared.state()
        event = shared.remote.make(
            "m.room.aliases",
            "@stranger:b.example",
            {"aliases": []},
            "b.example",
            prev=[],
            state={key: before[key] for key in [("m.room.create", "")]},
            known=False,
        )
        await shared.receive(event)
        assert await shared.state() == before
        head = await engine.heads.get(shared.room_id)
        assert BOB in head.joined
        assert dict(head.extremities).keys() == set(shared.record.extremities)
