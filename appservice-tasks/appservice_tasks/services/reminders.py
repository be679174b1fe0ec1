"""Reminds assignees before a task is due, when it is, and once it is overdue.

Reminders are armed in the transaction that applies a revision, and unique by (task, person, kind,
revision that set the due time). Firing one makes a notice in the same transaction; two processes
skip each other's rows. After an outage the late ones of a task and person merge into the last.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from appservice_tasks.contracts import NotificationKind, Snapshot
from appservice_tasks.domain.workflow import is_open
from appservice_tasks.domain.zones import is_zone
from appservice_tasks.observe import get_logger
from appservice_tasks.services.index import Applied
from appservice_tasks.services.notices import Notices
from appservice_tasks.services.settings import DEFAULT_REMINDERS
from appservice_tasks.services.work import Unit, Work
from appservice_tasks.storage import notifications, organisation, task_rows
from appservice_tasks.storage.notifications import Reminder
from appservice_tasks.storage.organisation import Preferences

log = get_logger(__name__)

_MORNING: Final = time(9)
"""When days are spoken of: of a task due on a day, and of overdue ones."""
_BATCH: Final = 200
_LONGEST_SLEEP: Final = 15.0
_DAY_MINUTES: Final = 1440


def reminders_for(
    snapshot: Snapshot, chosen: Mapping[str, Preferences], timezone: str
) -> list[Reminder]:
    """Those that an open task has: its assignee's, or in a personal task its creator's."""
    due = snapshot.get("due")
    person = snapshot["assignee"]
    if person is None and snapshot["kind"] == "personal":
        person = snapshot["creator"]
    if due is None or person is None or not is_open(snapshot["category"]):
        return []
    if snapshot["assignment"]["state"] == "requested":
        return []
    preferences = chosen.get(person, Preferences())
    zone_name = preferences.tz or timezone
    zone = ZoneInfo(zone_name) if is_zone(zone_name) else ZoneInfo("UTC")
    minutes = preferences.reminders
    before = sorted({*(DEFAULT_REMINDERS if minutes is None else minutes), 0}, reverse=True)
    moments: dict[str, datetime] = {}
    if "date" in due:
        morning = datetime.combine(date.fromisoformat(due["date"]), _MORNING, zone)
        for each in before:
            if each % _DAY_MINUTES == 0:
                moments[f"before:{each}"] = morning - timedelta(days=each // _DAY_MINUTES)
        moments["overdue"] = morning + timedelta(days=1)
    else:
        moment = datetime.fromtimestamp(due["at"] / 1000, UTC)
        for each in before:
            moments[f"before:{each}"] = moment - timedelta(minutes=each)
        next_day = moment.astimezone(zone).date() + timedelta(days=1)
        moments["overdue"] = datetime.combine(next_day, _MORNING, zone)
    due_rev = snapshot["frev"].get("due", 1)
    return [
        Reminder(snapshot["task_id"], person, kind, due_rev, round(at.timestamp() * 1000))
        for kind, at in moments.items()
    ]


class Reminders:
    """Arms and fires them."""

    def __init__(self, work: Work, notices: Notices, timezone: str) -> None:
        self._work = work
        self._notices = notices
        self._timezone = timezone
        self._news = asyncio.Event()

    async def follow(self, unit: Unit, applied: Applied) -> None:
        """An effect of the index."""
        if not applied.current:
            return
        if applied.after is None:
            await notifications.arm(unit.conn, applied.task_id, [], after=unit.now)
            return
        await self._arm(unit, applied.after, after=applied.after["updated_at"])

    async def preferences_changed(self, user_id: str) -> None:
        """Somebody chose other times, or another zone; what has passed is not armed anew."""
        async with self._work.begin() as unit:
            mine = await notifications.of_person(unit.conn, user_id)
            for stored in (await task_rows.find_many(unit.conn, mine)).values():
                if stored.snapshot is not None:
                    await self._arm(unit, stored.snapshot, after=unit.now)
        self._news.set()

    async def _arm(self, unit: Unit, snapshot: Snapshot, *, after: int) -> None:
        people: Iterable[str] = {snapshot["creator"], snapshot["assignee"] or ""}
        chosen = await organisation.preferences(unit.conn, people)
        wanted = reminders_for(snapshot, chosen, self._timezone)
        await notifications.arm(unit.conn, snapshot["task_id"], wanted, after=after)
        if wanted:
            self._news.set()

    async def run(self) -> None:
        """Fires for ever."""
        while True:
            try:
                while await self.fire():
                    pass
                pause = await self._until_next()
            except Exception:
                log.exception("reminders_failed")
                pause = _LONGEST_SLEEP
            self._news.clear()
            try:
                await asyncio.wait_for(self._news.wait(), pause)
            except TimeoutError:
                continue

    async def _until_next(self) -> float:
        async with self._work.database.read() as conn:
            following = await notifications.next_due(conn)
        if following is None:
            return _LONGEST_SLEEP
        return min(_LONGEST_SLEEP, max(0.05, (following - self._work.clock()) / 1000))

    async def fire(self) -> int:
        """Fires what is due now; how many were taken."""
        async with self._work.begin() as unit:
            due = await notifications.take_due(unit.conn, unit.now, _BATCH)
            if not due:
                return 0
            latest: dict[tuple[str, str], Reminder] = {}
            for each in due:
                latest[each.task_id, each.user_id] = each
            tasks = await task_rows.find_many(unit.conn, {each.task_id for each in due})
            for (task_id, user_id), each in latest.items():
                stored = tasks.get(task_id)
                if stored is None or stored.snapshot is None:
                    continue
                about = f"{each.due_rev}/{each.kind}"
                kind: NotificationKind = "overdue" if each.kind == "overdue" else "due"
                await self._notices.remind(unit, user_id, kind, stored.snapshot, about)
            await notifications.done(unit.conn, due)
        return len(due)
