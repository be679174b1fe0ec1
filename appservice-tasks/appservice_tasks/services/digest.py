"""My day: what is overdue, due today and waiting for an answer; told once a day to who wants it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, cast
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.contracts import Language, Snapshot
from appservice_tasks.domain.zones import is_zone
from appservice_tasks.observe import get_logger
from appservice_tasks.services.notice_text import when_text
from appservice_tasks.services.room_notes import message
from appservice_tasks.services.work import Unit, Work
from appservice_tasks.storage import chores, json_text, notifications, organisation, rooms
from appservice_tasks.storage.chores import Chore
from appservice_tasks.storage.organisation import Preferences
from appservice_tasks.storage.tables import task, task_text

log = get_logger(__name__)

_MOST: Final = 200
_SHOWN: Final = 10
_LOOK_SECONDS: Final = 30.0

_WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {
        "title": "Your day",
        "overdue": "Overdue",
        "today": "Today",
        "requests": "Requests to you",
        "free": "Nothing is due today.",
        "more": "… and {count} more",
    },
    "ru": {
        "title": "Ваш день",
        "overdue": "Просрочено",
        "today": "Сегодня",
        "requests": "Просьбы к вам",
        "free": "На сегодня ничего нет.",
        "more": "… и ещё {count}",
    },
}


@dataclass(frozen=True, slots=True)
class MyDay:
    """Somebody's open tasks by urgency, the earliest due first."""

    overdue: tuple[Snapshot, ...]
    today: tuple[Snapshot, ...]
    requests: tuple[Snapshot, ...]

    @property
    def empty(self) -> bool:
        """Whether nothing is to be told."""
        return not (self.overdue or self.today or self.requests)


async def my_day(conn: AsyncConnection, user_id: str, now: datetime) -> MyDay:
    """What somebody should look at today. now: aware, in the person's zone."""
    end = now.replace(hour=23, minute=59, second=59, microsecond=999_000)
    # The end of a day in UTC is what `due_at` has for days.
    horizon = max(round(end.timestamp() * 1000), _end_in_utc(now))
    own = sa.and_(task.c.kind == "personal", task.c.creator == user_id, task.c.assignee.is_(None))
    seen = await rooms.rooms_of(conn, user_id)
    rows = await conn.execute(
        sa.select(task_text.c.snapshot)
        .join(task, task.c.nid == task_text.c.nid)
        .where(
            sa.or_(task.c.assignee == user_id, own),
            task.c.closed == 0,
            task.c.room_id.in_(seen),
            sa.or_(task.c.due_at <= horizon, task.c.assignment_state == "requested"),
        )
        .order_by(task.c.due_at, task.c.task_id)
        .limit(_MOST)
    )
    overdue: list[Snapshot] = []
    today: list[Snapshot] = []
    requests: list[Snapshot] = []
    for row in rows:
        snapshot = cast(Snapshot, json_text.loads(row.snapshot))
        if snapshot["assignment"]["state"] == "requested":
            requests.append(snapshot)
            continue
        which = _which(snapshot, now)
        if which is not None:
            (overdue if which == "overdue" else today).append(snapshot)
    return MyDay(tuple(overdue), tuple(today), tuple(requests))


def _end_in_utc(now: datetime) -> int:
    day = datetime(now.year, now.month, now.day, 23, 59, 59, 999_000, UTC)
    return round(day.timestamp() * 1000)


def _which(snapshot: Snapshot, now: datetime) -> str | None:
    due = snapshot.get("due")
    if due is None:
        return None
    if "date" in due:
        today = now.date().isoformat()
        return "overdue" if due["date"] < today else "today" if due["date"] == today else None
    moment = datetime.fromtimestamp(due["at"] / 1000, now.tzinfo)
    if moment < now:
        return "overdue"
    return "today" if moment.date() == now.date() else None


def digest_text(day: MyDay, lang: Language, tz: str) -> str:
    """The message."""
    words = _WORDS[lang]
    lines = [words["title"]]
    for name, tasks in (
        ("overdue", day.overdue),
        ("today", day.today),
        ("requests", day.requests),
    ):
        if not tasks:
            continue
        lines += ["", f"{words[name]}:"]
        for snapshot in tasks[:_SHOWN]:
            when = when_text(snapshot.get("due"), lang, tz)
            lines.append(f"• {snapshot['key']} {snapshot['title']}" + (f", {when}" if when else ""))
        if len(tasks) > _SHOWN:
            lines.append(words["more"].format(count=len(tasks) - _SHOWN))
    if day.empty:
        lines += ["", words["free"]]
    return "\n".join(lines)


class Digest:
    """Sends it at the hour that each person chose, in their zone."""

    def __init__(self, work: Work, *, language: Language, timezone: str) -> None:
        self._work = work
        self._language: Language = language
        self._timezone = timezone

    async def run(self) -> None:
        """For ever."""
        while True:
            try:
                await self.look()
            except Exception:
                log.exception("digest_failed")
            await asyncio.sleep(_LOOK_SECONDS)

    async def look(self) -> int:
        """Sends those that are due now; how many."""
        sent = 0
        async with self._work.database.read() as conn:
            readers = await organisation.digest_readers(conn)
        for user_id, chosen in readers.items():
            now = self._local_now(chosen)
            if chosen.digest_hour is None or now.hour < chosen.digest_hour:
                continue
            async with self._work.begin() as unit:
                sent += await self._send(unit, user_id, chosen, now)
        return sent

    def _local_now(self, chosen: Preferences) -> datetime:
        name = chosen.tz or self._timezone
        zone = ZoneInfo(name if is_zone(name) else "UTC")
        return datetime.fromtimestamp(self._work.clock() / 1000, zone)

    async def _send(self, unit: Unit, user_id: str, chosen: Preferences, now: datetime) -> int:
        home = (await rooms.personal_rooms(unit.conn, [user_id])).get(user_id)
        day = now.date().isoformat()
        if home is None or not await notifications.digest_sent(unit.conn, user_id, day, unit.now):
            return 0
        lang: Language = (
            cast(Language, chosen.lang) if chosen.lang in ("en", "ru") else self._language
        )
        found = await my_day(unit.conn, user_id, now)
        text = digest_text(found, lang, str(now.tzinfo))
        payload = message(text, [] if found.empty else [user_id])
        payload["content"]["msgtype"] = "m.text"
        chore = Chore(f"d:{user_id}/{day}", "send", home, payload)
        await chores.add(unit.conn, chore, unit.now)
        unit.chores = True
        return 1
