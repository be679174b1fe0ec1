"""After the tombstone of an erased task: everything before it is redacted and forgotten."""

from __future__ import annotations

from appservice_tasks.services.index import Applied
from appservice_tasks.services.work import Unit
from appservice_tasks.storage import cards, chores, ledger, revisions
from appservice_tasks.storage.chores import Chore

_PAGE = 500


class Erase:
    """An effect of the index."""

    async def follow(self, unit: Unit, applied: Applied) -> None:
        """Queues the redactions, in the transaction that applies the tombstone."""
        if applied.after is not None:
            return
        conn, task_id = unit.conn, applied.task_id
        before: int | None = applied.change["rev"]
        while before is not None:
            page = await revisions.page(conn, task_id, before=before, limit=_PAGE)
            for each in page:
                await self._redact(unit, each.room_id, each.event_id)
                await revisions.redact(conn, each)
            before = page[-1].rev if len(page) == _PAGE else None
        for event_id in await ledger.events_of_task(conn, task_id):
            await self._redact(unit, applied.room.room_id, event_id)
            answer = await chores.event_of(conn, f"c:{event_id}")
            if answer is not None:
                await self._redact(unit, applied.room.room_id, answer)
        for room_id, event_id in await cards.of_task(conn, task_id):
            await self._redact(unit, room_id, event_id)
        await cards.forget(conn, task_id)
        await ledger.forget_bodies(conn, task_id)
        unit.chores = True

    async def _redact(self, unit: Unit, room_id: str, event_id: str) -> None:
        payload = {"event_id": event_id, "reason": "erased"}
        await chores.add(unit.conn, Chore(f"x:{event_id}", "redact", room_id, payload), unit.now)
