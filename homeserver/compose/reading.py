"""Reading rooms, and what is ephemeral in them: services and endpoints."""

from __future__ import annotations

from homeserver.api.client.ephemeral import EphemeralApi
from homeserver.api.client.presence import PresenceApi
from homeserver.api.client.room_history import RoomHistoryApi
from homeserver.api.client.room_read import RoomReadApi
from homeserver.compose.engine import Engine
from homeserver.services.reading.page_history import Filler
from homeserver.services.reading.read_relations import ReadRelations
from homeserver.services.reading.read_room import ReadRoom
from homeserver.services.reading.read_state import ReadState
from homeserver.services.sync.ask_presence import AskPresence
from homeserver.services.sync.receipts import Receipts


def reading_apis(engine: Engine, filler: Filler | None = None) -> list[object]:
    """The endpoints that read rooms, receipts, typing, presence. filler: fetches history."""
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
        PresenceApi(AskPresence(engine.presences, engine.notifier, engine.clock)),
        RoomReadApi(read_room, read_state),
        RoomHistoryApi(read_room, read_relations),
    ]
