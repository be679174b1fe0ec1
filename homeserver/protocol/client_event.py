"""Events as clients see them.

A response is made of shared bytes: `client_bytes` encodes an event once for everybody, and
`with_unsigned` adds what differs (age, membership, transaction_id) without encoding it again.
Source: client-server-api, "Room event format", "Stripped state", "Redactions".
"""

from __future__ import annotations

from typing import Any

import orjson

from homeserver.protocol.event import Event
from homeserver.protocol.redaction import redact, redact_content


def client_event(
    event: Event,
    *,
    with_room_id: bool = True,
    redacted_because: Event | None = None,
    unsigned: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """The event in client format.

    with_room_id: False where the response names the room elsewhere (/sync). redacted_because: the
    redaction that took the content back; the content shown is then what survives, and `unsigned`
    names the redaction. unsigned: further members of `unsigned`; the key is absent if it is empty.
    """
    content = event.content
    if redacted_because is not None:
        content = redact_content(event.type, content, event.version)
    elif event.redacts is not None and not event.version.redacts_in_content:
        # "servers should add a redacts property to the content ... in older room versions"
        content = {**content, "redacts": event.redacts}
    shown: dict[str, Any] = {
        "content": content,
        "event_id": event.event_id,
        "origin_server_ts": event.origin_server_ts,
        "sender": event.sender,
        "type": event.type,
    }
    if with_room_id:
        shown["room_id"] = event.room_id
    if event.state_key is not None:
        shown["state_key"] = event.state_key
    if event.redacts is not None:
        # "For backwards-compatibility with older clients" at the top level (rooms/v11).
        shown["redacts"] = event.redacts
    unsigned = dict(unsigned) if unsigned else {}
    if redacted_because is not None:
        unsigned["redacted_because"] = client_event(redacted_because, with_room_id=with_room_id)
    if unsigned:
        shown["unsigned"] = unsigned
    return shown


def client_bytes(event: Event, with_room_id: bool) -> bytes:
    """The event in client format without `unsigned`, as JSON that many responses share."""
    return orjson.dumps(client_event(event, with_room_id=with_room_id))


def with_unsigned(shared: bytes, unsigned: bytes) -> bytes:
    """Shared bytes with an `unsigned` of its own; both are JSON objects, `unsigned` not empty."""
    return b'%b,"unsigned":%b}' % (shared[:-1], unsigned)


def federation_event(event: Event, *, redacted_because: Event | None = None) -> dict[str, Any]:
    """The event as other servers see it, for filters that ask for `event_format: federation`."""
    if redacted_because is not None:
        return redact(event.pdu, event.version)
    return event.pdu


def stripped_event(event: Event) -> dict[str, Any]:
    """A state event as strangers see it: in invites, knocks and previews."""
    return {
        "content": event.content,
        "sender": event.sender,
        "state_key": event.state_key,
        "type": event.type,
    }


def redacted_event(event: Event) -> Event:
    """The event after redaction, under the same ID."""
    return Event(event.event_id, redact(event.pdu, event.version), event.version)
