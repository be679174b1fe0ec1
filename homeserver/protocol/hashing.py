"""Content and reference hashes of events.

Source: server-server-api, "Calculating the content hash" and "Calculating the reference hash".
"""

from __future__ import annotations

import base64
import binascii
from hashlib import sha256
from typing import Any

from homeserver.protocol.canonical_json import encode
from homeserver.protocol.redaction import redact
from homeserver.protocol.room_versions import EventIds, RoomVersion


def to_base64(data: bytes) -> str:
    """Unpadded base64 (appendices, "Unpadded Base64")."""
    return binascii.b2a_base64(data, newline=False).rstrip(b"=").decode("ascii")


def from_base64(text: str) -> bytes:
    """Bytes of base64 with or without padding, in either alphabet; else ValueError."""
    plain = text.rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)


def to_url_base64(data: bytes) -> str:
    """URL-safe unpadded base64."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def content_hash(pdu: dict[str, Any], *, strict: bool = True) -> bytes:
    """SHA-256 (32 bytes) over the whole event without `unsigned`, `signatures` and `hashes`.

    strict: as of the room version.
    """
    covered = {
        key: value for key, value in pdu.items() if key not in ("unsigned", "signatures", "hashes")
    }
    return sha256(encode(covered, strict=strict)).digest()


def reference_hash(pdu: dict[str, Any], version: RoomVersion) -> bytes:
    """SHA-256 (32 bytes) over the redacted event without `signatures` and `unsigned`."""
    covered = redact(pdu, version)
    covered.pop("signatures", None)
    covered.pop("unsigned", None)
    return sha256(encode(covered, strict=version.strict_json)).digest()


def event_id_of(pdu: dict[str, Any], version: RoomVersion) -> str:
    """The ID of an event: the one it carries (rooms/v1), or `$` and its hash (rooms/v3, v4)."""
    if version.event_ids is EventIds.GIVEN:
        event_id: str = pdu["event_id"]
        return event_id
    return event_id_of_hash(reference_hash(pdu, version), version)


def event_id_of_hash(digest: bytes, version: RoomVersion) -> str:
    """`$` and a reference hash, in the alphabet of the room version."""
    if version.event_ids is EventIds.HASH:
        return "$" + to_base64(digest)
    return "$" + to_url_base64(digest)


def has_valid_content_hash(pdu: dict[str, Any], *, strict: bool = True) -> bool:
    """Whether `hashes.sha256` fits the event; if not, only its redacted form may be used."""
    hashes = pdu.get("hashes")
    claimed = hashes.get("sha256") if isinstance(hashes, dict) else None
    if not isinstance(claimed, str):
        return False
    try:
        return from_base64(claimed) == content_hash(pdu, strict=strict)
    except ValueError:
        return False
