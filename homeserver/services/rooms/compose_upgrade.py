"""What an upgrade writes: the first events of the new room, and the last of the old. Pure.

Source: client-server-api, "Room Upgrades", server behaviour; the numbers are those of its list.
"""

from __future__ import annotations

from typing import Any, Final

from homeserver.errors import InvalidParam
from homeserver.ids import is_user_id
from homeserver.protocol.auth_events import CREATE_KEY, POWER_LEVELS_KEY
from homeserver.protocol.event import StateKey
from homeserver.protocol.power_levels import PowerLevels, creators_of, read_level, read_levels
from homeserver.protocol.room_versions import RoomVersion
from homeserver.services.events.room_heads import MEMBER, RoomHead
from homeserver.services.events.write_event import Draft
from homeserver.services.rooms.room_aliases import CANONICAL_ALIAS, named_aliases

TOMBSTONE: Final = "m.room.tombstone"
REPLACED: Final = "This room has been replaced"

_TRANSFERRED: Final[tuple[StateKey, ...]] = tuple(
    (event_type, "")
    for event_type in (
        "m.room.server_acl",
        "m.room.encryption",
        "m.room.name",
        "m.room.avatar",
        "m.room.topic",
        "m.room.guest_access",
        "m.room.history_visibility",
        "m.room.join_rules",
        "m.room.retention",
    )
)
"""Those that the specification recommends, and how long messages are kept."""

_OBJECTS: Final = ("events", "notifications", "users")
_SCALARS: Final = (
    "ban",
    "events_default",
    "invite",
    "kick",
    "redact",
    "state_default",
    "users_default",
)


def first_events(
    old: RoomHead,
    *,
    version: RoomVersion,
    upgrader: str,
    additional_creators: list[str],
    profile: dict[str, str],
    aliases: list[str],
) -> list[Draft]:
    """The events of the new room in their order.

    aliases: those that move with it. Bans are kept: whoever was banned stays so. Raises
    InvalidParam for additional creators that are no user IDs.
    """

    def state(event_type: str, content: dict[str, Any], state_key: str = "") -> Draft:
        return Draft(event_type, upgrader, content, state_key=state_key)

    create = _create_content(old, version, upgrader, additional_creators)
    creators = {upgrader, *create.get("additional_creators", ())}
    drafts = [
        state("m.room.create", create),
        state(MEMBER, {**profile, "membership": "join"}, upgrader),
    ]
    levels = _levels(old, version, creators)
    at_first = levels
    if levels is not None and not version.privileged_creators:
        at_first = _with_power_over(levels, upgrader)
    if at_first is not None:
        drafts.append(state(POWER_LEVELS_KEY[0], at_first))
    for (event_type, state_key), stored in old.state.items():
        content = stored.event.content
        if (event_type, state_key) in _TRANSFERRED or (event_type == "m.space.child" and content):
            drafts.append(state(event_type, content, state_key))
        elif event_type == MEMBER and stored.event.membership == "ban" and state_key != upgrader:
            kept: dict[str, Any] = {
                key: content[key] for key in ("membership", "reason") if key in content
            }
            drafts.append(state(MEMBER, kept, state_key))
    canonical = old.event(CANONICAL_ALIAS)
    if canonical is not None and (moved := _moved(canonical.content, aliases)):
        drafts.append(state(CANONICAL_ALIAS, moved))
    if levels is not None and levels != at_first:
        drafts.append(state(POWER_LEVELS_KEY[0], levels))
    return drafts


def invites(old: RoomHead, upgrader: str) -> list[str]:
    """Whom to ask over: the members who could not come in by themselves."""
    rules = old.event("m.room.join_rules")
    if rules is not None and rules.content.get("join_rule") == "public":
        return []
    return [user_id for user_id in old.joined if user_id != upgrader]


def tombstone(upgrader: str, replacement: str) -> Draft:
    """5."""
    content = {"body": REPLACED, "replacement_room": replacement}
    return Draft(TOMBSTONE, upgrader, content, state_key="")


def closing_levels(old: RoomHead, upgrader: str) -> Draft | None:
    """6: nobody but moderators writes or invites any more; None if that is so already."""
    event = old.event(POWER_LEVELS_KEY[0])
    if event is None:
        return None
    needed = max(50, old.power.users_default + 1)
    raised = {
        name: needed
        for name, current in (
            ("events_default", old.power.events_default),
            ("invite", old.power.invite),
        )
        if current < needed
    }
    if not raised:
        return None
    return Draft(POWER_LEVELS_KEY[0], upgrader, {**event.content, **raised}, state_key="")


def without_aliases(old: RoomHead, upgrader: str, moved: list[str]) -> Draft | None:
    """The old room's canonical alias event without those that have moved; None: none of them."""
    event = old.event(CANONICAL_ALIAS)
    if event is None or not named_aliases(event.content, strict=False) & set(moved):
        return None
    content = {
        key: value for key, value in event.content.items() if key not in ("alias", "alt_aliases")
    }
    return Draft(CANONICAL_ALIAS, upgrader, content, state_key="")


def _create_content(
    old: RoomHead, version: RoomVersion, upgrader: str, additional: list[str]
) -> dict[str, Any]:
    """2."""
    created = old.state[CREATE_KEY].event.content
    content: dict[str, Any] = {
        key: created[key] for key in ("type", "m.federate") if key in created
    }
    content["room_version"] = version.identifier
    content["predecessor"] = {"room_id": old.room_id}
    if not version.room_id_is_create_hash:
        # "The event ID of the last known event in the old room."
        content["predecessor"]["event_id"] = max(old.extremities, key=lambda tip: tip[1])[0]
    if version.creator_in_content:
        content["creator"] = upgrader
    if version.privileged_creators:
        if not all(is_user_id(user_id) for user_id in additional):
            raise InvalidParam("additional_creators must be user IDs")
        if additional:
            content["additional_creators"] = list(dict.fromkeys(additional))
    return content


def _levels(old: RoomHead, version: RoomVersion, creators: set[str]) -> dict[str, Any] | None:
    """The old levels as the new version writes them, without or with its creators."""
    event = old.event(POWER_LEVELS_KEY[0])
    if event is None:
        return None
    content = {
        key: value
        for key, value in event.content.items()
        if key not in _SCALARS and key not in _OBJECTS
    }
    for name in _SCALARS:
        level = read_level(event.content.get(name), old.version)
        if level is not None:
            content[name] = level
    for name in _OBJECTS:
        if name in event.content:
            content[name] = read_levels(event.content[name], old.version)
    listed: dict[str, int] = content.get("users", {})
    users: dict[str, int] = {user: listed[user] for user in listed if is_user_id(user)}
    if version.privileged_creators:
        users = {user: level for user, level in users.items() if user not in creators}
    elif old.version.privileged_creators:
        for user_id in creators_of(old.state[CREATE_KEY].event):
            users[user_id] = max(100, users.get(user_id, 0))
    content["users"] = users
    return content


def _with_power_over(levels: dict[str, Any], upgrader: str) -> dict[str, Any]:
    """The levels while the room is made: with the power to write what will take more later."""
    given = [levels.get(name, 0) for name in _SCALARS]
    given += [level for name in _OBJECTS for level in levels.get(name, {}).values()]
    # Who is above all others may also set levels equal to their own.
    highest = max([100, *given])
    if PowerLevels(levels).user_level(upgrader) >= highest:
        return levels
    return {**levels, "users": {**levels["users"], upgrader: highest}}


def _moved(content: dict[str, Any], aliases: list[str]) -> dict[str, Any]:
    """What of a canonical alias event is true of the new room."""
    moved: dict[str, Any] = {}
    if content.get("alias") in aliases:
        moved["alias"] = content["alias"]
    others = content.get("alt_aliases")
    kept = [name for name in others if name in aliases] if isinstance(others, list) else []
    if kept:
        moved["alt_aliases"] = kept
    return moved
