"""Where hardly anything can be kept in memory, everything is slower and nothing is different."""

from __future__ import annotations

from collections.abc import Awaitable
from pathlib import Path
from typing import Any

import orjson

from homeserver.api.client.room_history import RoomHistoryApi
from homeserver.api.client.room_read import RoomReadApi
from homeserver.api.client.sync import SyncApi
from homeserver.api.endpoint import Query
from homeserver.compose.engine import Engine
from homeserver.compose.reading import reading_apis
from homeserver.compose.sync import sync_apis
from homeserver.errors import MatrixError
from homeserver.ids import DeviceId, RoomId, UserId
from homeserver.services.ground.cache_figures import every_cache
from homeserver.services.ground.requester import Requester
from homeserver.storage.verify import verify
from tests.harness.engine import running_engine, running_engines
from tests.harness.sync_scenario import PEOPLE, Scenario

TINY = 0.0625
"""64 KiB for all caches together: most of them hold one entry, the newest."""


async def test_increments_equal_a_fresh_sync(tmp_path: Path, migrated_database_url: str) -> None:
    async with running_engine(tmp_path, migrated_database_url, caches_mib=TINY) as engine:
        scenario = Scenario(engine, 3)
        for _ in range(2):
            await scenario.run(60)
            await scenario.check()
        gone = {name: figures.evictions for name, figures in every_cache().items()}
        for name in ("heads", "events", "log", "streams", "readers", "counts", "courses"):
            assert gone[name] > 20, name
    assert await verify(migrated_database_url) == []


async def test_so_they_do_in_several_processes(tmp_path: Path, shared_database_url: str) -> None:
    async with running_engines(tmp_path, shared_database_url, 2, caches_mib=TINY) as engines:
        scenario = Scenario(engines[0], 7, engines[1])
        await scenario.run(60)
        await scenario.check()
    assert await verify(shared_database_url) == []


async def test_the_answers_are_those_of_large_caches(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with running_engine(tmp_path, migrated_database_url, caches_mib=TINY) as engine:
        scenario = Scenario(engine, 11)
        await scenario.run(200)
        small = await _answers(engine, scenario.rooms)
        assert len(small) > 20
    async with running_engine(tmp_path, migrated_database_url) as engine:
        await _answers(engine, scenario.rooms)  # into memory
        assert await _answers(engine, scenario.rooms) == small


async def _answers(engine: Engine, rooms: list[str]) -> dict[str, Any]:
    """What everybody is answered who syncs, reads a room from its end, or asks for its state."""
    sync = sync_apis(engine)[0]
    assert isinstance(sync, SyncApi)
    apis = reading_apis(engine)
    read = next(api for api in apis if isinstance(api, RoomReadApi))
    history = next(api for api in apis if isinstance(api, RoomHistoryApi))
    found: dict[str, Any] = {}
    for person in PEOPLE:
        who = Requester(UserId(person), DeviceId("NEW"))
        found[f"{person} sync"] = (await _said(sync.sync(who, Query({}))))["rooms"]
        for name in rooms:
            room_id = RoomId(name)
            back = Query({"dir": ["b"], "limit": ["500"]})
            found[f"{person} {name} history"] = await _said(history.messages(who, room_id, back))
            found[f"{person} {name} state"] = await _said(read.state(who, room_id))
    return {key: _ageless(value) for key, value in found.items()}


async def _said(answer: Awaitable[Any]) -> Any:
    try:
        said = await answer
    except MatrixError as refused:
        return refused.errcode
    return orjson.loads(said if isinstance(said, bytes) else orjson.dumps(said))


def _ageless(value: Any) -> Any:
    """An answer without the age of events, nor who types, which no server remembers;
    state in one order."""
    if isinstance(value, dict):
        return {key: _ageless(inner) for key, inner in value.items() if key != "age"}
    if isinstance(value, list):
        found = [_ageless(inner) for inner in value if not _is_typing(inner)]
        # State has no order.
        is_state = all(isinstance(inner, dict) and "state_key" in inner for inner in found)
        return sorted(found, key=lambda event: str(event["event_id"])) if is_state else found
    return value


def _is_typing(value: Any) -> bool:
    return isinstance(value, dict) and value.get("type") == "m.typing"
