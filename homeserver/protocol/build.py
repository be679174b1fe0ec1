"""Making an event of this server: hash, signature, ID, size.

Source: server-server-api, "Adding hashes and signatures to outgoing events";
client-server-api, "Size limits".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256
from types import MappingProxyType
from typing import Any, Final

from homeserver.protocol.canonical_json import encode
from homeserver.protocol.event import Event
from homeserver.protocol.event_checks import check_size, deepest
from homeserver.protocol.hashing import event_id_of_hash, to_base64, to_url_base64
from homeserver.protocol.redaction import redact
from homeserver.protocol.room_versions import EventIds, RoomVersion
from homeserver.protocol.signing import SigningKey

NO_HASHES: Final[Mapping[str, str]] = MappingProxyType({})


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
    reference_hashes: Mapping[str, str] = NO_HASHES,
    signing_key: SigningKey,
    server_name: str,
) -> Event:
    """A complete event, signed by this server.

    room_id: None for the create event of versions whose room ID is its hash, required otherwise.
    content: passed by `check_numbers`; it becomes part of the event and must not change after.
    redacts: the target of a redaction; put where the room version keeps it.
    reference_hashes: of each of prev_events and auth_events, in base64, for versions whose
    references carry them.
    origin_server_ts: milliseconds. Raises TooLarge when the event breaks a size limit.
    """
    if room_id is None and not (type == "m.room.create" and version.room_id_is_create_hash):
        raise ValueError("only a create event whose hash is the room ID has no room_id")
    if redacts is not None and version.redacts_in_content:
        content = {**content, "redacts": redacts}
    strict = version.strict_json
    pdu: dict[str, Any] = {
        "auth_events": _references(auth_events, version, reference_hashes),
        "content": content,
        # "If the room's depth is already at the limit, the depth must be set to the limit."
        "depth": min(depth, deepest(version)),
        "origin_server_ts": origin_server_ts,
        "prev_events": _references(prev_events, version, reference_hashes),
        "sender": sender,
        "type": type,
    }
    if room_id is not None:
        pdu["room_id"] = room_id
    if state_key is not None:
        pdu["state_key"] = state_key
    if redacts is not None and not version.redacts_in_content:
        pdu["redacts"] = redacts

    if version.event_ids is EventIds.GIVEN:
        # "locally-unique": as unique as what the event says, which holds its place in the room.
        opaque = to_url_base64(sha256(encode(pdu, strict=strict)).digest()[:18])
        pdu["event_id"] = f"${opaque}:{server_name}"

    pdu["hashes"] = {"sha256": to_base64(sha256(encode(pdu, strict=strict)).digest())}
    # One encoding serves both: signature and reference hash cover the same bytes, the redacted
    # event without `signatures` and `unsigned`, of which there is neither yet.
    essential = encode(redact(pdu, version), strict=strict)
    pdu["signatures"] = {server_name: {signing_key.key_id: signing_key.sign_bytes(essential)}}
    event_id = pdu.get("event_id") or event_id_of_hash(sha256(essential).digest(), version)

    event = Event(event_id, pdu, version, raw=encode(pdu, strict=strict))
    check_size(event)
    return event


def _references(
    event_ids: list[str], version: RoomVersion, hashes: Mapping[str, str]
) -> Sequence[str | list[str | dict[str, str]]]:
    """The events cited, as the room version writes it."""
    if not version.hashed_references:
        return event_ids
    return [[event_id, {"sha256": hashes[event_id]}] for event_id in event_ids]
