"""Where every run begins: one room, that people of three servers are in, on each server's disk."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from pathlib import Path
from unittest.mock import patch

from homeserver import installation
from homeserver.compose.engine import build_engine
from homeserver.compose.receiving import build_receiving
from homeserver.ids import domain_of
from homeserver.protocol.auth_events import auth_event_keys
from homeserver.protocol.build import build_event
from homeserver.protocol.hashing import reference_hash, to_base64
from homeserver.protocol.room_versions import ROOM_VERSIONS
from homeserver.services.events import write_event
from homeserver.services.events.write_event import Draft
from tests.harness.remote import Record, Source
from tests.simulation.node import EPOCH_MS, SERVERS, Keys, configuration, key_of

CREATOR = "@anna:a.example"
PEOPLE = {
    "a.example": [CREATOR, "@alan:a.example"],
    "b.example": ["@bob:b.example", "@bea:b.example"],
    "c.example": ["@carl:c.example", "@cleo:c.example"],
}
_USERS = {"@bob:b.example": 100, "@carl:c.example": 50, "@bea:b.example": 50}
_LEVELS: dict[str, object] = {
    "users": _USERS,
    "events": {"m.room.topic": 0, "m.room.history_visibility": 50},
    "invite": 0,
    "kick": 50,
    "ban": 50,
    "redact": 50,
}


def begin(folder: Path, version: str) -> str:
    """Makes the folder that runs copy; the id of its room."""
    folder.mkdir(parents=True)
    return asyncio.run(_begin(folder, version))


def copy(template: Path, folder: Path) -> None:
    """A server's disk as it is at the beginning."""
    folder.mkdir(parents=True)
    for file in template.iterdir():
        if file.is_file():
            shutil.copyfile(file, folder / file.name)


async def _begin(folder: Path, version: str) -> str:
    config = configuration(folder, SERVERS[0])
    with contextlib.redirect_stdout(None):
        await installation.prepare(config)
    engine = await build_engine(config, clock=lambda: EPOCH_MS)
    await engine.start()
    try:
        levels = dict(_LEVELS)
        if not ROOM_VERSIONS[version].privileged_creators:
            levels["users"] = {**_USERS, CREATOR: 100}
        create = {"room_version": version}
        if ROOM_VERSIONS[version].creator_in_content:
            create["creator"] = CREATOR
        drafts = [
            Draft("m.room.create", CREATOR, create, ""),
            Draft("m.room.member", CREATOR, {"membership": "join"}, CREATOR),
            Draft("m.room.power_levels", CREATOR, levels, ""),
            Draft("m.room.join_rules", CREATOR, {"join_rule": "public"}, ""),
            Draft("m.room.history_visibility", CREATOR, {"history_visibility": "shared"}, ""),
        ]
        # Where it is not the hash of the first event, a room's id is drawn by lot.
        with patch.object(write_event, "new_room_id", lambda server: f"!room:{server}"):
            head = await engine.write.create(ROOM_VERSIONS[version], drafts, is_public=False)
        receiving = build_receiving(engine, Keys(), Source(Record(head.version, head.room_id)))
        for server in SERVERS:
            for user in PEOPLE[server]:
                if user == CREATOR:
                    continue
                head = await engine.heads.get(head.room_id)
                content = {"membership": "join"}
                keys = auth_event_keys("m.room.member", user, user, content, head.version)
                auth = [head.state[key].event for key in keys if key in head.state]
                prev = [event_id for event_id, _ in head.extremities]
                parents = await engine.cache.by_ids(prev)
                join = build_event(
                    version=head.version,
                    room_id=head.room_id,
                    sender=user,
                    type="m.room.member",
                    content=content,
                    state_key=user,
                    prev_events=prev,
                    auth_events=[event.event_id for event in auth],
                    reference_hashes={
                        event.event_id: to_base64(reference_hash(event.pdu, head.version))
                        for event in (*auth, *(s.event for s in parents.values()))
                    },
                    depth=max(depth for _, depth in head.extremities) + 1,
                    origin_server_ts=EPOCH_MS,
                    signing_key=key_of(server),
                    server_name=str(domain_of(user)),
                )
                received = await receiving.receive.receive(server, head.room_id, join.pdu)
                assert received.status == 0, received
        return head.room_id
    finally:
        engine.notifier.close()
        await engine.stop()
