"""Another server, scripted: it makes and signs events as a test says, and answers what it is asked.

Beside it a record of what must become of them: the whole state before and after each event, kept
naively. `Record` knows nothing of intervals.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from homeserver.protocol.auth_events import auth_event_keys
from homeserver.protocol.auth_rules import AuthRejected, check_auth, check_auth_events
from homeserver.protocol.build import build_event
from homeserver.protocol.event import Event, StateKey
from homeserver.protocol.hashing import reference_hash, to_base64
from homeserver.protocol.room_versions import RoomVersion
from homeserver.protocol.signing import SigningKey
from homeserver.protocol.state_resolution import resolve
from homeserver.services.receiving.event_source import SourceFailed, StateEvents, StateIds

State = dict[StateKey, str]
OK, SOFT, REJECTED = 0, 1, 2


@dataclass
class Record:
    """A room as a server that keeps whole states sees it."""

    version: RoomVersion
    room_id: str
    events: dict[str, Event] = field(default_factory=dict)
    before: dict[str, State] = field(default_factory=dict)
    status: dict[str, int] = field(default_factory=dict)
    extremities: list[str] = field(default_factory=list)

    def after(self, event_id: str) -> State:
        """The state after an event."""
        state = dict(self.before[event_id])
        event = self.events[event_id]
        if event.is_state and self.status[event_id] != REJECTED:
            state[event.key] = event_id
        return state

    def state(self) -> State:
        """The current state: the resolution over all extremities."""
        return self.resolved([self.after(event_id) for event_id in self.extremities])

    def resolved(self, states: list[State]) -> State:
        """The resolution, of one state itself."""
        distinct = [state for n, state in enumerate(states) if state not in states[:n]]
        if len(distinct) <= 1:
            return distinct[0] if distinct else {}
        rejected = {i for i, status in self.status.items() if status == REJECTED}
        return resolve(self.version, distinct, self.events, rejected)

    def add(self, event: Event, *, before: State | None = None) -> int:
        """Takes an event whose parents are here, or whose state before is given; its status."""
        event_id = event.event_id
        if event_id in self.status:
            return self.status[event_id]
        self.events[event_id] = event
        now = self.state()
        if before is None:
            before = self.resolved([self.after(parent) for parent in event.prev_events])
        self.before[event_id] = before
        self.status[event_id] = status = self._judge(event, before, now)
        if status == OK:
            gone: set[str] = set()
            level = list(event.prev_events)
            while level:
                gone.update(level)
                level = [
                    parent
                    for child in level
                    if self.status.get(child, OK) != OK
                    for parent in self.events[child].prev_events
                ]
            self.extremities = [i for i in self.extremities if i not in gone] + [event_id]
        return status

    def _judge(self, event: Event, before: State, now: State) -> int:
        named = [self.events[event_id] for event_id in event.auth_events]
        rejected = {i for i, status in self.status.items() if status == REJECTED}
        create = next(e for e in self.events.values() if e.type == "m.room.create")
        if event is create:
            return OK
        try:
            check_auth_events(event, named, rejected=rejected)
            check_auth(event, {e.key: e for e in named}, create=create)
            check_auth(event, self._events(before), create=create)
        except AuthRejected:
            return REJECTED
        try:
            check_auth(event, self._events(now), create=create)
        except AuthRejected:
            return SOFT
        return OK

    def _events(self, state: State) -> dict[StateKey, Event]:
        return {key: self.events[event_id] for key, event_id in state.items()}


class Remote:
    """A server with a key, and its view of one room."""

    def __init__(self, name: str, record: Record) -> None:
        self.name = name
        self.key = SigningKey.generate("r1")
        self.record = record
        self.ts = 1_000_000

    def make(
        self,
        event_type: str,
        sender: str,
        content: dict[str, Any],
        state_key: str | None = None,
        *,
        prev: Iterable[str],
        state: State | None = None,
        redacts: str | None = None,
        known: bool = True,
        auth: list[str] | None = None,
    ) -> Event:
        """An event on these parents. state: the state before it, for its auth events; None: as
        the record has it. known: whether the record takes it in."""
        record = self.record
        prev = list(prev)
        if state is None:
            state = record.resolved([record.after(parent) for parent in prev])
        keys = auth_event_keys(event_type, state_key, sender, content, record.version)
        named = [state[key] for key in keys if key in state] if auth is None else auth
        depths = [record.events[i].depth for i in prev if i in record.events]
        self.ts += 1000
        event = build_event(
            version=record.version,
            room_id=record.room_id,
            sender=sender,
            type=event_type,
            content=content,
            state_key=state_key,
            prev_events=prev,
            auth_events=named,
            depth=max(depths, default=0) + 1,
            origin_server_ts=self.ts,
            redacts=redacts,
            reference_hashes=self._hashes({*prev, *named}),
            signing_key=self.key,
            server_name=self.name,
        )
        if known:
            record.add(event)
        return event

    def _hashes(self, event_ids: set[str]) -> dict[str, str]:
        """Of the events cited, for the room versions whose references carry them."""
        record = self.record
        if not record.version.hashed_references:
            return {}
        return {
            event_id: to_base64(reference_hash(record.events[event_id].pdu, record.version))
            for event_id in event_ids
        }


class Keys:
    """A key ring of the servers of a test. expired: servers whose keys are valid no more."""

    def __init__(self, *remotes: Remote) -> None:
        self.keys = {(r.name, r.key.key_id): r.key.public_key for r in remotes}
        self.expired: set[str] = set()

    def add(self, name: str, key: SigningKey) -> None:
        """Another server's key."""
        self.keys[(name, key.key_id)] = key.public_key

    async def public_key(
        self, server_name: str, key_id: str, *, valid_at: int | None
    ) -> str | None:
        """As `KeyRing` says."""
        if valid_at is not None and server_name in self.expired:
            return None
        return self.keys.get((server_name, key_id))


class Source:
    """Answers from a record. down: fails. asked: what it was asked, in order. hidden: events that
    it does not give. most: events in one answer of history."""

    def __init__(self, record: Record) -> None:
        self.record = record
        self.down = False
        self.asked: list[str] = []
        self.hidden: set[str] = set()
        self.no_missing_events = False
        self.most = 1000

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.down:
            raise SourceFailed("down")

    async def missing_events(
        self,
        server: str,
        room_id: str,
        earliest: list[str],
        latest: list[str],
        limit: int,
        min_depth: int,
    ) -> list[dict[str, Any]]:
        """Breadth first backwards from ``latest``, as servers do."""
        self._ask("missing_events")
        if self.no_missing_events:
            return []
        found: list[str] = []
        level = [p for i in latest if i in self.record.events for p in self._parents(i)]
        while level and len(found) < limit:
            fresh = [i for i in dict.fromkeys(level) if i not in found and i not in earliest]
            found += fresh
            level = [p for i in fresh for p in self._parents(i)]
        return [self.record.events[i].pdu for i in reversed(found[:limit])]

    def _parents(self, event_id: str) -> list[str]:
        parents = self.record.events[event_id].prev_events
        return [i for i in parents if i in self.record.events and i not in self.hidden]

    async def event(self, server: str, event_id: str) -> dict[str, Any]:
        """One event."""
        self._ask("event")
        if event_id not in self.record.events or event_id in self.hidden:
            raise SourceFailed("unknown")
        return self.record.events[event_id].pdu

    async def state_ids(self, server: str, room_id: str, event_id: str) -> StateIds:
        """The state before an event."""
        self._ask("state_ids")
        if event_id not in self.record.before:
            raise SourceFailed("unknown")
        ids = list(self.record.before[event_id].values())
        return StateIds(ids, sorted(self.chain(ids)))

    async def state(self, server: str, room_id: str, event_id: str) -> StateEvents:
        """The state before an event, whole."""
        self._ask("state")
        ids = list(self.record.before[event_id].values())
        return StateEvents(self._pdus(ids), self._pdus(self.chain(ids)))

    async def backfill(
        self, server: str, room_id: str, event_ids: list[str], limit: int
    ) -> list[dict[str, Any]]:
        """These and what is before them, by depth."""
        self._ask("backfill")
        found: list[str] = []
        queue = [i for i in event_ids if i in self.record.events]
        while queue and len(found) < min(limit, self.most):
            queue.sort(key=lambda i: self.record.events[i].depth)
            event_id = queue.pop()
            if event_id not in found:
                found.append(event_id)
                queue += self._parents(event_id)
        return self._pdus(found)

    async def event_auth(self, server: str, room_id: str, event_id: str) -> list[dict[str, Any]]:
        """The auth chain of an event."""
        self._ask("event_auth")
        if event_id not in self.record.events:
            raise SourceFailed("unknown")
        return self._pdus(self.chain(self.record.events[event_id].auth_events))

    def chain(self, event_ids: Iterable[str]) -> set[str]:
        """The events and their auth chains."""
        seen: set[str] = set()
        stack = list(event_ids)
        while stack:
            event_id = stack.pop()
            if event_id not in seen:
                seen.add(event_id)
                stack += self.record.events[event_id].auth_events
        return seen

    def _pdus(self, event_ids: Iterable[str]) -> list[dict[str, Any]]:
        return [self.record.events[event_id].pdu for event_id in event_ids]
