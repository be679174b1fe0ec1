"""Whether an event has the shape that its room version asks for.

Source: rooms/v1 to rooms/v12, "Event format"; client-server-api, "Size limits";
server-server-api, "Checks performed on receipt of a PDU", step 1.
"""

from __future__ import annotations

from typing import Any, Final

from homeserver.errors import BadJson, InvalidParam, TooLarge
from homeserver.ids import MAX_ID_BYTES, domain_of, is_event_id, is_user_id
from homeserver.protocol.canonical_json import MAX_INTEGER, check_nesting, check_numbers
from homeserver.protocol.event import Event
from homeserver.protocol.room_versions import EventIds, RoomVersion

MAX_EVENT_BYTES: Final = 65536
"""Of canonical JSON, signatures included. An event of exactly this size passes."""

MAX_LENIENT_INTEGER: Final = 2**63 - 1
"""Of depth and time in room versions 1 to 5."""

MAX_PREV_EVENTS: Final = 20
MAX_AUTH_EVENTS: Final = 10


def deepest(version: RoomVersion) -> int:
    """The largest `depth` (and time) that an event may have."""
    return MAX_INTEGER if version.strict_json else MAX_LENIENT_INTEGER


def check_size(event: Event) -> None:
    """Raise TooLarge when the signed event, or one of its keys, is longer than allowed."""
    if len(event.to_bytes()) > MAX_EVENT_BYTES:
        raise TooLarge(f"The event is larger than {MAX_EVENT_BYTES} bytes")
    for name, value in (
        ("sender", event.sender),
        ("room_id", event.room_id),
        ("type", event.type),
        ("state_key", event.state_key),
        ("event_id", event.event_id),
    ):
        # A character takes at most four bytes: shorter ones need no encoding to be known short.
        if value is None or len(value) * 4 <= MAX_ID_BYTES:
            continue
        if len(value.encode("utf-8", "surrogatepass")) > MAX_ID_BYTES:
            raise TooLarge(f"{name} is longer than {MAX_ID_BYTES} bytes")


def check_pdu(pdu: dict[str, Any], version: RoomVersion) -> None:
    """Pass a PDU from another server whose fields have the types that `Event` relies on.

    Raises BadJson that names the field. Sizes are checked by `check_size` once the ID is known;
    hashes and signatures by others.
    """
    if version.strict_json:
        check_numbers(pdu)
    else:
        check_nesting(pdu)
    if version.event_ids is EventIds.GIVEN and not is_event_id(pdu.get("event_id")):
        raise BadJson("The event's event_id is not an event ID")
    for key in ("type", "sender"):
        if not isinstance(pdu.get(key), str):
            raise BadJson(f"The event's {key} is not text")
    if not is_user_id(pdu["sender"]):
        raise BadJson("The event's sender is not a user ID")
    if "state_key" in pdu and not isinstance(pdu["state_key"], str):
        raise BadJson("The event's state_key is not text")
    for key in ("content", "hashes", "signatures"):
        if not isinstance(pdu.get(key), dict):
            raise BadJson(f"The event's {key} is not an object")
    most = deepest(version)
    for key in ("depth", "origin_server_ts"):
        value = pdu.get(key)
        if type(value) is not int or not 0 <= value <= most:
            raise BadJson(f"The event's {key} is not an integer within range")
    _check_references(pdu, "prev_events", MAX_PREV_EVENTS, version)
    _check_references(pdu, "auth_events", MAX_AUTH_EVENTS, version)
    if not isinstance(pdu["hashes"].get("sha256"), str):
        raise BadJson("The event has no sha256 hash")
    for keys in pdu["signatures"].values():
        if not isinstance(keys, dict) or not all(isinstance(value, str) for value in keys.values()):
            raise BadJson("The event's signatures are malformed")
    if "unsigned" in pdu and not isinstance(pdu["unsigned"], dict):
        raise BadJson("The event's unsigned is not an object")
    _check_room_id(pdu, version)


def check_local(event_type: object, state_key: object, content: object) -> None:
    """What a local client may give as type, state key and content, before an event is built.

    Content must have been read with `decode_strict`. Raises BadJson, InvalidParam.
    """
    if not isinstance(event_type, str) or not isinstance(state_key, str | None):
        raise InvalidParam("Event type and state key must be text")
    if not isinstance(content, dict):
        raise BadJson("The event's content must be an object")
    # NUL is legal in JSON, but databases and clients stumble over it in names.
    if "\x00" in event_type or (state_key is not None and "\x00" in state_key):
        raise InvalidParam("Event type and state key must not contain NUL")


def required_signers(event: Event) -> set[str]:
    """The servers whose valid signature the event needs.

    The sender's; in versions 1 and 2 that of the event ID; for a restricted join also the
    authorising user's (auth rule 4.2.1, in v12 5.2.1).
    A third-party invite need not be signed by its sender's server, which may not have sent it.
    """
    signers = set()
    if not (event.membership == "invite" and "third_party_invite" in event.content):
        signers.add(str(domain_of(event.sender)))
    if event.version.event_id_server_signs:
        signers.add(str(domain_of(event.event_id)))
    if event.type == "m.room.member" and event.version.restricted_joins:
        authoriser = event.content.get("join_authorised_via_users_server")
        if isinstance(authoriser, str):
            signers.add(str(domain_of(authoriser)))
    return signers


def _check_references(pdu: dict[str, Any], key: str, most: int, version: RoomVersion) -> None:
    references = pdu.get(key)
    fits = _is_hashed_reference if version.hashed_references else _is_reference
    if not isinstance(references, list) or not all(fits(item) for item in references):
        raise BadJson(f"The event's {key} is not a list of event IDs")
    if len(references) > most:
        raise BadJson(f"The event has more than {most} {key}")


def _is_reference(item: object) -> bool:
    return isinstance(item, str)


def _is_hashed_reference(item: object) -> bool:
    # The hash is of no use, and old events have been seen without: only its place is checked.
    return (
        isinstance(item, list)
        and len(item) == 2
        and isinstance(item[0], str)
        and isinstance(item[1], dict)
    )


def _check_room_id(pdu: dict[str, Any], version: RoomVersion) -> None:
    if pdu["type"] == "m.room.create" and version.room_id_is_create_hash:
        # Whether it is there is for auth rule 1.2 to judge; its type matters to `Event` already.
        if not isinstance(pdu.get("room_id", ""), str):
            raise BadJson("The event's room_id is not text")
        return
    room_id = pdu.get("room_id")
    if not isinstance(room_id, str) or not room_id.startswith("!"):
        raise BadJson("The event's room_id is not a room ID")
