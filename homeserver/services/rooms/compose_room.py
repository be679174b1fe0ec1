"""The first events of a room, from what a client asked for. Pure.

Source: client-server-api, "POST /createRoom"; the numbers are those of its list of events.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from homeserver.errors import BadAlias, BadJson, InvalidParam, InvalidRoomState, ThreepidDenied
from homeserver.ids import RoomAlias, UserId, is_user_id, parse_user_id
from homeserver.protocol.room_versions import RoomVersion
from homeserver.protocol.topic import topic_content
from homeserver.services.events.room_heads import MEMBER
from homeserver.services.events.write_event import Draft
from homeserver.services.rooms.room_aliases import CANONICAL_ALIAS, named_aliases

MAX_INVITES = 500
MAX_INITIAL_STATE = 500
"""So that creating one room keeps the server busy for less than a tenth of a second."""

Visibility = Literal["public", "private"]
Preset = Literal["private_chat", "trusted_private_chat", "public_chat"]


class InitialState(msgspec.Struct):
    """One of `initial_state`."""

    type: str
    content: dict[str, Any]
    state_key: str = ""


class RoomRequest(msgspec.Struct):
    """The body of /createRoom.

    join_invited: of our own. A direct conversation with one colleague of this server begins without
    their having to accept it, as in a company one may write to anybody.
    """

    visibility: Visibility | None = None
    room_alias_name: str | None = None
    name: str | None = None
    topic: str | None = None
    invite: list[str] = []
    invite_3pid: list[dict[str, Any]] = []
    room_version: str | None = None
    creation_content: dict[str, Any] = {}
    initial_state: list[InitialState] = []
    preset: Preset | None = None
    is_direct: bool = False
    power_level_content_override: dict[str, Any] = {}
    join_invited: bool = msgspec.field(default=False, name="org.teammessenger.join_invited")


def invitees_of(request: RoomRequest, creator: str) -> list[UserId]:
    """Who is to be invited, each once, in the order given, the creator not among them.

    Raises InvalidParam, ThreepidDenied.
    """
    if request.invite_3pid:
        raise ThreepidDenied
    invitees = list(dict.fromkeys(parse_user_id(user_id) for user_id in request.invite))
    if len(invitees) > MAX_INVITES:
        raise InvalidParam(f"At most {MAX_INVITES} people can be invited at once")
    return [user_id for user_id in invitees if user_id != creator]


def compose(
    request: RoomRequest,
    *,
    creator: str,
    version: RoomVersion,
    alias: RoomAlias | None,
    invitees: list[UserId],
    names: Mapping[str, Mapping[str, str]],
) -> list[Draft]:
    """The events in their order. names: ``displayname`` and ``avatar_url`` of creator and invitees.

    State that a later one of them sets is left out of the earlier: an initial state replaces a
    preset's, `name` and `topic` replace the initial state's.
    Raises BadJson, InvalidParam, BadAlias, InvalidRoomState.
    """
    preset = request.preset or ("public_chat" if request.visibility == "public" else "private_chat")
    trusted = invitees if preset == "trusted_private_chat" else []
    given = _initial_state(request, alias)
    later: dict[str, dict[str, Any]] = {}  # 7
    if request.name is not None:
        later["m.room.name"] = {"name": request.name}
    if request.topic is not None:
        later["m.room.topic"] = topic_content(request.topic)

    def state(event_type: str, content: dict[str, Any], state_key: str = "") -> Draft:
        return Draft(event_type, creator, content, state_key=state_key)

    def member(user_id: str, content: dict[str, Any]) -> Draft:
        return state(MEMBER, {**names.get(user_id, {}), **content}, user_id)

    drafts = [
        state("m.room.create", _create_content(request, creator, version, trusted)),  # 1
        member(creator, {"membership": "join"}),  # 2
        state("m.room.power_levels", _power_levels(request, creator, version, trusted)),  # 3
    ]
    if alias is not None:
        drafts.append(state(CANONICAL_ALIAS, {"alias": alias}))  # 4
    keys = {(item.type, item.state_key) for item in given}
    drafts += [
        state(event_type, content)
        for event_type, content in _preset_state(preset)  # 5
        if (event_type, "") not in keys
    ]
    drafts += [
        state(item.type, item.content, item.state_key)
        for item in given  # 6
        if item.state_key != "" or item.type not in later
    ]
    drafts += [state(event_type, content) for event_type, content in later.items()]
    invite = {"membership": "invite", **({"is_direct": True} if request.is_direct else {})}
    drafts += [member(user_id, invite) for user_id in invitees]  # 8
    if request.join_invited:
        if not request.is_direct or len(invitees) != 1:
            raise InvalidParam("Only the one other person of a direct conversation joins at once")
        drafts += [
            Draft(
                MEMBER,
                user_id,
                {**names.get(user_id, {}), "membership": "join"},
                state_key=user_id,
            )
            for user_id in invitees
        ]
    return drafts


def _initial_state(request: RoomRequest, alias: str | None) -> list[InitialState]:
    if len(request.initial_state) > MAX_INITIAL_STATE:
        raise InvalidParam(f"At most {MAX_INITIAL_STATE} initial state events")
    for item in request.initial_state:
        if item.type == MEMBER:
            raise InvalidRoomState("People come in by `invite`, not by initial state")
        # A new room has no other alias than the one made with it.
        canonical = item.type == CANONICAL_ALIAS and item.state_key == ""
        if canonical and not named_aliases(item.content, strict=True) <= {alias}:
            raise BadAlias
    return request.initial_state


def _create_content(
    request: RoomRequest, creator: str, version: RoomVersion, trusted: list[UserId]
) -> dict[str, Any]:
    # "The server will overwrite the following keys: creator, room_version."
    content = {key: value for key, value in request.creation_content.items() if key != "creator"}
    content["room_version"] = version.identifier
    if version.creator_in_content:
        content["creator"] = creator
    if not version.privileged_creators:
        return content
    additional = content.get("additional_creators", [])
    if not isinstance(additional, list) or not all(is_user_id(user) for user in additional):
        raise BadJson("additional_creators is not a list of user IDs")
    if trusted:
        # "combine additional_creators specified here and the invite array ... deduplicating"
        content["additional_creators"] = list(dict.fromkeys([*additional, *trusted]))
    return content


def _power_levels(
    request: RoomRequest, creator: str, version: RoomVersion, trusted: list[UserId]
) -> dict[str, Any]:
    users: dict[str, int] = {}
    tombstone = 100
    if version.privileged_creators:
        # "explicitly be higher than state_default. For example, set to 150 instead of 100."
        tombstone = 150
    else:
        users = dict.fromkeys([creator, *trusted], 100)
    content: dict[str, Any] = {
        "users": users,
        "users_default": 0,
        "events": {
            "m.room.name": 50,
            "m.room.avatar": 50,
            "m.room.canonical_alias": 50,
            "m.room.power_levels": 100,
            "m.room.history_visibility": 100,
            "m.room.encryption": 100,
            "m.room.server_acl": 100,
            "m.room.tombstone": tombstone,
        },
        "events_default": 0,
        "state_default": 50,
        "ban": 50,
        "kick": 50,
        "redact": 50,
        "invite": 0,
    }
    return {**content, **request.power_level_content_override}


def _preset_state(preset: Preset) -> list[tuple[str, dict[str, Any]]]:
    public = preset == "public_chat"
    return [
        ("m.room.join_rules", {"join_rule": "public" if public else "invite"}),
        ("m.room.history_visibility", {"history_visibility": "shared"}),
        ("m.room.guest_access", {"guest_access": "forbidden" if public else "can_join"}),
    ]
