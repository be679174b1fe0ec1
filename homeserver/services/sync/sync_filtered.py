"""Events as a filter wants them shaped: federation format, or only some of their fields."""

from __future__ import annotations

from typing import Any

import orjson

from homeserver.protocol.client_event import federation_event
from homeserver.protocol.sync_filter import SyncFilter
from homeserver.protocol.sync_token import TimelineToken
from homeserver.services.sync.sync_timeline import Timeline
from homeserver.storage.events import StoredEvent


def shown_timeline(rendered: list[bytes], timeline: Timeline, wanted: SyncFilter) -> dict[str, Any]:
    """The part of that name of a room's entry."""
    return {
        "events": shape(rendered, [stored for stored, _ in timeline.events], wanted),
        "limited": timeline.limited,
        "prev_batch": str(TimelineToken(*timeline.start)),
    }


def shape(
    rendered: list[bytes], events: list[StoredEvent], wanted: SyncFilter
) -> list[orjson.Fragment | dict[str, Any]]:
    """The rendered events, untouched unless the filter asks for another shape."""
    if wanted.plain_events:
        return [orjson.Fragment(raw) for raw in rendered]
    shaped: list[orjson.Fragment | dict[str, Any]] = []
    for raw, stored in zip(rendered, events, strict=True):
        event = federation_event(stored.event) if wanted.federation_format else orjson.loads(raw)
        fields = wanted.event_fields
        shaped.append(event if fields is None else _only(event, fields))
    return shaped


def _only(event: dict[str, Any], fields: tuple[tuple[str, ...], ...]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for path in fields:
        source: Any = event
        for name in path:
            if not isinstance(source, dict) or name not in source:
                break
            source = source[name]
        else:
            target = kept
            for name in path[:-1]:
                target = target.setdefault(name, {})
            target[path[-1]] = source
    return kept
