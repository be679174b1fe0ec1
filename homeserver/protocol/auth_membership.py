"""Authorisation of m.room.member events: rule 5 of rooms/v12 (4 of v6 to v11, 5 of v1 to v5).

Rule numbers are those of rooms/v12, see AuthRejected.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from homeserver.ids import domain_of
from homeserver.protocol.auth_events import JOIN_RULES_KEY, member_key
from homeserver.protocol.auth_rejected import AuthRejected
from homeserver.protocol.event import Event, StateKey
from homeserver.protocol.power_levels import PowerLevels, creator_of
from homeserver.protocol.signing import verify_json

State = Mapping[StateKey, Event]


def membership_in(state: State, user_id: str) -> str:
    """The user's membership in a state; `leave` for those it does not know."""
    event = state.get(member_key(user_id))
    return (event.membership if event is not None else None) or "leave"


def check_membership(event: Event, state: State, create: Event, levels: PowerLevels) -> None:
    """Pass or raise AuthRejected. levels: those of the state."""
    membership = event.content.get("membership")
    if event.state_key is None or "membership" not in event.content:
        raise AuthRejected("5.1", "membership event without state_key or membership")
    if event.version.restricted_joins and "join_authorised_via_users_server" in event.content:
        _check_authoriser_signed(event)
    match membership:
        case "join":
            _check_join(event, state, create, levels)
        case "invite":
            _check_invite(event, state, levels)
        case "leave":
            _check_leave(event, state, levels)
        case "ban":
            _check_ban(event, state, levels)
        case "knock" if event.version.knocking:
            _check_knock(event, state)
        case _:
            raise AuthRejected("5.8", "unknown membership")


def _check_authoriser_signed(event: Event) -> None:
    # Whether the signature is valid takes the server's keys, and is checked with the other
    # signatures (event_checks.required_signers); here it must at least be there.
    authoriser = event.content["join_authorised_via_users_server"]
    signatures = event.pdu.get("signatures", {})
    if not isinstance(authoriser, str) or not signatures.get(domain_of(authoriser)):
        raise AuthRejected("5.2.1", "the authorising user's server has not signed the join")


def _check_join(event: Event, state: State, create: Event, levels: PowerLevels) -> None:
    user = event.state_key
    if event.prev_events == [create.event_id] and user == creator_of(create):
        return  # 5.3.1
    if event.sender != user:
        raise AuthRejected("5.3.2", "nobody can join for someone else")
    current = membership_in(state, event.sender)
    if current == "ban":
        raise AuthRejected("5.3.3", "you are banned from this room")
    rule = join_rule(state)
    version = event.version
    if rule == "invite" or (rule == "knock" and version.knocking):
        if current in ("invite", "join"):
            return
        raise AuthRejected("5.3.4", "you are not invited to this room")
    if (rule == "restricted" and version.restricted_joins) or (
        rule == "knock_restricted" and version.knock_restricted
    ):
        if current in ("join", "invite"):
            return  # 5.3.5.1
        authoriser = event.content.get("join_authorised_via_users_server")
        if (
            not isinstance(authoriser, str)
            or membership_in(state, authoriser) != "join"
            or levels.user_level(authoriser) < levels.invite
        ):
            raise AuthRejected("5.3.5.2", "the join is not authorised by a member who may invite")
        return  # 5.3.5.3
    if rule == "public":
        return  # 5.3.6
    raise AuthRejected("5.3.7", "the join rule lets nobody in")


def _check_invite(event: Event, state: State, levels: PowerLevels) -> None:
    target = event.state_key or ""
    if "third_party_invite" in event.content:
        _check_third_party_invite(event, state)
        return
    if membership_in(state, event.sender) != "join":
        raise AuthRejected("5.4.2", "you are not in this room")
    if membership_in(state, target) in ("join", "ban"):
        raise AuthRejected("5.4.3", "that user is in this room or banned from it")
    if levels.user_level(event.sender) < levels.invite:
        raise AuthRejected("5.4.5", "you do not have the power to invite")


def _check_third_party_invite(event: Event, state: State) -> None:
    if membership_in(state, event.state_key or "") == "ban":
        raise AuthRejected("5.4.1.1", "that user is banned from this room")
    invite = event.content["third_party_invite"]
    signed = invite.get("signed") if isinstance(invite, dict) else None
    if not isinstance(signed, dict):
        raise AuthRejected("5.4.1.2", "the third-party invite is not signed")
    if "mxid" not in signed or "token" not in signed:
        raise AuthRejected("5.4.1.3", "the third-party invite names no user or no token")
    if signed["mxid"] != event.state_key:
        raise AuthRejected("5.4.1.4", "the third-party invite is for someone else")
    token = signed["token"]
    issued = state.get(("m.room.third_party_invite", token)) if isinstance(token, str) else None
    if issued is None:
        raise AuthRejected("5.4.1.5", "the room has no such third-party invite")
    if event.sender != issued.sender:
        raise AuthRejected("5.4.1.6", "the third-party invite was issued by someone else")
    if not _any_signature_matches(signed, issued.content):
        raise AuthRejected("5.4.1.8", "no signature of the third-party invite is valid")


def _any_signature_matches(signed: dict[str, Any], issued: Mapping[str, Any]) -> bool:
    keys = [issued.get("public_key")]  # 5.4.1.7.1
    listed = issued.get("public_keys")  # 5.4.1.7.2
    if isinstance(listed, list):
        keys.extend(entry.get("public_key") for entry in listed if isinstance(entry, dict))
    signatures = signed.get("signatures")
    if not isinstance(signatures, dict):
        return False
    return any(
        verify_json(signed, server, key_id, key)
        for server, by_key in signatures.items()
        if isinstance(by_key, dict)
        for key_id in by_key
        for key in keys
        if isinstance(key, str)
    )


def _check_leave(event: Event, state: State, levels: PowerLevels) -> None:
    target = event.state_key or ""
    sender_membership = membership_in(state, event.sender)
    if event.sender == target:
        if sender_membership in ("invite", "join"):
            return
        if sender_membership == "knock" and event.version.knocking:
            return
        raise AuthRejected("5.5.1", "you are not in this room")
    if sender_membership != "join":
        raise AuthRejected("5.5.2", "you are not in this room")
    power = levels.user_level(event.sender)
    if membership_in(state, target) == "ban" and power < levels.ban:
        raise AuthRejected("5.5.3", "you do not have the power to unban")
    if power < levels.kick or levels.user_level(target) >= power:
        raise AuthRejected("5.5.5", "you do not have the power to remove that user")


def _check_ban(event: Event, state: State, levels: PowerLevels) -> None:
    if membership_in(state, event.sender) != "join":
        raise AuthRejected("5.6.1", "you are not in this room")
    power = levels.user_level(event.sender)
    if power < levels.ban or levels.user_level(event.state_key or "") >= power:
        raise AuthRejected("5.6.3", "you do not have the power to ban that user")


def _check_knock(event: Event, state: State) -> None:
    rule = join_rule(state)
    if rule != "knock" and not (rule == "knock_restricted" and event.version.knock_restricted):
        raise AuthRejected("5.7.1", "this room does not take knocks")
    if event.sender != event.state_key:
        raise AuthRejected("5.7.2", "nobody can knock for someone else")
    if membership_in(state, event.sender) in ("ban", "invite", "join"):
        raise AuthRejected("5.7.4", "you are invited to this room, in it, or banned from it")


def join_rule(state: State) -> str:
    """The room's join rule: `invite` when the state has none, empty when it is malformed."""
    event = state.get(JOIN_RULES_KEY)
    if event is None:
        return "invite"
    rule = event.content.get("join_rule")
    return rule if isinstance(rule, str) else ""
