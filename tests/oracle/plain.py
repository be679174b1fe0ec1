"""An event as plain as it comes: its ID and its PDU."""

from __future__ import annotations

from typing import Any

Key = tuple[str, str]
State = dict[Key, "Plain"]


class Plain:
    """room_id: given apart, for a create event of version 12 has none."""

    def __init__(self, event_id: str, pdu: dict[str, Any], room_id: str) -> None:
        self.event_id = event_id
        self.pdu = pdu
        self.room_id = room_id
        self.type: str = pdu["type"]
        self.sender: str = pdu["sender"]
        self.content: dict[str, Any] = pdu["content"]
        self.depth: int = pdu["depth"]
        self.origin_server_ts: int = pdu["origin_server_ts"]

    @property
    def has_state_key(self) -> bool:
        return "state_key" in self.pdu

    @property
    def state_key(self) -> str:
        state_key: str = self.pdu["state_key"]
        return state_key

    @property
    def key(self) -> Key:
        return self.type, self.state_key

    @property
    def auth_events(self) -> list[str]:
        return [_id_of(reference) for reference in self.pdu["auth_events"]]

    @property
    def prev_events(self) -> list[str]:
        return [_id_of(reference) for reference in self.pdu["prev_events"]]


def _id_of(reference: Any) -> str:
    event_id: str = reference[0] if isinstance(reference, list) else reference
    return event_id


def domain_of(identifier: str) -> str:
    return identifier.split(":", 1)[1] if ":" in identifier else ""
