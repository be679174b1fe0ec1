"""An engine in this process, on a database of its own: rooms without HTTP."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from homeserver import installation
from homeserver.compose.engine import Engine, build_engine
from homeserver.config import load
from homeserver.protocol.room_versions import ROOM_VERSIONS
from homeserver.services.events.room_heads import RoomHead
from homeserver.services.events.write_event import Draft
from homeserver.storage.events import StoredEvent

ANNA = "@anna:a.example"
BOB = "@bob:a.example"
CAROL = "@carol:a.example"


@contextlib.asynccontextmanager
async def running_engine(
    data_dir: Path,
    database_url: str,
    *,
    clock: Callable[[], int] | None = None,
    server_name: str = "a.example",
    processes: int = 1,
    caches_mib: float | None = None,
) -> AsyncIterator[Engine]:
    """An engine that commits and follows the log for as long as the block runs.

    processes: of how many on this database it is one. caches_mib: None: as it comes.
    """
    environ = {"DATA": str(data_dir), "SERVER_NAME": server_name, "DATABASE_URL": database_url}
    environ["CACHES_MIB"] = "" if caches_mib is None else str(caches_mib)
    config = load(None, environ | {"PROCESSES": str(processes)})
    for path in (config.keys.signing_key, config.keys.token_key):
        if not path.exists():
            installation.make_key(path)
    await installation.prepare(config)
    engine = await (build_engine(config) if clock is None else build_engine(config, clock=clock))
    await engine.start()
    try:
        yield engine
    finally:
        engine.notifier.close()
        await engine.stop()


@contextlib.asynccontextmanager
async def running_engines(
    data_dir: Path, database_url: str, count: int, *, caches_mib: float | None = None
) -> AsyncIterator[list[Engine]]:
    """Engines on one database, as several processes have them. caches_mib: of all together."""
    async with contextlib.AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                running_engine(data_dir, database_url, processes=count, caches_mib=caches_mib)
            )
            for _ in range(count)
        ]


async def room(
    engine: Engine,
    creator: str = ANNA,
    *members: str,
    join_rule: str = "public",
    visibility: str = "shared",
    version: str = "12",
) -> RoomHead:
    """A room of the creator's, with these people joined."""
    drafts = [
        Draft("m.room.create", creator, _create(creator, version), ""),
        Draft("m.room.member", creator, {"membership": "join"}, creator),
        Draft("m.room.power_levels", creator, _levels(creator, version), ""),
        Draft("m.room.join_rules", creator, {"join_rule": join_rule}, ""),
        Draft("m.room.history_visibility", creator, {"history_visibility": visibility}, ""),
    ]
    head = await engine.write.create(ROOM_VERSIONS[version], drafts, is_public=False)
    for member in members:
        await member_event(engine, head.room_id, member, "join")
    return await engine.heads.get(head.room_id)


def _create(creator: str, version: str) -> dict[str, object]:
    named = {"creator": creator} if ROOM_VERSIONS[version].creator_in_content else {}
    return {"room_version": version, **named}


def _levels(creator: str, version: str) -> dict[str, object]:
    privileged = ROOM_VERSIONS[version].privileged_creators
    return {"users": {} if privileged else {creator: 100}}


async def member_event(
    engine: Engine, room_id: str, user_id: str, membership: str, *, sender: str | None = None
) -> StoredEvent:
    """A membership event, of the user's own unless somebody else sends it."""
    content = {"membership": membership}
    draft = Draft("m.room.member", sender or user_id, content, user_id)
    return (await engine.write.write(room_id, draft))[0]


async def say(engine: Engine, room_id: str, text: str, sender: str = ANNA) -> StoredEvent:
    """A message."""
    draft = Draft("m.room.message", sender, {"msgtype": "m.text", "body": text})
    return (await engine.write.write(room_id, draft))[0]
