"""What other servers send and are asked for: services, as federation will call them."""

from __future__ import annotations

from dataclasses import dataclass

from homeserver.compose.engine import Engine
from homeserver.services.events.keep_outliers import KeepOutliers
from homeserver.services.events.take_event import PolicyServer
from homeserver.services.events.write_state import WriteState
from homeserver.services.receiving.check_received import CheckReceived, KeyRing
from homeserver.services.receiving.event_source import EventSource
from homeserver.services.receiving.fetch_events import FetchEvents
from homeserver.services.receiving.fill_gaps import FillGaps
from homeserver.services.receiving.join_remote import JoinRemote
from homeserver.services.receiving.receive_event import ReceiveEvent
from homeserver.services.receiving.serve_events import ServeEvents
from homeserver.services.receiving.serve_join import ServeJoin
from homeserver.services.receiving.server_visibility import ServerVisibility
from homeserver.services.rooms.join_room import JoinRoom


@dataclass(frozen=True)
class Receiving:
    """Services for rooms that are shared with other servers."""

    receive: ReceiveEvent
    fill: FillGaps
    join: JoinRemote
    serve: ServeEvents
    serve_join: ServeJoin


def build_receiving(
    engine: Engine, keys: KeyRing, source: EventSource, *, policy: PolicyServer | None = None
) -> Receiving:
    """keys: other servers' keys. source: other servers' events. policy: rooms' policy servers."""
    checks = CheckReceived(keys)
    outliers = KeepOutliers(engine.database, engine.committer, engine.cache)
    fetch = FetchEvents(source, checks, outliers, engine.cache)
    receive = ReceiveEvent(
        engine.heads,
        engine.cache,
        checks,
        fetch,
        outliers,
        engine.take,
        engine.gaps,
        policy=policy,
    )
    name = engine.config.server_name
    fill = FillGaps(
        engine.database,
        engine.committer,
        engine.heads,
        engine.cache,
        source,
        fetch,
        engine.judge,
        engine.state_at,
        engine.resolve,
        engine.gaps,
        server_name=name,
    )
    join = JoinRemote(
        engine.database,
        engine.committer,
        engine.heads,
        engine.cache,
        checks,
        fetch,
        outliers,
        receive,
        server_name=name,
        clock=engine.clock,
    )
    serve = ServeEvents(
        engine.heads,
        engine.cache,
        engine.state_at,
        ServerVisibility(engine.database, engine.cache, engine.state_at),
    )
    serve_join = ServeJoin(
        engine.heads,
        engine.cache,
        checks,
        receive,
        JoinRoom(
            engine.database,
            engine.heads,
            WriteState(engine.committer, engine.write),
            server_name=name,
        ),
        engine.write,
        serve,
        engine.state_at,
        signing_key=engine.signing_key,
        server_name=name,
        clock=engine.clock,
    )
    return Receiving(receive, fill, join, serve, serve_join)
