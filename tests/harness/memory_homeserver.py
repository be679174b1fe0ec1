"""A homeserver in memory, as far as the decision protocol looks: rooms, logs, transaction ids.

It refuses what the authorisation rules refuse, forgets nothing, can be down, and can be replaced by
an older copy of itself.
"""

from __future__ import annotations

import asyncio
import copy
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import orjson

from appservice_tasks.domain.ids import CONFIG, RESULT, TASK
from appservice_tasks.matrix_client import Json, MatrixEvent, Page, Refused, Unavailable
from appservice_tasks.services.room_state import guarding

AUTHORITY = "@tasks:a.example"


@dataclass
class Room:
    """One room: its log and its state."""

    log: list[MatrixEvent] = field(default_factory=list)
    state: dict[tuple[str, str], MatrixEvent] = field(default_factory=dict)
    txns: dict[tuple[str, str, str], str] = field(default_factory=dict)

    def members(self) -> list[str]:
        return [
            key
            for (kind, key), event in self.state.items()
            if kind == "m.room.member" and event["content"]["membership"] == "join"
        ]


class MemoryHomeserver:
    """Speaks as the authority, unless `sender` says otherwise."""

    def __init__(self) -> None:
        self.rooms: dict[str, Room] = {}
        self.down = False
        self.told: Callable[[MatrixEvent], None] = lambda _event: None
        self.answers_lost = 0
        self.names: dict[str, str] = {}
        self._numbers = itertools.count(1)
        self._now = itertools.count(1_700_000_000_000)

    # --- what tests do --------------------------------------------------------------------------

    def make_room(self, room_id: str, owner: str, *members: str, kind: str = "team") -> None:
        """A room that is set up for tasks."""
        self.rooms[room_id] = Room()
        self.set_state(room_id, owner, "m.room.create", {"room_version": "12"})
        for member in (owner, *members, AUTHORITY):
            self.set_state(room_id, owner, "m.room.member", {"membership": "join"}, member)
        self.set_state(room_id, owner, "m.room.power_levels", guarding({}, AUTHORITY))
        prefix = room_id.strip("!").upper()
        config = {"v": 1, "enabled": True, "authority": AUTHORITY, "prefix": prefix, "kind": kind}
        self.set_state(room_id, owner, CONFIG, config)

    def set_state(
        self, room_id: str, sender: str, kind: str, content: Json, key: str = ""
    ) -> MatrixEvent:
        event = self._append(room_id, sender, kind, content, next(self._now))
        event["state_key"] = key
        self.rooms[room_id].state[kind, key] = event
        return event

    def post(self, room_id: str, sender: str, kind: str, content: Json, txn_id: str) -> str:
        """Somebody sends an event. Raises Refused, Unavailable."""
        self._check_up()
        room = self.rooms[room_id]
        known = room.txns.get((sender, kind, txn_id))
        if known is not None:
            return known
        if self._power(room, sender) < self._needed(room, kind) or sender not in room.members():
            raise Refused(403, "M_FORBIDDEN", "power", {})
        event = self._append(room_id, sender, kind, content, next(self._now))
        room.txns[sender, kind, txn_id] = event["event_id"]
        self.told(event)
        return event["event_id"]

    def save(self) -> Any:
        """A copy of everything."""
        return copy.deepcopy(self.rooms)

    def restore(self, saved: Any) -> None:
        """Is replaced by the copy."""
        self.rooms = copy.deepcopy(saved)

    def task_events(self) -> list[MatrixEvent]:
        """Those of the authority, room by room in the order of the log."""
        return [
            event
            for room in self.rooms.values()
            for event in room.log
            if event["type"] == TASK and event["sender"] == AUTHORITY
        ]

    def results(self) -> list[MatrixEvent]:
        return [
            event
            for room in self.rooms.values()
            for event in room.log
            if event["type"] == RESULT and event["sender"] == AUTHORITY
        ]

    def _append(self, room_id: str, sender: str, kind: str, content: Json, ts: int) -> MatrixEvent:
        event: MatrixEvent = {
            "event_id": f"$e{next(self._numbers)}",
            "room_id": room_id,
            "type": kind,
            "sender": sender,
            "origin_server_ts": ts,
            "content": copy.deepcopy(content),
        }
        self.rooms[room_id].log.append(event)
        return event

    def _power(self, room: Room, user: str) -> int:
        create = room.state["m.room.create", ""]
        if user == create["sender"]:
            return 1 << 30
        level: int = room.state["m.room.power_levels", ""]["content"]["users"].get(user, 0)
        return level

    def _needed(self, room: Room, kind: str) -> int:
        level: int = room.state["m.room.power_levels", ""]["content"]["events"].get(kind, 0)
        return level

    def _check_up(self) -> None:
        if self.down:
            raise Unavailable("down")

    # --- what the engine asks -------------------------------------------------------------------

    async def _asked(self) -> None:
        await asyncio.sleep(0)
        self._check_up()

    async def send(
        self, room_id: str, event_type: str, txn_id: str, content: bytes, ts: int | None = None
    ) -> str:
        await self._asked()
        if room_id not in self.rooms:
            raise Refused(404, "M_NOT_FOUND", "room", {})
        if len(content) > 60_000:
            raise Refused(413, "M_TOO_LARGE", "event", {})
        event_id = self.post(room_id, AUTHORITY, event_type, orjson.loads(content), txn_id)
        if self.answers_lost:
            self.answers_lost -= 1
            raise Unavailable("the answer was lost")
        return event_id

    async def event(self, room_id: str, event_id: str) -> MatrixEvent | None:
        await self._asked()
        for event in self._room(room_id).log:
            if event["event_id"] == event_id:
                return copy.deepcopy(event)
        return None

    def _room(self, room_id: str) -> Room:
        room = self.rooms.get(room_id)
        if room is None or AUTHORITY not in room.members():
            raise Refused(403, "M_FORBIDDEN", "not in the room", {})
        return room

    async def messages(
        self,
        room_id: str,
        *,
        start: str | None = None,
        backwards: bool = False,
        limit: int = 100,
        accept: Json | None = None,
    ) -> Page:
        await self._asked()
        log = self._room(room_id).log
        if backwards:
            at = len(log) if start is None else int(start)
            begin = max(0, at - limit)
            made: Page = {"chunk": copy.deepcopy(log[begin:at][::-1]), "start": str(at)}
            if begin > 0:
                made["end"] = str(begin)
            return made
        at = 0 if start is None else int(start)
        if at > len(log):
            raise Refused(400, "M_INVALID_PARAM", "from", {})
        until = min(len(log), at + min(limit, 7))  # short pages, so that there are several
        chunk = [event for event in log[at:until] if _accepts(accept, event)]
        page: Page = {"chunk": copy.deepcopy(chunk), "start": str(at)}
        if until < len(log):
            page["end"] = str(until)
        return page

    async def room_state(self, room_id: str) -> list[MatrixEvent]:
        await self._asked()
        return copy.deepcopy(list(self._room(room_id).state.values()))

    async def state_content(self, room_id: str, event_type: str, key: str) -> Json | None:
        await self._asked()
        event = self._room(room_id).state.get((event_type, key))
        return None if event is None else copy.deepcopy(event["content"])

    async def joined_rooms(self) -> list[str]:
        await self._asked()
        return [name for name, room in self.rooms.items() if AUTHORITY in room.members()]

    async def join(self, room_id: str) -> None:
        await self._asked()
        self.set_state(room_id, AUTHORITY, "m.room.member", {"membership": "join"}, AUTHORITY)

    async def invite(self, room_id: str, user_id: str) -> None:
        await self._asked()
        if user_id not in self._room(room_id).members():
            invite = {"membership": "invite"}
            self.set_state(room_id, AUTHORITY, "m.room.member", invite, user_id)

    async def profile(self, user_id: str) -> Json | None:
        await self._asked()
        if "nobody" in user_id:
            return None
        return {"displayname": self.names.get(user_id, user_id[1:].partition(":")[0])}

    async def redact(self, room_id: str, event_id: str, txn_id: str, reason: str | None) -> str:
        await self._asked()
        for event in self._room(room_id).log:
            if event["event_id"] == event_id:
                event["content"] = {}
        return self.post(room_id, AUTHORITY, "m.room.redaction", {"redacts": event_id}, txn_id)


def _accepts(accept: Json | None, event: MatrixEvent) -> bool:
    if accept is None:
        return True
    senders = accept.get("senders")
    return event["type"] in accept["types"] and (senders is None or event["sender"] in senders)
