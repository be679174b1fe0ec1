"""The checks on an event from another server that need nothing of its room but the version.

Source: server-server-api, "Checks performed on receipt of a PDU", steps 1 to 3. Steps 4 to 7 are
`receive_event`'s.
"""

from __future__ import annotations

from itertools import islice
from typing import Any, Final, Protocol

from homeserver.errors import MatrixError
from homeserver.protocol.client_event import redacted_event
from homeserver.protocol.event import Event
from homeserver.protocol.event_checks import check_local, check_pdu, check_size, required_signers
from homeserver.protocol.hashing import has_valid_content_hash
from homeserver.protocol.room_versions import RoomVersion
from homeserver.protocol.signing import verify_event

_MOST_KEYS: Final = 10
"""Signatures of one server that are looked at: each may mean that the server is asked for a key,
and whoever makes the event up chooses the server."""


class KeyRing(Protocol):
    """Gives other servers' public keys."""

    async def public_key(
        self, server_name: str, key_id: str, *, valid_at: int | None
    ) -> str | None:
        """The key as base64; None if the server has none of this name.

        valid_at: milliseconds at which the key must have been valid; None: at any time.
        """


class Dropped(MatrixError):
    """The event is not taken at all. step: of the checks on receipt that it failed, 1 or 2."""

    def __init__(self, step: int, reason: str) -> None:
        super().__init__(reason, status=400)
        self.step = step


class CheckReceived:
    """Checks events of other servers by themselves."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    async def check(self, pdu: dict[str, Any], version: RoomVersion) -> Event:
        """The event of a PDU, redacted if its hash does not fit. Raises Dropped."""
        event = valid_format(pdu, version)
        await self.valid_signatures(event)
        return with_valid_hash(event)

    async def valid_signatures(self, event: Event) -> None:
        """Step 2: every server that must have signed the event has. Raises Dropped."""
        pdu = event.pdu
        for server in required_signers(event):
            if not await self._signed_by(event, pdu, server):
                raise Dropped(2, f"The event is not signed by {server}")

    async def _signed_by(self, event: Event, pdu: dict[str, Any], server: str) -> bool:
        signatures = pdu["signatures"].get(server)
        listed = signatures if isinstance(signatures, dict) else ()
        for key_id in islice(listed, _MOST_KEYS):
            valid_at = event.origin_server_ts if event.version.enforce_key_validity else None
            key = await self._keys.public_key(server, key_id, valid_at=valid_at)
            if key is not None and verify_event(pdu, event.version, server, key_id, key):
                return True
        return False


def valid_format(pdu: dict[str, Any], version: RoomVersion) -> Event:
    """Step 1: it is an event of this room version. Raises Dropped."""
    try:
        check_pdu(pdu, version)
        # What others put there is nobody's but theirs, and no part of the event.
        event = Event.from_pdu({key: pdu[key] for key in pdu if key != "unsigned"}, version)
        check_size(event)
        check_local(event.type, event.state_key, event.content)  # no NUL, which no column holds
    except (MatrixError, ValueError) as error:
        raise Dropped(1, str(error)) from error
    return event


def with_valid_hash(event: Event) -> Event:
    """Step 3: the event, or its redacted form if its content is not what the hash says."""
    strict = event.version.strict_json
    return event if has_valid_content_hash(event.pdu, strict=strict) else redacted_event(event)
