"""Reading rooms, and what is ephemeral in them: services and endpoints."""

from __future__ import annotations

from homeserver.api.client.ephemeral import EphemeralApi
from homeserver.api.client.room_history import RoomHistoryApi
from homeserver.api.client.room_read import RoomReadApi
from homeserver.compose.engine import Engine
from homeserver.services.reading.page_history import Filler
from homeserver.services.reading.read_relations import ReadRelations
from homeserver.services.reading.read_room import ReadRoom
from homeserver.services.reading.read_state import ReadState
from homeserver.services.sync.receipts import Receipts


def reading_apis(engine: Engine, filler: Filler | None = None) -> list[object]:
    """The endpoints that read rooms, receipts and typing. filler: fetches missing history."""
    receipts = Receipts(
        engine.database,
        engine.committer,
        engine.heads,
        engine.cache,
        engine.visible,
        engine.clock,
    )
    read_room = ReadRoom(
        engine.database,
        engine.heads,
        engine.cache,
        engine.visible,
        engine.render,
        engine.ignored,
        engine.clock,
        engine.state_at,
        engine.gaps,
        filler,
    )
    read_state = ReadState(engine.database, read_room, engine.cache, engine.render)
    read_relations = ReadRelations(
        engine.database,
        read_room,
        engine.cache,
        engine.visible,
        engine.render,
        engine.ignored,
        engine.clock,
    )
    return [
        EphemeralApi(receipts, engine.typing),
        RoomReadApi(read_room, read_state),
        RoomHistoryApi(read_room, read_relations),
    ]
