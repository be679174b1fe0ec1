"""Room versions as rows of flags; rule code asks for a flag and never for a version's name.

Source: rooms/ (index: feature matrix), rooms/v11, rooms/v12.
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
    stable: bool = True
    strict_json: bool = True
    """Floats and integers beyond 2^53 - 1 are refused (since 6)."""
    knocking: bool = True
    """Membership `knock` and the join rule `knock` exist (since 7)."""
    restricted_joins: bool = True
    """The join rule `restricted` exists (since 8)."""
    knock_restricted: bool = True
    """The join rule `knock_restricted` exists (since 10)."""
    redacts_in_content: bool = True
    """A redaction names its target in `content.redacts`, not at the top level (since 11)."""
    room_id_is_create_hash: bool = False
    """The room ID is the create event's hash, and the create event carries none (since 12)."""
    create_in_auth_events: bool = True
    """The create event is selected as an auth event (until 11); later the room ID implies it."""
    privileged_creators: bool = False
    """Creators stand above all power levels, and `additional_creators` exists (since 12)."""
    state_resolution: StateResolution = StateResolution.V2


_V11_REDACTION: Final = RedactionRules(
    top_level=frozenset(
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
    ),
    content=MappingProxyType(
        {
            "m.room.member": frozenset({"membership", "join_authorised_via_users_server"}),
            "m.room.create": EVERYTHING,
            "m.room.join_rules": frozenset({"join_rule", "allow"}),
            "m.room.power_levels": frozenset(
                {
                    "ban",
                    "events",
                    "events_default",
                    "invite",
                    "kick",
                    "redact",
                    "state_default",
                    "users",
                    "users_default",
                }
            ),
            "m.room.history_visibility": frozenset({"history_visibility"}),
            "m.room.redaction": frozenset({"redacts"}),
        }
    ),
    third_party_signed=True,
)

V11: Final = RoomVersion(identifier="11", redaction=_V11_REDACTION)
V12: Final = replace(
    V11,
    identifier="12",
    room_id_is_create_hash=True,
    create_in_auth_events=False,
    privileged_creators=True,
    state_resolution=StateResolution.V2_1,
)

ROOM_VERSIONS: Final[Mapping[str, RoomVersion]] = MappingProxyType(
    {version.identifier: version for version in (V11, V12)}
)
DEFAULT_ROOM_VERSION: Final = "12"


def room_version(identifier: object) -> RoomVersion:
    """The row of a version; UnsupportedRoomVersion when this server does not know it."""
    version = ROOM_VERSIONS.get(identifier) if isinstance(identifier, str) else None
    if version is None:
        raise UnsupportedRoomVersion
    return version
