"""Room versions as rows of flags; rule code asks for a flag and never for a version's name.

Source: rooms/ (index: feature matrix), rooms/v1 to rooms/v12.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from types import MappingProxyType
from typing import Final

from homeserver.errors import UnsupportedRoomVersion


class StateResolution(Enum):
    """The algorithm that merges the states of several branches."""

    V1 = "1"
    V2 = "2"
    V2_1 = "2.1"
    """Starts from the empty map and adds the conflicted subgraph."""


class EventIds(Enum):
    """Where an event's ID comes from."""

    GIVEN = "given"
    """`$opaque:domain`, a field of the event, chosen by its server (1 and 2)."""
    HASH = "hash"
    """`$` and the reference hash in base64, which may contain `/` and `+` (3)."""
    URL_SAFE_HASH = "url-safe hash"
    """`$` and the reference hash in URL-safe base64 (since 4)."""


EVERYTHING: Final[frozenset[str]] = frozenset({"*"})
"""As the kept keys of a type: its whole content survives redaction."""


@dataclass(frozen=True, slots=True)
class RedactionRules:
    """What survives redaction.

    top_level: keys of the event. content: for each type the keys of its content, or EVERYTHING.
    third_party_signed: of a membership's `third_party_invite`, the `signed` key survives.
    """

    top_level: frozenset[str]
    content: Mapping[str, frozenset[str]]
    third_party_signed: bool


@dataclass(frozen=True, slots=True)
class RoomVersion:
    """One row: how events of a room look and which rules judge them."""

    identifier: str
    redaction: RedactionRules
    state_resolution: StateResolution
    event_ids: EventIds = EventIds.URL_SAFE_HASH
    stable: bool = True
    hashed_references: bool = False
    """prev_events and auth_events are pairs of an ID and its reference hash (1 and 2)."""
    event_id_server_signs: bool = False
    """The server that the event ID names must have signed the event too (1 and 2)."""
    enforce_key_validity: bool = True
    """A key must have been valid when the event it signed was made (since 5)."""
    strict_json: bool = True
    """Floats and integers beyond 2^53 - 1 are refused (since 6)."""
    aliases_rule: bool = False
    """`m.room.aliases` has an authorisation rule of its own (until 5)."""
    redaction_rule: bool = False
    """Who may redact is for the authorisation rules to say (1 and 2)."""
    notification_levels: bool = True
    """Changes of `notifications` take power as those of `events` do (since 6)."""
    integer_levels: bool = True
    """Power levels are integers, not texts or floats that mean one (since 10)."""
    knocking: bool = True
    """Membership `knock` and the join rule `knock` exist (since 7)."""
    restricted_joins: bool = True
    """The join rule `restricted` exists (since 8)."""
    knock_restricted: bool = True
    """The join rule `knock_restricted` exists (since 10)."""
    creator_in_content: bool = False
    """The create event names the creator in its content (until 10); later it is the sender."""
    redacts_in_content: bool = True
    """A redaction names its target in `content.redacts`, not at the top level (since 11)."""
    room_id_is_create_hash: bool = False
    """The room ID is the create event's hash, and the create event carries none (since 12)."""
    create_in_auth_events: bool = True
    """The create event is selected as an auth event (until 11); later the room ID implies it."""
    privileged_creators: bool = False
    """Creators stand above all power levels, and `additional_creators` exists (since 12)."""


_TOP_LEVEL: Final = frozenset(
    {
        "event_id",
        "type",
        "room_id",
        "sender",
        "state_key",
        "content",
        "hashes",
        "signatures",
        "depth",
        "prev_events",
        "auth_events",
        "origin_server_ts",
    }
)
_LEVELS: Final = frozenset(
    {
        "ban",
        "events",
        "events_default",
        "kick",
        "redact",
        "state_default",
        "users",
        "users_default",
    }
)


def _redaction(
    before: RedactionRules, content: Mapping[str, frozenset[str] | None]
) -> RedactionRules:
    """The rules of a later version. content: what differs; None: nothing of the type survives."""
    merged = {**before.content, **content}
    kept = MappingProxyType({type_: keys for type_, keys in merged.items() if keys is not None})
    return replace(before, content=kept)


_REDACTION_V1: Final = RedactionRules(
    top_level=_TOP_LEVEL | {"prev_state", "origin", "membership"},
    content=MappingProxyType(
        {
            "m.room.member": frozenset({"membership"}),
            "m.room.create": frozenset({"creator"}),
            "m.room.join_rules": frozenset({"join_rule"}),
            "m.room.power_levels": _LEVELS,
            "m.room.aliases": frozenset({"aliases"}),
            "m.room.history_visibility": frozenset({"history_visibility"}),
        }
    ),
    third_party_signed=False,
)
_REDACTION_V6: Final = _redaction(_REDACTION_V1, {"m.room.aliases": None})
_REDACTION_V8: Final = _redaction(
    _REDACTION_V6, {"m.room.join_rules": frozenset({"join_rule", "allow"})}
)
_REDACTION_V9: Final = _redaction(
    _REDACTION_V8,
    {"m.room.member": frozenset({"membership", "join_authorised_via_users_server"})},
)
_REDACTION_V11: Final = replace(
    _redaction(
        _REDACTION_V9,
        {
            "m.room.create": EVERYTHING,
            "m.room.power_levels": _LEVELS | {"invite"},
            "m.room.redaction": frozenset({"redacts"}),
        },
    ),
    top_level=_TOP_LEVEL,
    third_party_signed=True,
)

V1: Final = RoomVersion(
    identifier="1",
    redaction=_REDACTION_V1,
    state_resolution=StateResolution.V1,
    event_ids=EventIds.GIVEN,
    hashed_references=True,
    event_id_server_signs=True,
    enforce_key_validity=False,
    strict_json=False,
    aliases_rule=True,
    redaction_rule=True,
    notification_levels=False,
    integer_levels=False,
    knocking=False,
    restricted_joins=False,
    knock_restricted=False,
    creator_in_content=True,
    redacts_in_content=False,
)
V2: Final = replace(V1, identifier="2", state_resolution=StateResolution.V2)
V3: Final = replace(
    V2,
    identifier="3",
    event_ids=EventIds.HASH,
    hashed_references=False,
    event_id_server_signs=False,
    redaction_rule=False,
)
V4: Final = replace(V3, identifier="4", event_ids=EventIds.URL_SAFE_HASH)
V5: Final = replace(V4, identifier="5", enforce_key_validity=True)
V6: Final = replace(
    V5,
    identifier="6",
    redaction=_REDACTION_V6,
    strict_json=True,
    aliases_rule=False,
    notification_levels=True,
)
V7: Final = replace(V6, identifier="7", knocking=True)
V8: Final = replace(V7, identifier="8", redaction=_REDACTION_V8, restricted_joins=True)
V9: Final = replace(V8, identifier="9", redaction=_REDACTION_V9)
V10: Final = replace(V9, identifier="10", integer_levels=True, knock_restricted=True)
V11: Final = replace(
    V10,
    identifier="11",
    redaction=_REDACTION_V11,
    creator_in_content=False,
    redacts_in_content=True,
)
V12: Final = replace(
    V11,
    identifier="12",
    state_resolution=StateResolution.V2_1,
    room_id_is_create_hash=True,
    create_in_auth_events=False,
    privileged_creators=True,
)

ROOM_VERSIONS: Final[Mapping[str, RoomVersion]] = MappingProxyType(
    {version.identifier: version for version in (V1, V2, V3, V4, V5, V6, V7, V8, V9, V10, V11, V12)}
)
DEFAULT_ROOM_VERSION: Final = "12"


def room_version(identifier: object) -> RoomVersion:
    """The row of a version; UnsupportedRoomVersion when this server does not know it."""
    version = ROOM_VERSIONS.get(identifier) if isinstance(identifier, str) else None
    if version is None:
        raise UnsupportedRoomVersion
    return version
