"""Somebody redacted a revision: what it said is forgotten.

If it was the newest one, the authority publishes the task as it is once more, so that whoever reads
the log still finds it. That goes the way of every decision: as a command of the authority's own.
"""

from __future__ import annotations

from typing import Final
from uuid import uuid5

from appservice_tasks.domain.ids import NAMESPACE
from appservice_tasks.matrix_client import Homeserver
from appservice_tasks.services.work import Work
from appservice_tasks.storage import ledger, revisions, task_rows
from appservice_tasks.storage.chores import Chore
from appservice_tasks.storage.ledger import NewCommand

REPUBLISH: Final = "republish"
"""The only key of such a command's body: the authority alone can send it, and only to itself."""


class MendRedaction:
    """Does the chore `check_redaction`."""

    def __init__(self, work: Work, homeserver: Homeserver, authority: str) -> None:
        self._work = work
        self._homeserver = homeserver
        self._authority = authority

    async def do(self, chore: Chore) -> None:
        """Asks whether the event was redacted indeed, and forgets what it said."""
        event_id: str = chore.payload["event_id"]
        event = await self._homeserver.event(chore.room_id, event_id)
        if event is None or event["content"]:
            return
        async with self._work.begin() as unit:
            found = await revisions.of_event(unit.conn, event_id)
            if found is None or found.redacted:
                return
            await revisions.redact(unit.conn, found)
            stored = await task_rows.find(unit.conn, found.task_id)
            if stored is None or stored.snapshot is None or stored.rev != found.rev:
                return
            body = {REPUBLISH: found.rev}
            command = NewCommand(
                actor=self._authority,
                cmd_id=str(uuid5(NAMESPACE, f"republish/{event_id}")),
                room_id=stored.room_id,
                task_id=found.task_id,
                body=body,
                body_sha256=ledger.UNKNOWN,
                via="repair",
            )
            await ledger.receive(unit.conn, command, unit.now)
            unit.rooms.add(stored.room_id)
