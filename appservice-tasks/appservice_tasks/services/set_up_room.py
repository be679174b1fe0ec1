"""Sets a room up for tasks, with the rights of the person who asks.

The power levels come first, then the settings; then the authority is invited and joins, not as a
creator. Each step leaves alone what is there, so that the whole may be asked for again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.contracts import (
    AssigneeRight,
    Config,
    Label,
    RoomKind,
    RoomRights,
    RoomTasks,
    RoomTasksPut,
)
from appservice_tasks.domain.context import Context
from appservice_tasks.domain.ids import CONFIG, LABELS, WORKFLOW
from appservice_tasks.domain.keys import DIRECT, PERSONAL, prefix_for
from appservice_tasks.domain.org import Role
from appservice_tasks.domain.rights import assignment_mode, may_create
from appservice_tasks.domain.workflow import DEFAULT_WORKFLOW, faults_of_workflow
from appservice_tasks.errors import Problem, invalid, not_found
from appservice_tasks.matrix_client import MatrixClient, MatrixEvent, Refused, Unavailable
from appservice_tasks.services.circumstances import Circumstances
from appservice_tasks.services.follow_room import FollowRoom
from appservice_tasks.services.refusals import problem_of
from appservice_tasks.services.room_state import (
    AUTHORITY_POWER,
    MEMBER,
    POWER_LEVELS,
    RoomState,
    guarding,
    read_state,
)
from appservice_tasks.services.who import Caller
from appservice_tasks.services.work import Work
from appservice_tasks.storage import rooms
from appservice_tasks.storage.rooms import StoredRoom

_SETTINGS = (
    "enabled",
    "prefix",
    "create",
    "assign",
    "task_admins",
    "line_manager_edits",
    "non_member",
    "compat",
    "announce",
)


@dataclass(frozen=True, slots=True)
class _Found:
    """A room as the caller's token shows it."""

    events: list[MatrixEvent]
    state: RoomState

    def content(self, event_type: str, key: str = "") -> dict[str, Any]:
        return next(
            (
                event["content"]
                for event in self.events
                if event["type"] == event_type and event.get("state_key") == key
            ),
            {},
        )

    @property
    def said_direct(self) -> bool:
        """Whether somebody was invited as to a direct conversation."""
        return any(
            event["type"] == MEMBER and event["content"].get("is_direct") is True
            for event in self.events
        )


class SetUpRoom:
    """Shows and changes what a room says about tasks."""

    def __init__(
        self,
        work: Work,
        homeserver: MatrixClient,
        circumstances: Circumstances,
        follow: FollowRoom,
        authority: str,
    ) -> None:
        self._work = work
        self._homeserver = homeserver
        self._circumstances = circumstances
        self._follow = follow
        self._authority = authority

    async def get(self, caller: Caller, room_id: str) -> RoomTasks:
        """What applies in a room, and what the caller may do there.

        Raises Problem: `not_found` (not in the room), `unavailable`.
        """
        async with self._work.database.read() as conn:
            if await self._circumstances.sees(conn, caller.user_id, room_id):
                stored = await rooms.find(conn, room_id)
                if stored is not None:
                    members = {each.user_id: each for each in await rooms.members(conn, room_id)}
                    return await self._shown(conn, caller, RoomState(stored, members))
        found = await self._look(caller, room_id)
        async with self._work.database.read() as conn:
            return await self._shown(conn, caller, found.state)

    async def put(
        self,
        caller: Caller,
        room_id: str,
        wanted: RoomTasksPut,
        *,
        kind: RoomKind | None = None,
    ) -> RoomTasks:
        """Sets the room up, or changes its settings. kind: of a room without settings; None: a
        direct conversation of two, or a team.

        Raises Problem: `not_found`, `encrypted_room_not_enabled`, `forbidden`, `invalid`,
        `conflict` (the prefix is another room's), `unavailable`.
        """
        found = await self._look(caller, room_id)
        if found.state.room.encrypted:
            raise Problem("encrypted_room_not_enabled", "The room is encrypted")
        if "workflow" in wanted:
            faults = faults_of_workflow(wanted["workflow"])
            if faults:
                raise Problem("invalid", "Not a workflow", errors=faults)
        config = await self._config(found, wanted, kind)
        client = self._homeserver.speaking(caller.token)
        try:
            await self._write(client, found, config, wanted)
            await self._come_in(client, found)
        except Refused as refused:
            raise problem_of(refused) from refused
        except Unavailable as error:
            raise problem_of(error) from error
        await self._refresh(room_id)
        return await self.get(caller, room_id)

    async def _refresh(self, room_id: str) -> None:
        try:
            await self._follow.refresh(room_id)
        except Unavailable as error:
            raise problem_of(error) from error

    async def _look(self, caller: Caller, room_id: str) -> _Found:
        client = self._homeserver.speaking(caller.token)
        try:
            events = await client.room_state(room_id)
        except Refused as refused:
            if refused.status in (400, 403, 404):
                raise not_found("No such room") from refused
            raise problem_of(refused) from refused
        except Unavailable as error:
            raise problem_of(error) from error
        state = read_state(room_id, events, self._authority)
        member = state.members.get(caller.user_id)
        if member is None or member.membership != "join":
            raise not_found("No such room")
        return _Found(events, state)

    async def _config(self, found: _Found, wanted: RoomTasksPut, kind: RoomKind | None) -> Config:
        room = found.state.room
        had: dict[str, Any] = dict(room.config or {})
        if not had:
            people = found.state.people(self._authority)
            direct = found.said_direct and len(people) == 2
            kind = kind or ("direct" if direct else "team")
            had = {"v": 1, "enabled": True, "authority": self._authority, "kind": kind}
        had |= {key: value for key, value in wanted.items() if key in _SETTINGS}
        had["prefix"] = await self._prefix(room, had["kind"], had.get("prefix"))
        return cast(Config, had)

    async def _prefix(self, room: StoredRoom, kind: RoomKind, wanted: str | None) -> str:
        if kind != "team" and wanted in (None, PERSONAL, DIRECT):
            return PERSONAL if kind == "personal" else DIRECT
        async with self._work.begin() as unit:
            if wanted is not None:
                if wanted in (PERSONAL, DIRECT):
                    raise invalid("/prefix", "reserved", "MY and DM are for rooms of one or two")
                if not await rooms.reserve_prefix(unit.conn, wanted, room.room_id):
                    raise Problem("conflict", "Another room has this prefix")
                return wanted
            mine = await rooms.prefix_of(unit.conn, room.room_id)
            if mine is not None:
                return mine
            taken = await rooms.taken_prefixes(unit.conn)
            while True:
                made = prefix_for(room.name or "", taken)
                if await rooms.reserve_prefix(unit.conn, made, room.room_id):
                    return made
                taken.add(made)

    async def _write(
        self, client: MatrixClient, found: _Found, config: Config, wanted: RoomTasksPut
    ) -> None:
        room_id = found.state.room.room_id
        levels = found.content(POWER_LEVELS)
        if not found.state.room.guarded:
            await client.set_state(room_id, POWER_LEVELS, guarding(levels, self._authority))
        if found.content(CONFIG) != config:
            await client.set_state(room_id, CONFIG, cast(dict[str, Any], config))
        if "labels" in wanted:
            labels: dict[str, Any] = {"v": 1, "labels": wanted["labels"]}
            if found.content(LABELS) != labels:
                await client.set_state(room_id, LABELS, labels)
        if "workflow" in wanted:
            key = config.get("workflow", "default")
            workflow = cast(dict[str, Any], wanted["workflow"])
            if found.content(WORKFLOW, key) != workflow:
                await client.set_state(room_id, WORKFLOW, workflow, key)

    async def _come_in(self, client: MatrixClient, found: _Found) -> None:
        room = found.state.room
        if room.joined:
            return
        if self._authority not in found.state.members:
            await client.invite(room.room_id, self._authority)
        await self._homeserver.join(room.room_id)

    async def _shown(self, conn: AsyncConnection, caller: Caller, state: RoomState) -> RoomTasks:
        stored = state.room
        config = stored.config
        workflow = stored.workflows.get(config.get("workflow", "default")) if config else None
        configures = self._may_configure(caller, state)
        labels: list[Label] = stored.labels["labels"] if stored.labels else []
        shown: RoomTasks = {
            "room_id": stored.room_id,
            "enabled": stored.enabled,
            "config": config,
            "workflow": workflow or DEFAULT_WORKFLOW,
            "labels": labels,
            "rights": await self._rights(conn, caller, stored, configure=configures),
        }
        if stored.encrypted:
            shown["obstacle"] = "encrypted_room_not_enabled"
        elif not stored.usable and not configures:
            shown["obstacle"] = "forbidden"
        return shown

    def _may_configure(self, caller: Caller, state: RoomState) -> bool:
        """Settings are state of level 100, and only who has as much can make it so."""
        member = state.members.get(caller.user_id)
        return (
            member is not None and member.membership == "join" and member.power >= AUTHORITY_POWER
        )

    async def _rights(
        self, conn: AsyncConnection, caller: Caller, stored: StoredRoom, *, configure: bool
    ) -> RoomRights:
        rights: RoomRights = {"create": False, "configure": configure, "assignees": []}
        known = await self._circumstances.room(conn, stored.room_id) if stored.enabled else None
        context = await self._circumstances.reading(conn, stored.room_id) if known else None
        if known is None or context is None:
            return rights
        rights["create"] = may_create(caller.user_id, known.room, context)
        rights["assignees"] = _assignees(caller.user_id, context)
        return rights


def _assignees(user_id: str, context: Context) -> list[AssigneeRight]:
    """Whom somebody may assign in a room, and how."""
    if context.org.person(user_id).role is Role.GUEST:
        return []
    found: list[AssigneeRight] = []
    for target in sorted(context.room.members):
        mode = assignment_mode(user_id, target, context)
        if mode != "deny":
            found.append({"user_id": target, "mode": mode})
    return found
