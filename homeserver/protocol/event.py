"""An event of a room, in the form that servers exchange (PDU), with what the server knows of it.

Source: rooms/v1 to rooms/v12, "Event format"; server-server-api, "PDUs".
"""

from __future__ import annotations

from sys import intern
from typing import Any, Self

import orjson

from homeserver.ids import is_event_id
from homeserver.protocol.canonical_json import decode_lenient, encode
from homeserver.protocol.hashing import event_id_of
from homeserver.protocol.room_versions import RoomVersion

StateKey = tuple[str, str]
"""(type, state_key): the place of a state event in the state of its room."""


class Event:
    """Immutable by convention: nobody changes an event, its content or its pdu after construction.

    room_id is filled for every event, though a create event of room version 12 carries none.
    state_key: None for message events. redacts: the target of a redaction, wherever the room
    version keeps it. prev_events, auth_events: IDs, though versions 1 and 2 add a hash to each.
    pdu: the full signed event. version: the row of its room.
    """

    __slots__ = (
        "_pdu",
        "_raw",
        "auth_events",
        "content",
        "depth",
        "event_id",
        "origin_server_ts",
        "prev_events",
        "redacts",
        "room_id",
        "sender",
        "state_key",
        "type",
        "version",
    )

    def __init__(
        self,
        event_id: str,
        pdu: dict[str, Any],
        version: RoomVersion,
        *,
        raw: bytes | None = None,
    ) -> None:
        """pdu: of checked format (see event_checks). raw: its canonical bytes, if at hand."""
        self.event_id = event_id
        self._pdu: dict[str, Any] | None = pdu
        self.version = version
        self._raw = raw
        # Types, senders and rooms come again in every event: one text stands for all of them.
        self.type = intern(pdu["type"])
        self.sender = intern(pdu["sender"])
        self.state_key: str | None = pdu.get("state_key")
        content: dict[str, Any] = pdu["content"]
        self.content = content
        self.origin_server_ts: int = pdu["origin_server_ts"]
        self.depth: int = pdu["depth"]
        self.prev_events: list[str] = pdu["prev_events"]
        self.auth_events: list[str] = pdu["auth_events"]
        if version.hashed_references:
            self.prev_events = [reference[0] for reference in pdu["prev_events"]]
            self.auth_events = [reference[0] for reference in pdu["auth_events"]]
        room_id: str | None = pdu.get("room_id")
        # Only a create event of v12 has no room_id: it *is* the room.
        self.room_id = intern("!" + event_id[1:] if room_id is None else room_id)
        self.redacts: str | None = None
        if self.type == "m.room.redaction":
            redacts = (content if version.redacts_in_content else pdu).get("redacts")
            if is_event_id(redacts):
                self.redacts = redacts

    @classmethod
    def from_pdu(
        cls,
        pdu: dict[str, Any],
        version: RoomVersion,
        *,
        event_id: str | None = None,
        raw: bytes | None = None,
    ) -> Self:
        """The event of a PDU; its ID is computed when it is not given (a hash: some 10 us)."""
        if event_id is None:
            event_id = event_id_of(pdu, version)
        return cls(event_id, pdu, version, raw=raw)

    @classmethod
    def from_bytes(cls, raw: bytes, version: RoomVersion, *, event_id: str) -> Self:
        """The event of canonical bytes that `to_bytes` made, as read from storage."""
        return cls(event_id, load_pdu(raw, version), version, raw=raw)

    @property
    def pdu(self) -> dict[str, Any]:
        """The full signed event; read from its bytes where it was put away."""
        if self._pdu is not None:
            return self._pdu
        return load_pdu(self.to_bytes(), self.version)

    def put_away(self) -> None:
        """Keeps only the bytes of what is rarely asked for; for events that stay in memory."""
        self.to_bytes()
        self._pdu = None

    @property
    def is_state(self) -> bool:
        """Whether the event takes a place in the room's state."""
        return self.state_key is not None

    @property
    def key(self) -> StateKey:
        """(type, state_key) of a state event; ValueError for any other."""
        if self.state_key is None:
            raise ValueError(f"{self.event_id} is not a state event")
        return self.type, self.state_key

    @property
    def membership(self) -> str | None:
        """`content.membership` of a membership event, None for any other or when it is not text."""
        if self.type != "m.room.member":
            return None
        membership = self.content.get("membership")
        return membership if isinstance(membership, str) else None

    def to_bytes(self) -> bytes:
        """Canonical JSON of the PDU."""
        if self._raw is None:
            self._raw = encode(self._pdu, strict=self.version.strict_json)
        return self._raw

    def __repr__(self) -> str:
        return f"<Event {self.event_id} {self.type} {self.state_key!r} in {self.room_id}>"


def load_pdu(raw: bytes, version: RoomVersion) -> dict[str, Any]:
    """The PDU of canonical bytes that `Event.to_bytes` made."""
    pdu: dict[str, Any] = orjson.loads(raw) if version.strict_json else decode_lenient(raw)
    return pdu
