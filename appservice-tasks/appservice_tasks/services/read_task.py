"""One task: itself, its history, its thread."""

from __future__ import annotations

from typing import Any, cast

from appservice_tasks.contracts import Message, MessagePage, Revision, RevisionPage, Task
from appservice_tasks.errors import Problem, invalid
from appservice_tasks.services.messages import Messages, NewMessage
from appservice_tasks.services.show_tasks import ShowTasks
from appservice_tasks.services.who import Caller
from appservice_tasks.storage import revisions
from appservice_tasks.storage.database import Database
from appservice_tasks.storage.revisions import StoredRevision
from appservice_tasks.storage.task_rows import StoredTask


class ReadTask:
    """Reads for somebody what they may see. name: an id, or a key such as OPS-42."""

    def __init__(self, database: Database, show: ShowTasks, messages: Messages) -> None:
        self._database = database
        self._show = show
        self._messages = messages

    async def one(self, user_id: str, name: str) -> Task:
        """The task. Raises Problem `not_found`."""
        async with self._database.read() as conn:
            stored = await self._show.find(conn, user_id, name)
            return await self._show.one(conn, user_id, stored)

    async def history(
        self, user_id: str, name: str, *, limit: int, cursor: str | None
    ) -> RevisionPage:
        """Revisions, newest first. Raises Problem `not_found`, `invalid` (the cursor)."""
        if cursor is not None and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 11):
            raise invalid("/cursor", "cursor", "Not of this list")
        before = None if cursor is None else int(cursor)
        async with self._database.read() as conn:
            stored = await self._show.find(conn, user_id, name)
            found = await revisions.page(conn, stored.task_id, before=before, limit=limit + 1)
        more = len(found) > limit
        return {
            "data": [_shown(each) for each in found[:limit]],
            "next_cursor": str(found[limit - 1].rev) if more else None,
        }

    async def comments(
        self, caller: Caller, name: str, *, limit: int, cursor: str | None
    ) -> MessagePage:
        """The thread, newest first, as the caller may read it. Raises Problem."""
        stored = await self._find(caller, name)
        return await self._messages.of_room(
            caller, stored.room_id, limit=limit, cursor=cursor, thread=stored.root_event_id
        )

    async def comment(
        self, caller: Caller, name: str, new: NewMessage, *, key: str | None
    ) -> Message:
        """Writes into the thread. Raises Problem; `forbidden` for who sees the task from outside
        its room."""
        stored = await self._find(caller, name)
        written = NewMessage(new.body, new.html, stored.root_event_id)
        try:
            return await self._messages.send(caller, stored.room_id, written, txn_id=key)
        except Problem as problem:
            if problem.code == "not_found":
                raise Problem("forbidden", "Only members of the room write there") from problem
            raise

    async def _find(self, caller: Caller, name: str) -> StoredTask:
        async with self._database.read() as conn:
            return await self._show.find(conn, caller.user_id, name)


def _shown(stored: StoredRevision) -> Revision:
    change = stored.change
    shown: dict[str, Any] = {
        "rev": stored.rev,
        "event_id": stored.event_id,
        "actor": change["actor"],
        "at": change["at"],
        "cause": change["cause"],
        "diff": change["diff"],
    }
    for name in ("on_behalf_of", "reason", "silent"):
        if name in change:
            shown[name] = change[name]
    return cast(Revision, shown)
