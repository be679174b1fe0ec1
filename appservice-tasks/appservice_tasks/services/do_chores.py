"""Sends what decides nothing: notices, cards, answers, redactions, joins.

Chores of one room are done in their order. One that the homeserver does not take now is tried again
later; one that it refuses is dropped.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from appservice_tasks.matrix_client import Homeserver, Refused, Unavailable
from appservice_tasks.observe import get_logger, metrics
from appservice_tasks.services.bus import Told
from appservice_tasks.services.work import Work
from appservice_tasks.storage import chores, json_text
from appservice_tasks.storage.chores import Chore

log = get_logger(__name__)
_done = metrics.counter("tasks_chores", "Chores ended", ["kind", "state"])

Doer = Callable[[Chore], Awaitable[str | None]]
"""Does a chore; the event that it sent, if any. May raise Refused, Unavailable."""

_BATCH: Final = 50
_LEASE_MS: Final = 60_000
_IDLE_SECONDS: Final = 5.0
_LONGEST_MS: Final = 300_000


class DoChores:
    """Works through them. doers: of kinds other than send and redact."""

    def __init__(self, work: Work, homeserver: Homeserver, doers: Mapping[str, Doer]) -> None:
        self._work = work
        self._homeserver = homeserver
        self._doers: dict[str, Doer] = {"send": self._send, "redact": self._redact, **doers}
        self._news = asyncio.Event()
        work.bus.listen(self._hear)

    def _hear(self, told: Told) -> None:
        if told.chores:
            self._news.set()

    async def run(self) -> None:
        """For ever."""
        while True:
            self._news.clear()
            try:
                while await self.round():
                    pass
            except Exception:
                log.exception("chores_failed")
            try:
                await asyncio.wait_for(self._news.wait(), _IDLE_SECONDS)
            except TimeoutError:
                continue

    async def round(self) -> int:
        """Does what is due; how many chores were ended."""
        async with self._work.begin() as unit:
            taken = await chores.take(unit.conn, unit.now, until=unit.now + _LEASE_MS, limit=_BATCH)
        by_room: dict[str, list[Chore]] = {}
        for each in taken:
            by_room.setdefault(each.room_id, []).append(each)
        ended = await asyncio.gather(*(self._in_order(each) for each in by_room.values()))
        return sum(ended)

    async def _in_order(self, room: list[Chore]) -> int:
        for number, chore in enumerate(room):
            if not await self._do(chore):
                await self._postpone(room[number:])
                return number
        return len(room)

    async def _do(self, chore: Chore) -> bool:
        """Whether it is ended."""
        event_id: str | None = None
        try:
            event_id = await self._doers[chore.kind](chore)
        except Unavailable as error:
            log.warning("chore_waits", kind=chore.kind, room_id=chore.room_id, reason=str(error))
            return False
        except Refused as refused:
            log.warning(
                "chore_refused", kind=chore.kind, room_id=chore.room_id, reason=str(refused)
            )
            await self._finish(chore, "failed", None)
            return True
        except Exception:
            log.exception("chore_failed", kind=chore.kind, room_id=chore.room_id)
            await self._finish(chore, "failed", None)
            return True
        await self._finish(chore, "done", event_id)
        return True

    async def _finish(self, chore: Chore, state: Any, event_id: str | None) -> None:
        async with self._work.begin() as unit:
            await chores.finish(unit.conn, chore.seq, state, event_id)
        _done.labels(chore.kind, state).inc()

    async def _postpone(self, waiting: list[Chore]) -> None:
        async with self._work.begin() as unit:
            for chore in waiting:
                pause = min(_LONGEST_MS, 500 * 2 ** min(chore.tries, 10))
                await chores.postpone(unit.conn, chore.seq, unit.now + pause)

    async def _send(self, chore: Chore) -> str:
        """payload: {type, content, replaces?}; `replaces` names the chore of the message that this
        one edits."""
        content: dict[str, Any] = chore.payload["content"]
        replaces = chore.payload.get("replaces")
        if replaces is not None:
            async with self._work.database.read() as conn:
                first = await chores.event_of(conn, replaces)
            if first is not None:
                content = edited(content, first)
        return await self._homeserver.send(
            chore.room_id, chore.payload["type"], chore.txn_id, json_text.to_bytes(content)
        )

    async def _redact(self, chore: Chore) -> str:
        return await self._homeserver.redact(
            chore.room_id, chore.payload["event_id"], chore.txn_id, chore.payload.get("reason")
        )


def edited(content: dict[str, Any], event_id: str) -> dict[str, Any]:
    """Content that replaces an earlier message by this one."""
    return {
        **content,
        "body": f"* {content['body']}",
        "m.new_content": content,
        "m.relates_to": {"rel_type": "m.replace", "event_id": event_id},
    }
