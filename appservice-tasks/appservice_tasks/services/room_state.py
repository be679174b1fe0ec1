"""What a room's state says about tasks. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, cast

from appservice_tasks.contracts import Config, Labels, RoomKind, Workflow
from appservice_tasks.domain.ids import COMMAND, CONFIG, LABELS, RESULT, TASK, WORKFLOW
from appservice_tasks.domain.workflow import faults_of_workflow
from appservice_tasks.matrix_client import Json, MatrixEvent
from appservice_tasks.shapes import check_event
from appservice_tasks.storage.rooms import Member, StoredRoom

POWER_LEVELS: Final = "m.room.power_levels"
MEMBER: Final = "m.room.member"
SPACE_PARENT: Final = "m.space.parent"

WATCHED: Final = frozenset(
    {
        MEMBER,
        POWER_LEVELS,
        "m.room.create",
        "m.room.encryption",
        "m.room.name",
        "m.room.tombstone",
        SPACE_PARENT,
        CONFIG,
        WORKFLOW,
        LABELS,
    }
)
"""State that matters here."""

AUTHORITY_POWER: Final = 100
GUARDED: Final = (TASK, RESULT)
GUARDED_STATE: Final = (CONFIG, WORKFLOW, LABELS)

_CREATOR: Final = 1_000_000_000
"""The power of a creator of version 12, which no number reaches."""

_PRIVILEGED_CREATORS: Final = frozenset({"12"})


@dataclass(frozen=True, slots=True)
class RoomState:
    """A room and who is in it."""

    room: StoredRoom
    members: dict[str, Member]

    def people(self, authority: str) -> list[str]:
        """Those who are in the room or invited, without the authority."""
        return [user for user in self.members if user != authority]


def read_state(room_id: str, events: Iterable[MatrixEvent], authority: str) -> RoomState:
    """The state of a room as stored. What is not valid counts as absent."""
    state = {(event["type"], event.get("state_key", "")): event for event in events}

    def content(event_type: str, key: str = "") -> Json:
        event = state.get((event_type, key))
        return event["content"] if event is not None else {}

    create = state.get(("m.room.create", ""))
    creators = creators_of(create)
    levels = content(POWER_LEVELS)
    members = {
        key: Member(key, event["content"]["membership"], power_of(key, levels, creators))
        for (event_type, key), event in state.items()
        if event_type == MEMBER and event["content"].get("membership") in ("join", "invite")
    }
    config = valid_config(content(CONFIG), authority)
    people = [user for user in members if user != authority]
    mine = members.get(authority)
    name = content("m.room.name").get("name")
    replaced_by = content("m.room.tombstone").get("replacement_room")
    kind: RoomKind | None = config["kind"] if config else None
    owner = None
    if kind == "personal":
        owner = create["sender"] if create is not None else None
        if set(people) - {owner}:
            kind = "team"  # nobody hides a team behind the word
    spaces = sorted(
        key
        for (event_type, key), event in state.items()
        if event_type == SPACE_PARENT and isinstance(event["content"].get("via"), list)
    )
    room = StoredRoom(
        room_id=room_id,
        name=name if isinstance(name, str) and name.strip() else None,
        config=config,
        workflows=_workflows(state),
        labels=_valid_labels(content(LABELS)),
        kind=kind,
        owner=owner,
        space_id=spaces[0] if spaces else None,
        replaced_by=replaced_by if isinstance(replaced_by, str) else None,
        encrypted=("m.room.encryption", "") in state,
        joined=mine is not None and mine.membership == "join",
        guarded=is_guarded(levels, creators, authority),
        told=False,
        log_token=None,
        version=0,
    )
    return RoomState(room, members)


def valid_config(content: Json, authority: str) -> Config | None:
    """A config of ours, if this is one."""
    if not content or check_event(content, CONFIG):
        return None
    config = cast(Config, content)
    return config if config["authority"] == authority else None


def creators_of(create: MatrixEvent | None) -> frozenset[str]:
    """Those whose power no power level limits: of rooms of version 12."""
    if create is None or create["content"].get("room_version") not in _PRIVILEGED_CREATORS:
        return frozenset()
    more = create["content"].get("additional_creators", [])
    return frozenset((create["sender"], *(more if isinstance(more, list) else [])))


def power_of(user_id: str, levels: Json, creators: frozenset[str]) -> int:
    """Somebody's power level."""
    if user_id in creators:
        return _CREATOR
    users = levels.get("users", {})
    return _number(users.get(user_id), _number(levels.get("users_default"), 0))


def is_guarded(levels: Json, creators: frozenset[str], authority: str) -> bool:
    """Whether the authority can write tasks, and ordinary members can't."""
    events = levels.get("events", {})
    default = _number(levels.get("events_default"), 0)
    state_default = _number(levels.get("state_default"), 50)
    needed = [_number(events.get(kind), default) for kind in GUARDED]
    needed += [_number(events.get(kind), state_default) for kind in GUARDED_STATE]
    users_default = _number(levels.get("users_default"), 0)
    return (
        min(needed) >= AUTHORITY_POWER
        and users_default < AUTHORITY_POWER
        and power_of(authority, levels, creators) >= max(needed)
    )


def guarding(levels: Json, authority: str) -> Json:
    """The power levels that a room needs for tasks, merged into those it has."""
    events = {
        **levels.get("events", {}),
        **dict.fromkeys((*GUARDED, *GUARDED_STATE), AUTHORITY_POWER),
        COMMAND: 0,
    }
    users = {**levels.get("users", {}), authority: AUTHORITY_POWER}
    merged: dict[str, Any] = {**levels, "users": users, "events": events}
    merged.setdefault("redact", 50)
    return merged


def power_admins(state: RoomState, levels: Json) -> list[str]:
    """People who can change the power levels, by id."""
    events = levels.get("events", {})
    needed = _number(events.get(POWER_LEVELS), _number(levels.get("state_default"), 50))
    return sorted(
        user
        for user, member in state.members.items()
        if member.membership == "join" and member.power >= needed
    )


def _workflows(state: Mapping[tuple[str, str], MatrixEvent]) -> dict[str, Workflow]:
    found: dict[str, Workflow] = {}
    for (event_type, key), event in state.items():
        if event_type != WORKFLOW or check_event(event["content"], WORKFLOW):
            continue
        workflow = cast(Workflow, event["content"])
        if not faults_of_workflow(workflow):
            found[key] = workflow
    return found


def _valid_labels(content: Json) -> Labels | None:
    return None if not content or check_event(content, LABELS) else cast(Labels, content)


def _number(value: object, default: int) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or math.isnan(value):
        return default
    return max(-_CREATOR, min(_CREATOR, int(value)))
