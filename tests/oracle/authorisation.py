"""The authorisation rules of rooms/v1 to rooms/v12. `version` is the number of the room version."""

from __future__ import annotations

import base64
import math
import re
from typing import Any

import canonicaljson
from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from tests.oracle.plain import Key, Plain, State, domain_of

INFINITE = math.inf


def selected_keys(event: Plain, version: int) -> set[Key]:
    """server-server-api, "Auth events selection"."""
    if event.type == "m.room.create":
        return set()
    keys: set[Key] = {("m.room.power_levels", ""), ("m.room.member", event.sender)}
    if version < 12:
        keys.add(("m.room.create", ""))
    if event.type == "m.room.member" and event.has_state_key:
        keys.add(("m.room.member", event.state_key))
        membership = event.content.get("membership")
        if membership in ("join", "invite", "knock"):
            keys.add(("m.room.join_rules", ""))
        if membership == "invite" and "third_party_invite" in event.content:
            token = _token(event)
            if isinstance(token, str):
                keys.add(("m.room.third_party_invite", token))
        authoriser = event.content.get("join_authorised_via_users_server")
        if membership == "join" and version >= 8 and isinstance(authoriser, str):
            keys.add(("m.room.member", authoriser))
    return keys


def _token(event: Plain) -> Any:
    invite = event.content["third_party_invite"]
    if not isinstance(invite, dict) or not isinstance(invite.get("signed"), dict):
        return None
    return invite["signed"].get("token")


def allowed_by_its_auth_events(
    event: Plain, auth_events: list[Plain], rejected: set[str], version: int
) -> bool:
    """Rule 2 (3 in version 12)."""
    keys = [auth_event.key if auth_event.has_state_key else None for auth_event in auth_events]
    if len(keys) != len(set(keys)):
        return False
    if any(key not in selected_keys(event, version) for key in keys):
        return False
    if any(auth_event.event_id in rejected for auth_event in auth_events):
        return False
    if version < 12 and event.type != "m.room.create" and ("m.room.create", "") not in keys:
        return False
    return all(auth_event.room_id == event.room_id for auth_event in auth_events)


def allowed(event: Plain, state: State, version: int, create: Plain | None) -> bool:
    """All rules but that about auth events. create: in version 12 that of the room ID."""
    if event.type == "m.room.create":
        return _allowed_create(event, version)
    if version < 12:
        create = state.get(("m.room.create", "")) or create
    if create is None or create.room_id != event.room_id:
        return False
    closed = create.content.get("m.federate") is False
    if closed and domain_of(event.sender) != domain_of(create.sender):
        return False
    if event.type == "m.room.aliases" and version <= 5:
        return event.has_state_key and domain_of(event.sender) == event.state_key
    if event.type == "m.room.member":
        return _allowed_member(event, state, version, create)
    return _allowed_of_members(event, state, version, create)


def _allowed_of_members(event: Plain, state: State, version: int, create: Plain) -> bool:
    if membership(state, event.sender) != "join":
        return False
    power = user_level(event.sender, state, version, create)
    if event.type == "m.room.third_party_invite":
        return power >= level("invite", state, version)
    if required_level(event, state, version) > power:
        return False
    if event.has_state_key and event.state_key.startswith("@") and event.state_key != event.sender:
        return False
    if event.type == "m.room.power_levels" and event.has_state_key:
        return _allowed_power_levels(event, state, version, create, power)
    if event.type == "m.room.redaction" and version <= 2:
        if power >= level("redact", state, version):
            return True
        redacts = event.pdu.get("redacts")
        return isinstance(redacts, str) and domain_of(redacts) == domain_of(event.event_id)
    return True


def _allowed_create(event: Plain, version: int) -> bool:
    if event.prev_events:
        return False
    if version < 12 and domain_of(event.room_id) != domain_of(event.sender):
        return False
    if version >= 12 and "room_id" in event.pdu:
        return False
    if event.content.get("room_version", "1") not in [str(number) for number in range(1, 13)]:
        return False
    if version <= 10 and "creator" not in event.content:
        return False
    if version >= 12 and "additional_creators" in event.content:
        additional = event.content["additional_creators"]
        if not isinstance(additional, list):
            return False
        if not all(is_user_id(user) for user in additional):
            return False
    return True


def _allowed_member(event: Plain, state: State, version: int, create: Plain) -> bool:
    if not event.has_state_key or "membership" not in event.content:
        return False
    if version >= 8 and "join_authorised_via_users_server" in event.content:
        authoriser = event.content["join_authorised_via_users_server"]
        # Rooms are made without signatures: that one is there stands for its being valid.
        if not isinstance(authoriser, str):
            return False
        if domain_of(authoriser) not in event.pdu["signatures"]:
            return False
    wanted = event.content["membership"]
    if wanted == "join":
        return _allowed_join(event, state, version, create)
    if wanted == "invite":
        return _allowed_invite(event, state, version, create)
    if wanted == "leave":
        return _allowed_leave(event, state, version, create)
    if wanted == "ban":
        return _allowed_ban(event, state, version, create)
    if wanted == "knock" and version >= 7:
        return _allowed_knock(event, state, version)
    return False


def _allowed_join(event: Plain, state: State, version: int, create: Plain) -> bool:
    creator = create.content.get("creator") if version <= 10 else create.sender
    if event.prev_events == [create.event_id] and event.state_key == creator:
        return True
    if event.sender != event.state_key:
        return False
    current = membership(state, event.sender)
    if current == "ban":
        return False
    rule = join_rule(state)
    if rule == "invite" or (rule == "knock" and version >= 7):
        return current in ("invite", "join")
    if (rule == "restricted" and version >= 8) or (rule == "knock_restricted" and version >= 10):
        if current in ("join", "invite"):
            return True
        authoriser = event.content.get("join_authorised_via_users_server")
        if not isinstance(authoriser, str) or membership(state, authoriser) != "join":
            return False
        return user_level(authoriser, state, version, create) >= level("invite", state, version)
    return rule == "public"


def _allowed_invite(event: Plain, state: State, version: int, create: Plain) -> bool:
    if "third_party_invite" in event.content:
        return _allowed_third_party(event, state)
    if membership(state, event.sender) != "join":
        return False
    if membership(state, event.state_key) in ("join", "ban"):
        return False
    return user_level(event.sender, state, version, create) >= level("invite", state, version)


def _allowed_third_party(event: Plain, state: State) -> bool:
    if membership(state, event.state_key) == "ban":
        return False
    invite = event.content["third_party_invite"]
    signed = invite.get("signed") if isinstance(invite, dict) else None
    if not isinstance(signed, dict):
        return False
    if "mxid" not in signed or "token" not in signed:
        return False
    if signed["mxid"] != event.state_key or not isinstance(signed["token"], str):
        return False
    issued = state.get(("m.room.third_party_invite", signed["token"]))
    if issued is None or issued.sender != event.sender:
        return False
    keys = [issued.content.get("public_key")]
    keys += [entry.get("public_key") for entry in issued.content.get("public_keys", [])]
    return any(_has_signature(signed, key) for key in keys if key is not None)


def _has_signature(signed: dict[str, Any], key: str) -> bool:
    message = canonicaljson.encode_canonical_json(
        {name: value for name, value in signed.items() if name not in ("signatures", "unsigned")}
    )
    for by_key in signed.get("signatures", {}).values():
        for signature in by_key.values():
            try:
                VerifyKey(_bytes(key)).verify(message, _bytes(signature))
            except (BadSignatureError, ValueError):
                continue
            return True
    return False


def _bytes(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4))


def _allowed_leave(event: Plain, state: State, version: int, create: Plain) -> bool:
    current = membership(state, event.sender)
    if event.sender == event.state_key:
        return current in ("invite", "join") or (version >= 7 and current == "knock")
    if current != "join":
        return False
    power = user_level(event.sender, state, version, create)
    if membership(state, event.state_key) == "ban" and power < level("ban", state, version):
        return False
    target = user_level(event.state_key, state, version, create)
    return power >= level("kick", state, version) and target < power


def _allowed_ban(event: Plain, state: State, version: int, create: Plain) -> bool:
    if membership(state, event.sender) != "join":
        return False
    power = user_level(event.sender, state, version, create)
    target = user_level(event.state_key, state, version, create)
    return power >= level("ban", state, version) and target < power


def _allowed_knock(event: Plain, state: State, version: int) -> bool:
    rule = join_rule(state)
    if rule != "knock" and not (version >= 10 and rule == "knock_restricted"):
        return False
    if event.sender != event.state_key:
        return False
    return membership(state, event.sender) not in ("ban", "invite", "join")


def _allowed_power_levels(
    event: Plain, state: State, version: int, create: Plain, power: float
) -> bool:
    content = event.content
    if not _of_right_types(content, version):
        return False
    if version >= 12 and creators(create) & set(content.get("users", {})):
        return False
    before = state.get(("m.room.power_levels", ""))
    if before is None:
        return True
    changes = [
        (integer(before.content.get(name), version), integer(content.get(name), version))
        for name in SCALARS
    ]
    for name in ("events", "notifications") if version >= 6 else ("events",):
        changes += [
            (old, new)
            for _, old, new in differences(before.content.get(name), content.get(name), version)
        ]
    for old, new in changes:
        if old != new and old is not None and old > power:
            return False
        if old != new and new is not None and new > power:
            return False
    for user, old, new in differences(before.content.get("users"), content.get("users"), version):
        if user != event.sender and old is not None and old >= power:
            return False
        if new is not None and new > power:
            return False
    return True


SCALARS = ["users_default", "events_default", "state_default", "ban", "redact", "kick", "invite"]


def _of_right_types(content: dict[str, Any], version: int) -> bool:
    if version >= 10:
        if any(name in content and type(content[name]) is not int for name in SCALARS):
            return False
        for name in ("events", "notifications"):
            values = content.get(name, {})
            if not isinstance(values, dict):
                return False
            if any(type(value) is not int for value in values.values()):
                return False
    elif _any_infinite(content):
        return False
    users = content.get("users", {})
    return isinstance(users, dict) and all(
        is_user_id(user) and integer(value, version) is not None for user, value in users.items()
    )


def _any_infinite(value: Any) -> bool:
    """ "... cause the powerlevel event to be rejected, as do Infinity, -Infinity and NaN"."""
    if isinstance(value, dict):
        return any(_any_infinite(item) for item in value.values())
    return isinstance(value, float) and not math.isfinite(value)


def differences(old: Any, new: Any, version: int) -> list[tuple[str, int | None, int | None]]:
    old = old if isinstance(old, dict) else {}
    new = new if isinstance(new, dict) else {}
    found = []
    for name in sorted({*old, *new}):
        pair = integer(old.get(name), version), integer(new.get(name), version)
        if pair[0] != pair[1]:
            found.append((name, *pair))
    return found


def integer(value: Any, version: int) -> int | None:
    """rooms/v1, "Deprecated event content schemas"."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and version <= 9:
        text = value.strip(" \t\n\r\x0b\x0c")
        return int(text) if re.match(r"^[+-]?[0-9]+$", text) else None
    if isinstance(value, float) and version <= 5 and math.isfinite(value):
        return math.trunc(value)
    return None


def membership(state: State, user: str) -> str:
    event = state.get(("m.room.member", user))
    found = "leave" if event is None else event.content.get("membership")
    return found if isinstance(found, str) and found else "leave"


def join_rule(state: State) -> str:
    event = state.get(("m.room.join_rules", ""))
    rule = "invite" if event is None else event.content.get("join_rule")
    return rule if isinstance(rule, str) else "malformed"


def creators(create: Plain) -> set[str]:
    return {create.sender, *create.content.get("additional_creators", [])}


def _levels(state: State) -> dict[str, Any]:
    event = state.get(("m.room.power_levels", ""))
    return {} if event is None else event.content


DEFAULTS = {
    "ban": 50,
    "kick": 50,
    "redact": 50,
    "invite": 0,
    "state_default": 50,
    "events_default": 0,
    "users_default": 0,
}


def level(name: str, state: State, version: int) -> int:
    found = integer(_levels(state).get(name), version)
    return DEFAULTS[name] if found is None else found


def required_level(event: Plain, state: State, version: int) -> int:
    events = _levels(state).get("events")
    found = integer(events.get(event.type), version) if isinstance(events, dict) else None
    if found is not None:
        return found
    return level("state_default" if event.has_state_key else "events_default", state, version)


def user_level(user: str, state: State, version: int, create: Plain | None) -> float:
    if version >= 12 and create is not None and user in creators(create):
        return INFINITE
    if ("m.room.power_levels", "") not in state:
        if version >= 12 or create is None:
            return 0
        creator = create.content.get("creator") if version <= 10 else create.sender
        return 100 if user == creator else 0
    users = _levels(state).get("users")
    found = integer(users.get(user), version) if isinstance(users, dict) else None
    return level("users_default", state, version) if found is None else found


def is_user_id(value: Any) -> bool:
    return isinstance(value, str) and re.match(r"^@[^:]*:[a-z0-9.:-]+$", value) is not None
