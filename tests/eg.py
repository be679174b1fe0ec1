"""Examples: events and rooms in which only what a test is about needs to be said."""

from __future__ import annotations

from typing import Any

from homeserver.protocol.build import build_event
from homeserver.protocol.event import Event, StateKey
from homeserver.protocol.room_versions import V12, RoomVersion
from homeserver.protocol.signing import SigningKey

SERVER = "a.example"
ANNA = "@anna:a.example"
BOB = "@bob:a.example"
CAROL = "@carol:a.example"
STRANGER = "@zoe:z.example"

KEY = SigningKey(bytes(range(32)), "eg")

ROOM_ID = "!" + "r" * 43


def event(
    type: str = "m.room.message",
    content: dict[str, Any] | None = None,
    *,
    sender: str = ANNA,
    state_key: str | None = None,
    room_id: str | None = ROOM_ID,
    version: RoomVersion = V12,
    prev_events: list[str] | None = None,
    auth_events: list[str] | None = None,
    depth: int = 5,
    ts: int = 1_700_000_000_000,
    redacts: str | None = None,
    server: str = SERVER,
) -> Event:
    """One signed event; a message of Anna's unless told otherwise."""
    prev_events = ["$" + "p" * 43] if prev_events is None else prev_events
    auth_events = ["$" + "a" * 43] if auth_events is None else auth_events
    return build_event(
        version=version,
        room_id=room_id,
        sender=sender,
        type=type,
        content={"msgtype": "m.text", "body": "hello"} if content is None else content,
        state_key=state_key,
        prev_events=prev_events,
        auth_events=auth_events,
        reference_hashes=dict.fromkeys([*prev_events, *auth_events], "h" * 43),
        depth=depth,
        origin_server_ts=ts,
        redacts=redacts,
        signing_key=KEY,
        server_name=server,
    )


def create_event(
    content: dict[str, Any] | None = None,
    *,
    sender: str = ANNA,
    version: RoomVersion = V12,
    room_id: str | None = None,
    prev_events: list[str] | None = None,
) -> Event:
    """The first event of a room."""
    if room_id is None and not version.room_id_is_create_hash:
        room_id = f"!{'c' * 18}:{SERVER}"
    creator = {"creator": sender} if version.creator_in_content else {}
    return event(
        "m.room.create",
        {"room_version": version.identifier, **creator, **(content or {})},
        sender=sender,
        state_key="",
        version=version,
        room_id=room_id,
        prev_events=prev_events or [],
        auth_events=[],
        depth=1,
    )


class Room:
    """A room's state, built without asking the rules; Anna made it and is in it."""

    def __init__(self, version: RoomVersion = V12, *, create: dict[str, Any] | None = None) -> None:
        self.version = version
        self.create = create_event(create, version=version)
        self.state: dict[StateKey, Event] = {self.create.key: self.create}
        self.join(ANNA)

    def event(
        self,
        type: str = "m.room.message",
        content: dict[str, Any] | None = None,
        **said: Any,
    ) -> Event:
        """An event of this room that is not part of its state."""
        return event(type, content, room_id=self.create.room_id, version=self.version, **said)

    def member(
        self, user: str, membership: str, *, sender: str | None = None, **content: Any
    ) -> Event:
        """A membership event that is not part of the state."""
        return self.event(
            "m.room.member",
            {"membership": membership, **content},
            state_key=user,
            sender=sender or user,
        )

    def set(
        self, type: str, content: dict[str, Any], *, state_key: str = "", sender: str = ANNA
    ) -> Event:
        """Put an event into the state."""
        put = self.event(type, content, state_key=state_key, sender=sender)
        self.state[put.key] = put
        return put

    def join(self, user: str) -> None:
        """Make the user a member."""
        self.be(user, "join")

    def be(self, user: str, membership: str) -> None:
        """Give the user this membership."""
        self.set("m.room.member", {"membership": membership}, state_key=user, sender=user)

    def join_rule(self, rule: str) -> None:
        """Set the join rule."""
        self.set("m.room.join_rules", {"join_rule": rule})

    def power(self, **content: Any) -> None:
        """Set the power levels."""
        self.set("m.room.power_levels", content)
