"""Secret addresses at which calendar programs read a person's tasks."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from typing import Any, Final, cast

from appservice_tasks.contracts import Calendar, CalendarCreate
from appservice_tasks.domain.icalendar import Component, calendar
from appservice_tasks.errors import invalid, not_found
from appservice_tasks.services.circumstances import Circumstances
from appservice_tasks.services.show_tasks import ShowTasks
from appservice_tasks.services.work import Work
from appservice_tasks.storage import calendars, rooms, task_lists
from appservice_tasks.storage.calendars import StoredCalendar
from appservice_tasks.storage.task_filters import Filters
from appservice_tasks.storage.task_order import Sort

_MOST_TASKS: Final = 1000
_CLOSED_DAYS: Final = 30
"""How long closed tasks stay in the calendar."""
_USED_MS: Final = 3_600_000
_NAMES: Final = {"assigned": "Tasks", "assigned_by_me": "Assigned by me"}


class Calendars:
    """Makes, lists, ends and reads them."""

    def __init__(self, work: Work, circumstances: Circumstances, show: ShowTasks) -> None:
        self._work = work
        self._circumstances = circumstances
        self._show = show

    async def create(self, user_id: str, wanted: CalendarCreate) -> tuple[str, str]:
        """Id and secret of a new address. Raises Problem: `invalid`, `not_found` (the room)."""
        scope: dict[str, str] = {
            "scope": wanted.get("scope", "assigned"),
            "as": wanted.get("as", "VTODO"),
        }
        room_id = wanted.get("room_id")
        if (scope["scope"] == "room") != (room_id is not None):
            raise invalid("/room_id", "required", "For scope room, and for no other")
        secret = secrets.token_urlsafe(32)
        async with self._work.begin() as unit:
            if room_id is not None:
                if not await self._circumstances.sees(unit.conn, user_id, room_id):
                    raise not_found("No such room")
                scope["room_id"] = room_id
            made = StoredCalendar(str(uuid.uuid4()), user_id, scope, unit.now)
            await calendars.add(unit.conn, made, _hash(secret))
        return made.id, secret

    async def of(self, user_id: str) -> list[Calendar]:
        """Somebody's addresses, without their secrets."""
        async with self._work.database.read() as conn:
            found = await calendars.of(conn, user_id)
        return [
            cast(Calendar, {"id": each.id, "created_at": each.made_at, **each.scope})
            for each in found
        ]

    async def end(self, user_id: str, calendar_id: str) -> None:
        """It stops working. Raises Problem `not_found`."""
        async with self._work.begin() as unit:
            if not await calendars.drop(unit.conn, user_id, calendar_id):
                raise not_found("No such calendar")

    async def read(self, secret: str) -> str:
        """The calendar as text (RFC 5545). Raises Problem `not_found`: it is looked up by the hash
        of the secret, so how long that takes tells nothing."""
        async with self._work.database.read() as conn:
            found = await calendars.by_secret(conn, _hash(secret))
            chart = await self._circumstances.chart(conn)
            if found is None or not chart.person(found.user_id).active:
                raise not_found("No such calendar")
            seen = await self._show.visible_rooms(conn, found.user_id)
            filters, name = await self._filters(conn, found, seen)
            listed = await task_lists.page(
                conn, filters, [Sort("updated", down=True)], after=None, limit=_MOST_TASKS
            )
        oldest = self._work.clock() - _CLOSED_DAYS * 24 * 3_600_000
        snapshots = [
            snapshot
            for each in listed
            if (snapshot := each.task.snapshot) is not None
            and snapshot.get("closed_at", oldest) >= oldest
        ]
        return calendar(name, snapshots, cast(Component, found.scope["as"]))

    async def _filters(
        self, conn: Any, found: StoredCalendar, seen: list[str]
    ) -> tuple[Filters, str]:
        match found.scope["scope"]:
            case "room":
                room = await rooms.find(conn, found.scope["room_id"])
                name = (room.name if room else None) or "Tasks"
                only = [each for each in seen if each == found.scope["room_id"]]
                return Filters(rooms=only), name
            case "assigned_by_me":
                return Filters(rooms=seen, assigner=[found.user_id]), _NAMES["assigned_by_me"]
        return Filters(rooms=seen, assigned_to=[found.user_id]), _NAMES["assigned"]


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
