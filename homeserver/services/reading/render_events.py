"""Events as JSON for clients, by way of bytes that all readers share.

A plain message costs one dictionary lookup and the splicing in of its age. What is one reader's
own is spliced in too: the transaction id for the device that sent it, and bundled aggregations.
What depends on another event (what a state event replaced, a redaction) makes bytes of their own.
Source: client-server-api, "Room event format", "Aggregations of child events".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from homeserver.protocol.canonical_json import exact
from homeserver.protocol.client_event import client_event, stripped_event
from homeserver.services.events.event_cache import EventCache
from homeserver.services.reading.bundle_relations import Bundle, BundleRelations, Seen
from homeserver.services.reading.visible_events import FAR, VisibleEvents
from homeserver.storage.database import Reads
from homeserver.storage.events import StoredEvent


@dataclass(frozen=True, slots=True)
class _Reader:
    """For whom a batch is rendered, and what its events need of others.

    upto: the position after which nothing is aggregated. redactions: by nid. replaced: of state
    events, by nid, those that the reader may see.
    """

    user_id: str
    scope: str
    with_room_id: bool
    now: int
    upto: int = FAR
    redactions: dict[int, StoredEvent] = field(default_factory=dict)
    replaced: dict[int, StoredEvent] = field(default_factory=dict)


class RenderEvents:
    """Renders events of one room for one reader."""

    def __init__(self, database: Reads, cache: EventCache, visible: VisibleEvents) -> None:
        self._cache = cache
        self._visible = visible
        self._bundles = BundleRelations(database, cache, visible)

    async def render(
        self,
        events: Sequence[Seen],
        *,
        user_id: str,
        scope: str,
        with_room_id: bool,
        now: int,
        ignored: frozenset[str] = frozenset(),
        bundle: bool = True,
        upto: int = FAR,
    ) -> list[bytes]:
        """The events in client format, in their order.

        All are of one room. user_id, scope: the reader, and what their transaction ids are unique
        within (`Requester.txn_scope`). now: milliseconds, for `age`. ignored: people whose children
        are left out of aggregations. bundle: whether to add aggregations at all. upto: they end at
        this position, as the token beside the events does: a client counts what it is sent after.
        """
        reader = _Reader(user_id, scope, with_room_id, now, upto)
        related: list[StoredEvent] = []
        dependent: list[StoredEvent] = []
        for stored, _ in events:
            if stored.has_relations:
                related.append(stored)
            if stored.replaces is not None or stored.redacted_by is not None:
                dependent.append(stored)
        if dependent:
            await self._look_up(dependent, reader)
        bundles: dict[int, bytes] = {}
        if related and bundle:
            bundles = await self._bundled(related, reader, ignored)
        return [
            _render(stored, membership, reader, bundles.get(stored.nid))
            for stored, membership in events
        ]

    async def render_state(
        self, events: Iterable[StoredEvent], *, with_room_id: bool
    ) -> list[bytes]:
        """State events in client format, in their order, without age and aggregations."""
        events = list(events)
        redacted = [stored.redacted_by for stored in events if stored.redacted_by is not None]
        redactions = await self._cache.by_nid(redacted) if redacted else {}
        return [_state_bytes(stored, redactions, with_room_id) for stored in events]

    async def _look_up(self, events: list[StoredEvent], reader: _Reader) -> None:
        """Finds what these events depend on."""
        redacted = [stored.redacted_by for stored in events if stored.redacted_by is not None]
        replaced = [stored.replaces for stored in events if stored.replaces is not None]
        found = await self._cache.by_nid([*redacted, *replaced])
        reader.redactions.update((nid, found[nid]) for nid in redacted if nid in found)
        visible = await self._visible.filter(
            events[0].room, [found[nid] for nid in replaced if nid in found], reader.user_id
        )
        reader.replaced.update((stored.nid, stored) for stored, _ in visible)

    async def _bundled(
        self, parents: list[StoredEvent], reader: _Reader, ignored: frozenset[str]
    ) -> dict[int, bytes]:
        """`m.relations` by the nid of the event that has it."""
        bundles = await self._bundles.of(parents, reader.user_id, ignored, reader.upto)
        latest = [b.thread.latest[0] for b in bundles.values() if b.thread is not None]
        # The latest event of a thread shows its own edits; a thread cannot start in a thread.
        nested = await self._bundles.of(latest, reader.user_id, ignored, reader.upto)
        inner = {nid: _relations(bundle, reader, {}) for nid, bundle in nested.items()}
        return {nid: _relations(bundle, reader, inner) for nid, bundle in bundles.items()}


def render_stripped(events: Iterable[StoredEvent]) -> list[bytes]:
    """State events as strangers see them: in invites, knocks and previews."""
    return [orjson.dumps(stripped_event(stored.event)) for stored in events]


def _render(
    stored: StoredEvent, membership: str, reader: _Reader, relations: bytes | None = None
) -> bytes:
    key: Any = (reader.with_room_id, membership)
    redaction = replaced = None
    if stored.redacted_by is not None:
        redaction = reader.redactions.get(stored.redacted_by)
    if stored.replaces is not None:
        replaced = reader.replaced.get(stored.replaces)
    if redaction is not None or replaced is not None:
        # These may be redacted themselves later, which their own bytes then show.
        key = (*key, _version(redaction), _version(replaced))
    shared = stored.rendered.get(key)
    if shared is None:
        shared = _shared(stored, membership, reader.with_room_id, redaction, replaced)
        stored.rendered[key] = shared
    event = stored.event
    age = max(0, reader.now - event.origin_server_ts)
    own = b""
    if (
        stored.txn_id is not None
        and stored.txn_device == reader.scope
        and event.sender == reader.user_id
    ):
        own = b',"transaction_id":' + orjson.dumps(stored.txn_id)
    if relations:
        own += b',"m.relations":' + relations
    return b"%b%d%b}}" % (shared, age, own)


def _shared(
    stored: StoredEvent,
    membership: str,
    with_room_id: bool,
    redaction: StoredEvent | None,
    replaced: StoredEvent | None,
) -> bytes:
    """The event up to where the number of its age follows."""
    unsigned: dict[str, Any] = {"membership": membership}
    if replaced is not None:
        unsigned["prev_content"] = replaced.event.content
        unsigned["prev_sender"] = replaced.event.sender
        unsigned["replaces_state"] = replaced.event.event_id
    shown = client_event(
        stored.event,
        with_room_id=with_room_id,
        redacted_because=None if redaction is None else redaction.event,
        unsigned=unsigned,
    )
    last = orjson.dumps(shown.pop("unsigned"))
    return b'%b,"unsigned":%b,"age":' % (orjson.dumps(shown)[:-1], last[:-1])


def _state_bytes(
    stored: StoredEvent, redactions: dict[int, StoredEvent], with_room_id: bool
) -> bytes:
    redaction = None
    if stored.redacted_by is not None:
        redaction = redactions.get(stored.redacted_by)
    key = ("state", with_room_id, _version(redaction))
    rendered = stored.rendered.get(key)
    if rendered is None:
        because = None if redaction is None else redaction.event
        shown = client_event(stored.event, with_room_id=with_room_id, redacted_because=because)
        rendered = stored.rendered[key] = exact(orjson.dumps(shown))
    return rendered


def _version(stored: StoredEvent | None) -> tuple[int, int | None] | None:
    return None if stored is None else (stored.nid, stored.redacted_by)


def _relations(bundle: Bundle, reader: _Reader, inner: dict[int, bytes]) -> bytes:
    """`m.relations` of one event; inner: those of the latest events of threads. Empty: none."""
    parts: list[bytes] = []
    if bundle.edit is not None:
        parts.append(b'"m.replace":' + _render(*bundle.edit, reader))
    if bundle.thread is not None:
        latest, membership = bundle.thread.latest
        rendered = _render(latest, membership, reader, inner.get(latest.nid))
        participated = b"true" if bundle.thread.participated else b"false"
        parts.append(
            b'"m.thread":{"latest_event":%b,"count":%d,"current_user_participated":%b}'
            % (rendered, bundle.thread.count, participated)
        )
    if bundle.references:
        chunk = [{"event_id": event_id} for event_id in bundle.references]
        parts.append(b'"m.reference":' + orjson.dumps({"chunk": chunk}))
    return b"{%b}" % b",".join(parts) if parts else b""
