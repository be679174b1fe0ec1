"""Tasks as one person sees them: the one shape, with what this person may do."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.contracts import Task
from appservice_tasks.domain.can import Alike, can_each
from appservice_tasks.domain.keys import split_key
from appservice_tasks.domain.org import Role
from appservice_tasks.domain.relations import open_blockers
from appservice_tasks.domain.task_shape import task_shape
from appservice_tasks.errors import Problem, not_found, unavailable
from appservice_tasks.services.circumstances import Circumstances
from appservice_tasks.storage import completeness, rooms, task_rows
from appservice_tasks.storage.task_rows import StoredTask


class ShowTasks:
    """Finds and shows them. What somebody may not see is not there."""

    def __init__(self, circumstances: Circumstances) -> None:
        self._circumstances = circumstances

    async def visible_rooms(self, conn: AsyncConnection, user_id: str) -> list[str]:
        """The rooms whose tasks somebody sees."""
        person = (await self._circumstances.chart(conn)).person(user_id)
        if not person.active:
            return []
        own = await rooms.rooms_of(conn, user_id)
        if person.role is Role.BOT:
            return [each for each in own if await self._circumstances.sees(conn, user_id, each)]
        if person.role is Role.ADMIN:
            return list({*own, *await rooms.team_rooms(conn)})
        return own

    async def find(self, conn: AsyncConnection, user_id: str, name: str) -> StoredTask:
        """The task of an id or key (OPS-42, in any case) that the person sees.

        Raises Problem `not_found`; `conflict` where the key fits several tasks that they see;
        `unavailable` while the index may lack tasks.
        """
        key = split_key(name)
        if key is not None:
            found = await task_rows.by_key(conn, *key)
        else:
            one = await task_rows.find(conn, name.lower())
            found = [] if one is None else [one]
        seen = [
            each
            for each in found
            if each.snapshot is not None
            and await self._circumstances.sees(conn, user_id, each.room_id)
        ]
        if not seen:
            if not await completeness.is_complete(conn):
                raise unavailable("The index is being read: the task may be in it in a moment", 1)
            raise not_found("No such task")
        if len(seen) > 1:
            raise Problem("conflict", "Several tasks have this key: use the id")
        return seen[0]

    async def shown(
        self, conn: AsyncConnection, user_id: str, stored: Sequence[StoredTask]
    ) -> list[Task]:
        """Tasks that the person is known to see, in this order; erased ones are left out."""
        blockers = {
            blocker
            for each in stored
            if each.snapshot is not None
            for blocker in each.snapshot.get("blocked_by", ())
        }
        if not stored:
            return []
        contexts = await self._circumstances.reading_many(
            conn, {each.room_id for each in stored}, blockers
        )
        alike: Alike = {}
        return [
            task_shape(
                each.snapshot,
                room_id=each.room_id,
                event_id=each.root_event_id,
                can=can_each(user_id, each.snapshot, contexts[each.room_id], alike),
                blocked=bool(
                    open_blockers(each.snapshot.get("blocked_by", ()), contexts[each.room_id])
                ),
            )
            for each in stored
            if each.snapshot is not None and each.room_id in contexts
        ]

    async def one(self, conn: AsyncConnection, user_id: str, stored: StoredTask) -> Task:
        """One task that the person is known to see."""
        (task,) = await self.shown(conn, user_id, [stored])
        return task
