"""What a person was told: the inbox."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.contracts import (
    Change,
    MarkRead,
    Notification,
    NotificationKind,
    NotificationPage,
)
from appservice_tasks.errors import invalid
from appservice_tasks.services.show_tasks import ShowTasks
from appservice_tasks.services.work import Work
from appservice_tasks.storage import notifications, revisions, task_rows
from appservice_tasks.storage.notifications import StoredNotice

_OF_REVISION = ("declined", "status", "returned")
"""Kinds that tell more than the task as it is now: the reason, or the status it went to."""


class Inbox:
    """Reads it and marks it read."""

    def __init__(self, work: Work, show: ShowTasks) -> None:
        self._work = work
        self._show = show

    async def page(
        self, user_id: str, *, unread: bool, limit: int, cursor: str | None
    ) -> NotificationPage:
        """Newest first. Raises Problem `invalid` (the cursor)."""
        before = None if cursor is None else _opened(cursor)
        async with self._work.database.read() as conn:
            found = await notifications.page(
                conn, user_id, unread=unread, before=before, limit=limit + 1
            )
            count = await notifications.unread(conn, user_id)
            shown = await self._shown(conn, user_id, found[:limit])
        more = len(found) > limit
        last = found[limit - 1] if more else None
        return {
            "data": shown,
            "next_cursor": None if last is None else f"{last.at}.{last.id}",
            "unread": count,
        }

    async def mark_read(self, user_id: str, wanted: MarkRead) -> None:
        """These, or all up to a moment."""
        async with self._work.begin() as unit:
            await notifications.mark_read(
                unit.conn,
                user_id,
                ids=wanted.get("ids", []),
                up_to=wanted.get("up_to"),
                now=unit.now,
            )

    async def notification(self, notice: StoredNotice) -> Notification | None:
        """One notice, as its person sees it; None if they may not see the task any more."""
        async with self._work.database.read() as conn:
            shown = await self._shown(conn, notice.user_id, [notice])
        return shown[0] if shown else None

    async def _shown(
        self, conn: AsyncConnection, user_id: str, found: Sequence[StoredNotice]
    ) -> list[Notification]:
        tasks = await task_rows.find_many(conn, {each.task_id for each in found})
        seen = set(await self._show.visible_rooms(conn, user_id))
        shown: list[Notification] = []
        for each in found:
            task = tasks.get(each.task_id)
            if task is None or task.snapshot is None or task.room_id not in seen:
                continue
            made: dict[str, Any] = {
                "id": each.id,
                "kind": each.kind,
                "at": each.at,
                "read_at": each.read_at,
                "actor": each.actor,
                "task_id": each.task_id,
                "key": task.key,
                "title": task.snapshot["title"],
                "room_id": task.room_id,
                "rev": each.rev,
            }
            if each.kind in _OF_REVISION:
                about = await revisions.page(conn, each.task_id, before=each.rev + 1, limit=1)
                if about and about[0].rev == each.rev:
                    made |= _said(each.kind, about[0].change)
            shown.append(cast(Notification, made))
        return shown


def _said(kind: NotificationKind, change: Change) -> dict[str, Any]:
    """What a revision adds to the notice of it."""
    said: dict[str, Any] = {}
    if change.get("reason"):
        said["reason"] = change["reason"]
    if kind == "status":
        gone = next((each for each in change["diff"] if each["field"] == "status"), None)
        if gone is not None:
            said["status"] = gone["to"]
    return said


def _opened(cursor: str) -> tuple[int, str]:
    at, _, notice_id = cursor.partition(".")
    if not (at.isascii() and at.isdigit() and len(at) < 16 and notice_id):
        raise invalid("/cursor", "cursor", "Not of this list")
    return int(at), notice_id
