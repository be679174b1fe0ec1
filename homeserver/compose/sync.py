"""Sync: its services and its endpoints."""

from __future__ import annotations

from homeserver.api.client.sync import SyncApi
from homeserver.compose.engine import Engine
from homeserver.compose.memory import max_bytes
from homeserver.services.accounts.filters import Filters
from homeserver.services.sync.first_reads import FirstReads
from homeserver.services.sync.sync import Sync
from homeserver.services.sync.sync_changes import SyncChanges
from homeserver.services.sync.sync_rooms import SyncRooms
from homeserver.services.sync.sync_state import SyncState
from homeserver.services.sync.sync_summary import SyncSummary
from homeserver.services.sync.sync_timeline import SyncTimeline


def sync_apis(engine: Engine) -> list[object]:
    """The endpoints of /sync and of filters."""
    config = engine.config.sync
    filters = Filters(
        engine.database,
        engine.committer,
        max_timeline=config.max_timeline,
        max_bytes=max_bytes(engine.config, "filters"),
    )
    together = engine.database.together()
    state = SyncState(
        together,
        engine.cache,
        engine.heads,
        max_bytes=max_bytes(engine.config, "sent_members"),
    )
    summary = SyncSummary(together, engine.cache)
    rooms = SyncRooms(
        together,
        engine.cache,
        engine.visible,
        engine.render,
        SyncTimeline(together, engine.cache, engine.visible, engine.gaps),
        state,
        engine.unread,
        engine.typing,
        summary,
    )
    sync = Sync(
        engine.database,
        engine.feed,
        engine.notifier,
        SyncChanges(engine.database, engine.feed),
        rooms,
        FirstReads(engine.database, engine.visible, engine.unread, summary),
        state,
        engine.typing,
        engine.presences,
        engine.push,
        engine.ignored,
        clock=engine.clock,
    )
    return [SyncApi(sync, filters, max_timeout_ms=config.max_timeout_ms)]
