"""A client that knows nothing but what /sync told it, and the claim that this is everything.

The invariant: what a client has after any number of increments equals what a fresh sync says:
rooms, state, timelines, counts, receipts, who types, account data. `SyncClient.check` asserts it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from homeserver.protocol.redaction import redact_content
from homeserver.protocol.room_versions import V12

Key = tuple[str, str]
Poll = Callable[..., Awaitable[dict[str, Any]]]
"""``await poll(since=None)`` is one answer of /sync, as JSON, at once."""


@dataclass
class Room:
    """What a client has of a room it is in."""

    state: dict[Key, dict[str, Any]] = field(default_factory=dict)
    timeline: list[dict[str, Any]] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    threads: dict[str, Any] = field(default_factory=dict)
    account_data: dict[str, Any] = field(default_factory=dict)
    receipts: dict[tuple[str, str, str], str] = field(default_factory=dict)
    typing: list[str] = field(default_factory=list)
    summary: dict[str, Any] = field(default_factory=dict)

    def apply(self, entry: dict[str, Any]) -> None:
        """Takes one answer's entry of this room."""
        timeline = entry["timeline"]
        if timeline["limited"]:
            self.timeline.clear()
        for event in entry.get("state", {}).get("events", ()):
            self._place(event)
        for event in timeline["events"]:
            self.timeline.append(event)
            if "state_key" in event and "state_after" not in entry:
                self._place(event)
            if event["type"] == "m.room.redaction":
                self._redact(event["redacts"])
        for event in entry.get("state_after", {}).get("events", ()):
            self._place(event)
        self.counts = entry.get("unread_notifications", self.counts)
        self.threads = entry.get("unread_thread_notifications", self.threads)
        self.summary.update(entry.get("summary", {}))
        for data in entry["account_data"]["events"]:
            self.account_data[data["type"]] = data["content"]
        for event in entry["ephemeral"]["events"]:
            if event["type"] == "m.typing":
                self.typing = event["content"]["user_ids"]
            else:
                self._read(event["content"])

    def _place(self, event: dict[str, Any]) -> None:
        self.state[(event["type"], event["state_key"])] = event

    def _read(self, content: dict[str, Any]) -> None:
        for event_id, kinds in content.items():
            for kind, users in kinds.items():
                for user_id, value in users.items():
                    self.receipts[(user_id, kind, value.get("thread_id", ""))] = event_id

    def _redact(self, event_id: str) -> None:
        for event in (*self.timeline, *self.state.values()):
            if event["event_id"] == event_id:
                event["content"] = redact_content(event["type"], event["content"], V12)


@dataclass
class Told:
    """Everything that answers of /sync have told."""

    join: dict[str, Room] = field(default_factory=dict)
    invite: dict[str, Any] = field(default_factory=dict)
    knock: dict[str, Any] = field(default_factory=dict)
    account_data: dict[str, Any] = field(default_factory=dict)

    def apply(self, answer: dict[str, Any]) -> None:
        """Takes one answer."""
        rooms = answer.get("rooms", {})
        for room_id, entry in rooms.get("join", {}).items():
            self.invite.pop(room_id, None)
            self.knock.pop(room_id, None)
            self.join.setdefault(room_id, Room()).apply(entry)
        for kind, mine in (("invite", self.invite), ("knock", self.knock)):
            for room_id, entry in rooms.get(kind, {}).items():
                self.join.pop(room_id, None)
                self.invite.pop(room_id, None)
                self.knock.pop(room_id, None)
                mine[room_id] = entry
        for room_id in rooms.get("leave", {}):
            for left in (self.join, self.invite, self.knock):
                left.pop(room_id, None)
        for data in answer.get("account_data", {}).get("events", ()):
            self.account_data[data["type"]] = data["content"]


def _essential(strangers: dict[str, Any]) -> dict[str, Any]:
    """Invites without what a redaction takes back: who is outside is not told of redactions."""
    return {
        room_id: [
            {**event, "content": redact_content(event["type"], event["content"], V12)}
            for state in entry.values()
            for event in sorted(state["events"], key=lambda e: (e["type"], e["state_key"]))
        ]
        for room_id, entry in strangers.items()
    }


class SyncClient:
    """Polls now and then, and can be asked whether it knows what a fresh client would.

    lazy: it asked for lazily loaded members, so it need not know all of them. resolved: forks may
    have emptied keys of the state.
    """

    def __init__(
        self, name: str, poll: Poll, *, lazy: bool = False, resolved: bool = False
    ) -> None:
        self.name = name
        self.told = Told()
        self.since: str | None = None
        self._poll = poll
        self._lazy = lazy
        self._resolved = resolved

    async def catch_up(self) -> None:
        """Polls once, and takes the answer."""
        answer = await self._poll(since=self.since)
        self.told.apply(answer)
        self.since = answer["next_batch"]

    async def miss_one(self) -> None:
        """Polls once, and loses the answer but for its token: what no server's bug may do."""
        self.since = (await self._poll(since=self.since))["next_batch"]

    async def check(self) -> None:
        """Catches up and compares with a fresh sync. Raises AssertionError that names the fault."""
        await self.catch_up()
        fresh = Told()
        fresh.apply(await self._poll(since=None))
        mine, name = self.told, self.name
        assert mine.account_data == fresh.account_data, f"{name}: account data"
        assert mine.join.keys() == fresh.join.keys(), f"{name}: joined rooms"
        assert _essential(mine.invite) == _essential(fresh.invite), f"{name}: invites"
        assert _essential(mine.knock) == _essential(fresh.knock), f"{name}: knocks"
        for room_id, room in fresh.join.items():
            self._compare(mine.join[room_id], room, f"{name}: {room_id}")

    def _compare(self, mine: Room, fresh: Room, where: str) -> None:
        ids = [event["event_id"] for event in mine.timeline]
        assert len(ids) == len(set(ids)), f"{where}: an event came twice"
        wanted = [event["event_id"] for event in fresh.timeline]
        common = min(len(ids), len(wanted))
        assert ids[len(ids) - common :] == wanted[len(wanted) - common :], f"{where}: timeline"
        contents = {event["event_id"]: event["content"] for event in mine.timeline}
        for event in fresh.timeline:
            if event["event_id"] in contents:
                assert contents[event["event_id"]] == event["content"], f"{where}: content"
        for key, event in fresh.state.items():
            if self._lazy and key[0] == "m.room.member" and key not in mine.state:
                continue
            assert key in mine.state, f"{where}: state {key} is missing"
            assert mine.state[key]["event_id"] == event["event_id"], f"{where}: state {key}"
            assert mine.state[key]["content"] == event["content"], f"{where}: state {key}"
        if self._lazy:
            for event in mine.timeline:
                assert ("m.room.member", event["sender"]) in mine.state, f"{where}: a sender"
        else:
            missing = fresh.state.keys() - mine.state.keys()
            assert not missing, f"{where}: state keys {missing}"
            # A key that a resolution emptied: no answer can say so. Whom it is about hears of it.
            if not self._resolved:
                assert mine.state.keys() == fresh.state.keys(), f"{where}: state keys"
        assert mine.counts == fresh.counts, f"{where}: unread counts"
        assert mine.threads == fresh.threads, f"{where}: unread threads"
        data = {key: value for key, value in mine.account_data.items() if value != {}}
        assert data == fresh.account_data, f"{where}: account data"
        assert mine.receipts == fresh.receipts, f"{where}: receipts"
        assert mine.typing == fresh.typing, f"{where}: typing"
        # Heroes matter where a room has no name; who heard of them before it had one keeps them.
        told = {key: mine.summary.get(key) for key in fresh.summary}
        assert told == fresh.summary, f"{where}: summary {told} {fresh.summary}"
