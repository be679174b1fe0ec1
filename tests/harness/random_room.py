"""A room at random: two servers write, branches are made, forgotten and joined again."""

from __future__ import annotations

from random import Random
from typing import Any

from homeserver.errors import MatrixError
from homeserver.protocol.event import Event
from homeserver.services.events.write_event import Draft
from tests.harness.engine import ANNA, BOB
from tests.harness.remote import State
from tests.harness.shared_room import RALF, RITA, SharedRoom

PEOPLE = [RITA, RALF]


class RandomRoom:
    """Acts on a shared room. states: S after each position at which the room changed."""

    def __init__(self, shared: SharedRoom, seed: int) -> None:
        self.shared = shared
        self.random = Random(seed)
        self.known = list(shared.record.events)
        self.states: dict[int, State] = {}

    async def run(self, steps: int) -> None:
        """Events of both servers, some of which are refused."""
        for _ in range(steps):
            if self.random.random() < 0.25:
                await self._write_here()
            else:
                await self.shared.receive(self.event())
            position = self.shared.engine.feed.position
            self.states[position] = self.shared.record.state()

    async def _write_here(self) -> None:
        sender = self.random.choice([ANNA, BOB])
        event_type, content, state_key = self._what(sender)
        draft = Draft(event_type, sender, content, state_key)
        try:
            (stored,) = await self.shared.engine.write.write(self.shared.room_id, draft)
        except MatrixError:
            return
        await self.shared.local(stored.event.event_id)
        self.known.append(stored.event.event_id)

    def event(self) -> Event:
        """An event of the other server on some of the newest events."""
        record = self.shared.record
        recent = self.known[-12:]
        count = self.random.choice([1, 1, 1, 2, 3])
        if self.random.random() < 0.35:
            prev = list(record.extremities)
        else:
            prev = self.random.sample(recent, min(count, len(recent)))
        sender = self.random.choice(PEOPLE)
        event_type, content, state_key = self._what(sender)
        event = self.shared.remote.make(event_type, sender, content, state_key, prev=prev)
        self.known.append(event.event_id)
        return event

    def _what(self, sender: str) -> tuple[str, dict[str, Any], str | None]:
        everyone = [ANNA, BOB, RITA, RALF]
        kind = self.random.choice(
            ["message", "message", "topic", "name", "join", "leave", "ban", "unban", "levels"]
        )
        if kind == "message":
            return "m.room.message", {"msgtype": "m.text", "body": "x"}, None
        if kind in ("topic", "name"):
            return f"m.room.{kind}", {kind: str(self.random.random())}, ""
        if kind == "levels":
            users = {u: self.random.choice([0, 50, 100]) for u in everyone if u != ANNA}
            return "m.room.power_levels", {"users": users, "events": {"m.room.topic": 0}}, ""
        if kind in ("join", "leave"):
            return "m.room.member", {"membership": kind}, sender
        target = self.random.choice([u for u in everyone if u != ANNA])
        membership = "ban" if kind == "ban" else "leave"
        return "m.room.member", {"membership": membership}, target
