"""Pages of tasks by filters and an order."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time
from typing import Any, Final, cast
from zoneinfo import ZoneInfo

import orjson

from appservice_tasks.contracts import TaskPage
from appservice_tasks.errors import Problem, invalid
from appservice_tasks.matrix_client import MatrixClient, Refused, Unavailable
from appservice_tasks.services.clock import Clock
from appservice_tasks.services.refusals import problem_of
from appservice_tasks.services.settings import PersonalSettings
from appservice_tasks.services.show_tasks import ShowTasks
from appservice_tasks.services.who import Caller
from appservice_tasks.storage import rooms, task_lists
from appservice_tasks.storage.database import Database
from appservice_tasks.storage.task_filters import DueBound, Filters, read_query
from appservice_tasks.storage.task_order import Sort, SortKey, Value
from appservice_tasks.storage.task_rows import PRIORITIES

_PAGING: Final = ("limit", "cursor")
_OPEN: Final = "category:open"


class ListTasks:
    """Lists what somebody may see."""

    def __init__(
        self,
        database: Database,
        homeserver: MatrixClient,
        show: ShowTasks,
        settings: PersonalSettings,
        clock: Clock,
    ) -> None:
        self._database = database
        self._homeserver = homeserver
        self._show = show
        self._settings = settings
        self._clock = clock

    async def page(self, caller: Caller, query: Mapping[str, Any]) -> TaskPage:
        """One page. query: the parameters of `listTasks`, with their defaults.

        Raises Problem: `invalid` (the cursor is of another list), `unavailable` (a space cannot be
        looked into).
        """
        user_id = caller.user_id
        order = read_sort(query["sort"])
        seal = _seal(user_id, query)
        after = None if query.get("cursor") is None else _opened(query["cursor"], seal)
        if after is not None and len(after) != _length(order):
            raise _bad_cursor()
        zone = ZoneInfo((await self._settings.get(user_id))["tz"])
        limit = query["limit"]
        only = await self._only(caller, query)
        async with self._database.read() as conn:
            seen = await self._show.visible_rooms(conn, user_id)
            if only is not None:
                seen = [each for each in seen if each in only]
            if query.get("kind") is not None:
                personal = await rooms.of_kind(conn, "personal", seen)
                is_personal = query["kind"] == "personal"
                seen = [each for each in seen if (each in personal) is is_personal]
            wanted = self._filters(user_id, query, seen, zone)
            found = await task_lists.page(conn, wanted, order, after=after, limit=limit + 1)
            shown = await self._show.shown(conn, user_id, [each.task for each in found[:limit]])
        more = len(found) > limit
        return {
            "data": shown,
            "next_cursor": seal + _packed(found[limit - 1].place) if more else None,
        }

    async def _only(self, caller: Caller, query: Mapping[str, Any]) -> set[str] | None:
        """The rooms that the filters name."""
        only = set(query["room_id"]) if query.get("room_id") else None
        if query.get("space_id") is None:
            return only
        try:
            state = await self._homeserver.speaking(caller.token).room_state(query["space_id"])
        except Refused:
            return set()  # it is not there, or not for the caller to see
        except Unavailable as error:
            raise problem_of(error) from error
        children = {
            event.get("state_key", "")
            for event in state
            if event["type"] == "m.space.child" and event["content"].get("via")
        }
        return children if only is None else children & only

    def _filters(
        self, user_id: str, query: Mapping[str, Any], seen: Sequence[str], zone: ZoneInfo
    ) -> Filters:
        def people(name: str) -> list[str]:
            return [user_id if each == "me" else each for each in query.get(name, ())]

        def bound(name: str) -> DueBound | None:
            return None if query.get(name) is None else _bound(query[name], zone)

        status: list[str] = query.get("status", [])
        categories = [each.removeprefix("category:") for each in status if ":" in each]
        now = datetime.fromtimestamp(self._clock() / 1000, UTC)
        today = DueBound(now.astimezone(zone).date().isoformat(), self._clock())
        words, keys = read_query(query.get("q") or "")
        if query.get("q") and not words and not keys:
            seen = ()  # nothing that could be found
        overdue = query.get("overdue")
        parent = query.get("parent")
        return Filters(
            rooms=seen,
            assigned_to=[None if each == "none" else each for each in people("assigned_to")],
            creator=people("creator"),
            assigner=people("assigner"),
            involves=user_id if query.get("involves") == "me" else query.get("involves"),
            assignment=query.get("assignment", ()),
            statuses=[each for each in status if ":" not in each],
            categories=[each for each in categories if each != "open"],
            closed=False if _OPEN in status else None,
            labels=query.get("label", ()),
            priority_from=PRIORITIES[query["priority_gte"]] if query.get("priority_gte") else None,
            due_from=bound("due_after"),
            due_until=bound("due_before"),
            no_due=query.get("no_due"),
            overdue=today if overdue is True else None,
            not_overdue=today if overdue is False else None,
            blocked=query.get("blocked"),
            parent="" if parent == "none" else parent,
            updated_from=_moment(query["updated_since"], zone)
            if "updated_since" in query
            else None,
            words=words,
            keys=keys,
        )


def read_sort(text: str) -> list[Sort]:
    """`due,-priority` as an order; a key named twice counts where it stands first."""
    order: dict[str, Sort] = {}
    for part in text.split(","):
        key = part.removeprefix("-")
        order.setdefault(key, Sort(cast(SortKey, key), part.startswith("-")))
    return list(order.values())


def _length(order: Sequence[Sort]) -> int:
    return sum(2 if each.key == "key" else 1 for each in order) + 1


def _moment(text: str, zone: ZoneInfo) -> int:
    """A day's beginning in the zone, or a moment, in ms."""
    if len(text) == len("2026-01-31"):
        begins = datetime.combine(date.fromisoformat(text), time(), zone)
    else:
        begins = datetime.fromisoformat(text.upper()[:19] + _rest(text.upper()))
    try:
        return round(begins.timestamp() * 1000)
    except (OverflowError, ValueError) as error:
        raise invalid("", "range", "Too far away") from error


def _rest(text: str) -> str:
    """The part of a moment behind its seconds, with at most six digits of a fraction."""
    rest = text[19:]
    if not rest.startswith("."):
        return rest
    digits = len(rest[1:]) - len(rest[1:].lstrip("0123456789"))
    return rest[: 1 + min(digits, 6)] + rest[1 + digits :]


def _bound(text: str, zone: ZoneInfo) -> DueBound:
    moment = _moment(text, zone)
    if len(text) == len("2026-01-31"):
        return DueBound(text, moment)
    try:
        day = datetime.fromtimestamp(moment / 1000, zone).date().isoformat()
    except (OverflowError, ValueError, OSError) as error:
        raise invalid("", "range", "Too far away") from error
    return DueBound(day, moment)


def _seal(user_id: str, query: Mapping[str, Any]) -> str:
    """What binds a cursor to a list: its reader, filters and order."""
    listed = {name: value for name, value in query.items() if name not in _PAGING}
    text = orjson.dumps([user_id, listed], option=orjson.OPT_SORT_KEYS)
    return base64.urlsafe_b64encode(hashlib.sha256(text).digest()[:6]).decode()


def _packed(place: Sequence[Value]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(place)).rstrip(b"=").decode()


def _opened(cursor: str, seal: str) -> list[Value]:
    if not cursor.startswith(seal):
        raise _bad_cursor()
    text = cursor.removeprefix(seal)
    try:
        found = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True))
    except (binascii.Error, ValueError) as error:
        raise _bad_cursor() from error
    if not isinstance(found, list) or not all(
        each is None or isinstance(each, str | int) for each in found
    ):
        raise _bad_cursor()
    return found


def _bad_cursor() -> Problem:
    return invalid("/cursor", "cursor", "Not of this list")
