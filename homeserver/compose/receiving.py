"""What other servers send and are asked for: services, as federation will call them."""

from __future__ import annotations

from dataclasses import dataclass

from homeserver.compose.engine import Engine
from homeserver.services.check_received import CheckReceived, KeyRing
from homeserver.services.event_source import EventSource
from homeserver.services.fetch_events import FetchEvents
from homeserver.services.judge_event import JudgeEvent
from homeserver.services.keep_outliers import KeepOutliers
from homeserver.services.open_gaps import OpenGaps
from homeserver.services.receive_event import PolicyServer, ReceiveEvent


@dataclass(frozen=True)
class Receiving:
    """Services for rooms that are shared with other servers."""

    receive: ReceiveEvent
    fetch: FetchEvents
    gaps: OpenGaps


def build_receiving(
    engine: Engine, keys: KeyRing, source: EventSource, *, policy: PolicyServer | None = None
) -> Receiving:
    """keys: other servers' keys. source: other servers' events. policy: rooms' policy servers."""
    checks = CheckReceived(keys)
    outliers = KeepOutliers(engine.database, engine.committer, engine.cache)
    fetch = FetchEvents(source, checks, outliers, engine.cache)
    judge = JudgeEvent(engine.cache, engine.state_at, engine.resolve)
    receive = ReceiveEvent(
        engine.database,
        engine.committer,
        engine.heads,
        engine.cache,
        engine.push,
        checks,
        fetch,
        outliers,
        judge,
        engine.gaps,
        policy=policy,
    )
    return Receiving(receive, fetch, engine.gaps)
