"""What other servers are given, and the memberships that they may have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeserver.errors import BadJson, Forbidden, IncompatibleRoomVersion, NotFound
from homeserver.protocol.hashing import content_hash, event_id_of, to_base64
from homeserver.protocol.room_versions import ROOM_VERSIONS
from homeserver.protocol.signing import sign_event
from homeserver.services.events.write_event import Draft
from homeserver.services.receiving.check_received import Dropped
from homeserver.storage.events import OK
from tests.harness.engine import ANNA, BOB, member_event, room, running_engine, say
from tests.harness.linked_servers import Links, Server, linked_servers
from tests.harness.shared_room import RALF, REMOTE, RITA, shared_room

_TEXT = {"msgtype": "m.text", "body": "hello"}


@pytest.mark.parametrize(
    ("visibility", "whole"),
    [("joined", False), ("invited", False), ("shared", True), ("world_readable", True)],
)
async def test_what_was_said_before_a_server_came_is_given_as_visibility_has_it(
    tmp_path: Path, migrated_database_url: str, visibility: str, whole: bool
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine, remote_members=(), visibility=visibility)
        secret = await say(engine, shared.room_id, "before")
        await shared.local(secret.event.event_id)
        join = shared.remote.make(
            "m.room.member", RITA, {"membership": "join"}, RITA, prev=[secret.event.event_id]
        )
        await shared.receive(join)
        after = await say(engine, shared.room_id, "after")
        serve = shared.receiving.serve
        given = await serve.backfill(REMOTE, shared.room_id, [after.event.event_id], 3)
        bodies = [pdu["content"].get("body") for pdu in given]
        assert bodies == ["after", None, "before" if whole else None]
        missing = await serve.missing_events(
            REMOTE, shared.room_id, [], [after.event.event_id], 2, 0
        )
        assert [pdu["type"] for pdu in missing] == ["m.room.message", "m.room.member"]
        if whole:
            assert (await serve.event(REMOTE, secret.event.event_id))["content"]["body"] == "before"
        else:
            with pytest.raises(NotFound):
                await serve.event(REMOTE, secret.event.event_id)
        with pytest.raises(Forbidden):
            await serve.backfill("c.example", shared.room_id, [after.event.event_id], 3)


async def test_on_a_branch_a_servers_membership_is_that_of_the_branch(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine, BOB, remote_members=(RITA,), visibility="joined")
        base = shared.record.extremities
        joined = shared.remote.make("m.room.member", RALF, {"membership": "join"}, RALF, prev=base)
        await shared.receive(joined)
        left = shared.remote.make(
            "m.room.member", RITA, {"membership": "leave"}, RITA, prev=[joined.event_id]
        )
        await shared.receive(left)
        beside = shared.remote.make("m.room.message", RITA, _TEXT, prev=base)
        assert (await shared.receive(beside)).status != OK  # she has left by now
        after = await say(engine, shared.room_id, "after")
        serve = shared.receiving.serve
        given = await serve.backfill(REMOTE, shared.room_id, [after.event.event_id], 1)
        assert given[0]["content"]["body"] == "after"  # Ralf is there still


async def test_state_is_given_as_it_was_before_the_event(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url) as engine:
        shared = await shared_room(engine)
        base = shared.record.extremities
        topic = await engine.write.write(
            shared.room_id, Draft("m.room.topic", ANNA, {"topic": "x"}, "")
        )
        await shared.local(topic[0].event.event_id)
        beside = shared.remote.make("m.room.message", RITA, _TEXT, prev=base)
        await shared.receive(beside)
        serve = shared.receiving.serve
        ids = await serve.state_ids(REMOTE, shared.room_id, beside.event_id)
        assert set(ids.state) == set(shared.record.before[beside.event_id].values())
        assert set(ids.auth_chain) == shared.source.chain(ids.state) - set(ids.state)
        whole = await serve.state(REMOTE, shared.room_id, beside.event_id)
        assert len(whole.state) == len(ids.state)
        assert len(whole.auth_chain) == len(ids.auth_chain)
        chain = await serve.event_auth(REMOTE, shared.room_id, beside.event_id)
        assert len(chain) == len(shared.source.chain(beside.auth_events))
        with pytest.raises(NotFound):
            await serve.state_ids(REMOTE, shared.room_id, "$unknown")


async def _signed(server: Server, template: dict[str, Any], version: str) -> dict[str, Any]:
    pdu = {**template, "origin_server_ts": server.engine.clock()}
    pdu["hashes"] = {"sha256": to_base64(content_hash(pdu))}
    row = ROOM_VERSIONS[version]
    return sign_event({**pdu, "signatures": {}}, row, server.engine.signing_key, server.name)


async def _ask(links: Links, a: Server, b: Server, room_id: str, membership: str) -> Any:
    serve = a.receiving.serve_join
    template = await serve.template(b.name, room_id, RITA, membership, versions=list(ROOM_VERSIONS))
    pdu = await _signed(b, template.event, template.room_version)
    return await serve.accept(b.name, room_id, pdu, membership)


async def test_one_who_knocks_is_let_in_and_leaves(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with linked_servers(tmp_path, migrated_database_url) as (a, b, links):
        room_id = (await room(a.engine, join_rule="knock")).room_id
        await _ask(links, a, b, room_id, "knock")
        head = await a.engine.heads.get(room_id)
        assert head.membership(RITA) == "knock"
        with pytest.raises(Forbidden):
            await _ask(links, a, b, room_id, "join")
        await member_event(a.engine, room_id, RITA, "invite", sender=ANNA)
        accepted = await _ask(links, a, b, room_id, "join")
        assert {pdu["type"] for pdu in accepted.before.state} >= {"m.room.create"}
        await _ask(links, a, b, room_id, "leave")
        assert (await a.engine.heads.get(room_id)).membership(RITA) == "leave"


async def test_a_restricted_room_is_joined_with_our_signature(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with linked_servers(tmp_path, migrated_database_url) as (a, b, links):
        lobby = (await room(a.engine)).room_id
        room_id = (await room(a.engine)).room_id
        rule = {
            "join_rule": "restricted",
            "allow": [{"type": "m.room_membership", "room_id": lobby}],
        }
        await a.engine.write.write(room_id, Draft("m.room.join_rules", ANNA, rule, ""))
        with pytest.raises(Forbidden):
            await _ask(links, a, b, room_id, "join")
        await links.join(b, a, lobby, RITA)
        joined = await links.join(b, a, room_id, RITA)
        assert set(joined.event.pdu["signatures"]) == {"a.example", "b.example"}
        assert joined.event.content["join_authorised_via_users_server"] == ANNA


async def test_a_join_that_only_an_old_branch_permits_does_not_get_our_signature(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with linked_servers(tmp_path, migrated_database_url) as (a, b, links):
        lobby = (await room(a.engine)).room_id
        room_id = (await room(a.engine)).room_id
        rule = {
            "join_rule": "restricted",
            "allow": [{"type": "m.room_membership", "room_id": lobby}],
        }
        await a.engine.write.write(room_id, Draft("m.room.join_rules", ANNA, rule, ""))
        await links.join(b, a, lobby, RITA)
        serve = a.receiving.serve_join
        template = await serve.template(b.name, room_id, RITA, "join", versions=["12"])
        pdu = await _signed(b, template.event, "12")
        closed = Draft("m.room.join_rules", ANNA, {"join_rule": "invite"}, "")
        await a.engine.write.write(room_id, closed)
        with pytest.raises(Forbidden):
            await serve.accept(b.name, room_id, pdu, "join")
        event_id = event_id_of(pdu, ROOM_VERSIONS["12"])
        assert await a.engine.cache.by_id(event_id) is None


async def test_only_ones_own_signed_membership_is_taken(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with linked_servers(tmp_path, migrated_database_url) as (a, b, links):
        room_id = (await room(a.engine)).room_id
        serve = a.receiving.serve_join
        with pytest.raises(IncompatibleRoomVersion):
            await serve.template(b.name, room_id, RITA, "join", versions=["1"])
        with pytest.raises(Forbidden):
            await serve.template("c.example", room_id, RITA, "join", versions=["12"])
        with pytest.raises(NotFound):
            await serve.template(b.name, "!unknown", RITA, "join", versions=["12"])
        template = await serve.template(b.name, room_id, RITA, "join", versions=["12"])
        pdu = await _signed(b, template.event, "12")
        with pytest.raises(BadJson):
            await serve.accept(b.name, room_id, pdu, "knock")
        with pytest.raises(Forbidden):
            await serve.accept("c.example", room_id, pdu, "join")
        with pytest.raises(Dropped):
            await serve.accept(b.name, room_id, {**pdu, "signatures": {}}, "join")
        assert (await a.engine.heads.get(room_id)).membership(RITA) is None
        assert links.asked == []


async def test_an_invite_of_ours_is_signed_by_us_too(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with linked_servers(tmp_path, migrated_database_url) as (a, b, _links):
        room_id = (await room(a.engine)).room_id
        invite = await member_event(a.engine, room_id, RITA, "invite", sender=ANNA)
        version = ROOM_VERSIONS["12"]
        signed = await b.receiving.serve_join.sign_invite(a.name, version, invite.event.pdu)
        assert set(signed.pdu["signatures"]) == {"a.example", "b.example"}
        assert signed.event_id == invite.event.event_id
        said = await say(a.engine, room_id, "hello")
        with pytest.raises(BadJson):
            await b.receiving.serve_join.sign_invite(a.name, version, said.event.pdu)
