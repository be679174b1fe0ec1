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
from homeserver.protocol.room_versions import RoomVersion


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


def content_hash(pdu: dict[str, Any]) -> bytes:
    """SHA-256 (32 bytes) over the whole event without `unsigned`, `signatures` and `hashes`."""
    covered = {
        key: value for key, value in pdu.items() if key not in ("unsigned", "signatures", "hashes")
    }
    return sha256(encode(covered)).digest()


def reference_hash(pdu: dict[str, Any], version: RoomVersion) -> bytes:
    """SHA-256 (32 bytes) over the redacted event without `signatures` and `unsigned`."""
    covered = redact(pdu, version)
    covered.pop("signatures", None)
    covered.pop("unsigned", None)
    return sha256(encode(covered)).digest()


def event_id_of(pdu: dict[str, Any], version: RoomVersion) -> str:
    """`$` and the reference hash (rooms/v4, "Event IDs")."""
    return "$" + to_url_base64(reference_hash(pdu, version))


def has_valid_content_hash(pdu: dict[str, Any]) -> bool:
    """Whether `hashes.sha256` fits the event; if not, only its redacted form may be used."""
    hashes = pdu.get("hashes")
    claimed = hashes.get("sha256") if isinstance(hashes, dict) else None
    if not isinstance(claimed, str):
        return False
    try:
        return from_base64(claimed) == content_hash(pdu)
    except ValueError:
        return False
