"""Making an event of this server: hash, signature, ID, size.

Source: server-server-api, "Adding hashes and signatures to outgoing events";
client-server-api, "Size limits".
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from homeserver.protocol.canonical_json import encode
from homeserver.protocol.event import Event
from homeserver.protocol.event_checks import check_size
from homeserver.protocol.hashing import to_base64, to_url_base64
from homeserver.protocol.redaction import redact
from homeserver.protocol.room_versions import RoomVersion
from homeserver.protocol.signing import SigningKey


def build_event(
    *,
    version: RoomVersion,
    room_id: str | None,
    sender: str,
    type: str,
    content: dict[str, Any],
    state_key: str | None = None,
    prev_events: list[str],
    auth_events: list[str],
    depth: int,
    origin_server_ts: int,
    redacts: str | None = None,
    signing_key: SigningKey,
    server_name: str,
) -> Event:
    """A complete event, signed by this server.

    room_id: None for the create event of versions whose room ID is its hash, required otherwise.
    content: passed by `check_numbers`; it becomes part of the event and must not change after.
    redacts: the target of a redaction; put where the room version keeps it.
    origin_server_ts: milliseconds. Raises TooLarge when the event breaks a size limit.
    """
    if room_id is None and not (type == "m.room.create" and version.room_id_is_create_hash):
        raise ValueError("only a create event whose hash is the room ID has no room_id")
    if redacts is not None and version.redacts_in_content:
        content = {**content, "redacts": redacts}
    pdu: dict[str, Any] = {
        "auth_events": auth_events,
        "content": content,
        "depth": depth,
        "origin_server_ts": origin_server_ts,
        "prev_events": prev_events,
        "sender": sender,
        "type": type,
    }
    if room_id is not None:
        pdu["room_id"] = room_id
    if state_key is not None:
        pdu["state_key"] = state_key
    if redacts is not None and not version.redacts_in_content:
        pdu["redacts"] = redacts

    pdu["hashes"] = {"sha256": to_base64(sha256(encode(pdu)).digest())}
    # One encoding serves both: signature and reference hash cover the same bytes, the redacted
    # event without `signatures` and `unsigned`, of which there is neither yet.
    essential = encode(redact(pdu, version))
    pdu["signatures"] = {server_name: {signing_key.key_id: signing_key.sign_bytes(essential)}}
    event_id = "$" + to_url_base64(sha256(essential).digest())

    event = Event(event_id, pdu, version, raw=encode(pdu))
    check_size(event)
    return event
