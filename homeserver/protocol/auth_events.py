"""Which state events an event must name as its authorisation.

Source: server-server-api, "Auth events selection".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from homeserver.protocol.event import StateKey
from homeserver.protocol.room_versions import RoomVersion

CREATE_KEY: StateKey = ("m.room.create", "")
POWER_LEVELS_KEY: StateKey = ("m.room.power_levels", "")
JOIN_RULES_KEY: StateKey = ("m.room.join_rules", "")


def member_key(user_id: str) -> StateKey:
    """The place of a user's membership in a room's state."""
    return "m.room.member", user_id


def auth_event_keys(
    event_type: str,
    state_key: str | None,
    sender: str,
    content: Mapping[str, Any],
    version: RoomVersion,
) -> list[StateKey]:
    """The places in the room's state to look up; those that are empty are left out by the caller.

    Nothing for a create event. No place appears twice.
    """
    if event_type == "m.room.create":
        return []
    keys = [POWER_LEVELS_KEY, member_key(sender)]
    if version.create_in_auth_events:
        keys.insert(0, CREATE_KEY)
    if event_type == "m.room.member" and state_key is not None:
        keys.extend(_of_membership(state_key, content, version))
    return list(dict.fromkeys(keys))


def _of_membership(target: str, content: Mapping[str, Any], version: RoomVersion) -> list[StateKey]:
    keys = [member_key(target)]
    membership = content.get("membership")
    if membership in ("join", "invite", "knock"):
        keys.append(JOIN_RULES_KEY)
    if membership == "invite":
        token = third_party_token(content)
        if token is not None:
            keys.append(("m.room.third_party_invite", token))
    if membership == "join" and version.restricted_joins:
        authoriser = content.get("join_authorised_via_users_server")
        if isinstance(authoriser, str):
            keys.append(member_key(authoriser))
    return keys


def third_party_token(content: Mapping[str, Any]) -> str | None:
    """`third_party_invite.signed.token` of an invite's content, if it is there and text."""
    invite = content.get("third_party_invite")
    signed = invite.get("signed") if isinstance(invite, dict) else None
    token = signed.get("token") if isinstance(signed, dict) else None
    return token if isinstance(token, str) else None
