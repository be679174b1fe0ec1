"""The redaction algorithm: what of an event survives when its content is taken back.

Source: client-server-api, "Redactions"; rooms/v11, "Redactions".
"""

from __future__ import annotations

from typing import Any

from homeserver.protocol.room_versions import EVERYTHING, RoomVersion


def redact(pdu: dict[str, Any], version: RoomVersion) -> dict[str, Any]:
    """The event as it looks after redaction; `pdu` itself stays as it is.

    `unsigned` is not kept; whoever shows a redacted event adds its own.
    """
    rules = version.redaction
    kept = {key: value for key, value in pdu.items() if key in rules.top_level}
    content = pdu.get("content")
    if not isinstance(content, dict):
        content = {}
    kept["content"] = redact_content(pdu.get("type"), content, version)
    return kept


def redact_content(
    event_type: object, content: dict[str, Any], version: RoomVersion
) -> dict[str, Any]:
    """The keys of a content that survive redaction in this room version."""
    rules = version.redaction
    keys = rules.content.get(event_type) if isinstance(event_type, str) else None
    if keys is None:
        return {}
    if keys is EVERYTHING:
        return content
    kept = {key: value for key, value in content.items() if key in keys}
    if rules.third_party_signed and event_type == "m.room.member":
        # "Additionally, it allows the signed key of the third_party_invite key."
        invite = content.get("third_party_invite")
        if isinstance(invite, dict) and "signed" in invite:
            kept["third_party_invite"] = {"signed": invite["signed"]}
    return kept
