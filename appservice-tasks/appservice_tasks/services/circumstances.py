"""The rooms, the organisation and other tasks as a decision looks at them.

Rooms and the org chart are remembered by the versions that the database keeps of them.
"""

from __future__ import annotations

import dataclasses
from collections import OrderedDict
from collections.abc import Iterable

from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.contracts import Snapshot
from appservice_tasks.domain.context import Context, Neighbour
from appservice_tasks.domain.org import OrgChart, Role
from appservice_tasks.domain.room import Room
from appservice_tasks.domain.workflow import DEFAULT_WORKFLOW
from appservice_tasks.storage import organisation, rooms, task_rows
from appservice_tasks.storage.rooms import StoredRoom
from appservice_tasks.storage.task_rows import StoredTask

_MAX_ROOMS = 2_000


@dataclasses.dataclass(frozen=True, slots=True)
class KnownRoom:
    """A room as stored, and as decisions see it. `room.last_rank` is looked up for each."""

    stored: StoredRoom
    room: Room

    @property
    def sees_all(self) -> bool:
        """Whether organisation admins see its tasks without being in it."""
        return self.stored.kind != "personal"


class Circumstances:
    """Reads them."""

    def __init__(self, server_name: str) -> None:
        self._server_name = server_name
        self._rooms: OrderedDict[str, tuple[int, int, KnownRoom]] = OrderedDict()
        self._chart: tuple[int, OrgChart] | None = None

    async def chart(self, conn: AsyncConnection, version: int | None = None) -> OrgChart:
        """The organisation. version: the one that `conn` sees, if it was asked for."""
        if version is None:
            version = await organisation.version(conn)
        if self._chart is None or self._chart[0] != version:
            self._chart = version, await organisation.chart(conn, self._server_name)
        return self._chart[1]

    async def room(self, conn: AsyncConnection, room_id: str) -> KnownRoom | None:
        """A room that the authority is or was in."""
        version = await rooms.version_of(conn, room_id)
        if version is None:
            return None
        org_version = await organisation.version(conn)
        known = self._rooms.get(room_id)
        if known is not None and known[:2] == (version, org_version):
            self._rooms.move_to_end(room_id)
            return known[2]
        return (await self._load(conn, [room_id], org_version)).get(room_id)

    async def _load(
        self, conn: AsyncConnection, room_ids: Iterable[str], org_version: int
    ) -> dict[str, KnownRoom]:
        """Reads rooms, and remembers them."""
        wanted = list(room_ids)
        found = await rooms.find_many(conn, wanted)
        joined = await rooms.joined_members(conn, wanted)
        grants = await organisation.grants_in(conn, wanted)
        made: dict[str, KnownRoom] = {}
        for room_id, stored in found.items():
            config = stored.config
            workflow = stored.workflows.get(config.get("workflow", "default")) if config else None
            room = Room(
                room_id=room_id,
                config=config,
                workflow=workflow or DEFAULT_WORKFLOW,
                labels=stored.labels,
                members=frozenset(joined.get(room_id, ())),
                encrypted=stored.encrypted,
                owner=stored.owner,
                grants=grants.get(room_id, {}),
            )
            made[room_id] = KnownRoom(stored, room)
            self._rooms[room_id] = (stored.version, org_version, made[room_id])
            self._rooms.move_to_end(room_id)
        while len(self._rooms) > _MAX_ROOMS:
            self._rooms.popitem(last=False)
        return made

    async def reading(
        self, conn: AsyncConnection, room_id: str, blockers: Iterable[str] = ()
    ) -> Context | None:
        """What `can` and `visible` look at: a context without a command."""
        known = await self.room(conn, room_id)
        if known is None:
            return None
        return Context(
            actor="",
            room=known.room,
            org=await self.chart(conn),
            at=0,
            via="rest",
            next_key="",
            neighbours=neighbours_of(await task_rows.find_many(conn, blockers)),
        )

    async def reading_many(
        self, conn: AsyncConnection, room_ids: Iterable[str], blockers: Iterable[str]
    ) -> dict[str, Context]:
        """`reading` of several rooms, in a handful of queries however many they are."""
        versions = await rooms.versions_of(conn, room_ids)
        org_version = await organisation.version(conn)
        chart = await self.chart(conn, org_version)
        wanted = list(blockers)
        neighbours = neighbours_of(await task_rows.find_many(conn, wanted)) if wanted else {}
        known: dict[str, KnownRoom] = {}
        for room_id, version in versions.items():
            cached = self._rooms.get(room_id)
            if cached is not None and cached[:2] == (version, org_version):
                known[room_id] = cached[2]
        missing = versions.keys() - known.keys()
        if missing:
            known |= await self._load(conn, missing, org_version)
        return {
            room_id: Context(
                actor="",
                room=each.room,
                org=chart,
                at=0,
                via="rest",
                next_key="",
                neighbours=neighbours,
            )
            for room_id, each in known.items()
        }

    async def sees(self, conn: AsyncConnection, user_id: str, room_id: str) -> bool:
        """Whether somebody sees the tasks of a room."""
        known = await self.room(conn, room_id)
        if known is None or not known.stored.joined:
            return False
        person = (await self.chart(conn)).person(user_id)
        if not person.active:
            return False
        if user_id in known.room.members:
            return person.role is not Role.BOT or bool(known.room.grants.get(user_id))
        return person.role is Role.ADMIN and known.sees_all

    async def neighbourhood(
        self,
        conn: AsyncConnection,
        names: Iterable[str],
        user_id: str,
        overlay: dict[str, Snapshot],
    ) -> dict[str, Neighbour]:
        """These tasks, and what they lead to by `parent` and `blocked_by`.

        overlay: snapshots decided and not applied yet, by task.
        """
        found: dict[str, Neighbour] = {}
        seen_rooms: dict[str, bool] = {}
        asked: set[str] = set()
        wanted = set(names)
        while wanted and len(found) < 5_000:
            asked |= wanted
            stored = await task_rows.find_many(conn, wanted)
            wanted = set()
            for task_id, each in stored.items():
                snapshot = overlay.get(task_id, each.snapshot)
                if snapshot is None:
                    continue
                if each.room_id not in seen_rooms:
                    seen_rooms[each.room_id] = await self.sees(conn, user_id, each.room_id)
                made = _neighbour(each, snapshot, visible=seen_rooms[each.room_id])
                found[task_id] = made
                wanted |= {*made.blocked_by, *([made.parent] if made.parent else [])}
            wanted -= asked
        return found


def neighbours_of(stored: dict[str, StoredTask]) -> dict[str, Neighbour]:
    """Tasks as neighbours, all visible."""
    return {
        task_id: _neighbour(each, each.snapshot, visible=True)
        for task_id, each in stored.items()
        if each.snapshot is not None
    }


def _neighbour(stored: StoredTask, snapshot: Snapshot, *, visible: bool) -> Neighbour:
    return Neighbour(
        task_id=stored.task_id,
        room_id=stored.room_id,
        category=snapshot["category"],
        visible=visible,
        parent=snapshot.get("parent"),
        blocked_by=tuple(snapshot.get("blocked_by", ())),
        rank=snapshot.get("rank"),
    )
