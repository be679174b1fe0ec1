"""Step 1: what the homeserver pushes is stored, and only then acknowledged.

Commands are. Tasks and refusals are not taken from here: who decides for a room applies what it has
sent and read back, or finds in the log. What is pushed may stand in no log any more, for it may
have been on its way while the homeserver was replaced by an older copy of itself; and if it came
between two decisions, nothing would notice that the second one builds on what is nowhere. One that
nobody here has decided makes the log be read again.

Source: application-service-api, "Pushing events".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, cast

from sqlalchemy.exc import SQLAlchemyError

from appservice_tasks.domain.ids import COMMAND, MESSAGE, server_of
from appservice_tasks.matrix_client import MatrixEvent
from appservice_tasks.observe import get_logger, metrics
from appservice_tasks.services.follow_room import FollowRoom
from appservice_tasks.services.index import TYPES, Index
from appservice_tasks.services.notices import Notices
from appservice_tasks.services.room_state import MEMBER, WATCHED
from appservice_tasks.services.steps import Steps
from appservice_tasks.services.task_commands import PREFIX
from appservice_tasks.services.work import Unit, Work
from appservice_tasks.storage import as_txns, chores, revisions, rooms
from appservice_tasks.storage.chores import Chore
from appservice_tasks.storage.feed import Entry, Kind

log = get_logger(__name__)
_taken = metrics.counter("tasks_transactions", "Transactions of the homeserver taken")

REDACTION: Final = "m.room.redaction"


class Transactions:
    """Takes transactions, each once, however often and in whatever order they come."""

    def __init__(
        self,
        work: Work,
        index: Index,
        follow: FollowRoom,
        notices: Notices,
        steps: Steps,
        *,
        authority: str,
    ) -> None:
        self._work = work
        self._index = index
        self._follow = follow
        self._notices = notices
        self._steps = steps
        self._authority = authority

    async def take(self, txn_id: str, events: Sequence[object]) -> None:
        """Stores what a transaction tells. Durable when it returns."""
        valid = [cast(MatrixEvent, event) for event in events if _is_event(event)]
        await self._notices.prepare(valid)
        try:
            fresh = await self._store(txn_id, valid, one_by_one=False)
        except SQLAlchemyError:
            raise
        except Exception:
            # One event that cannot be handled must not keep the others waiting for ever.
            log.exception("transaction_failed", txn_id=txn_id)
            fresh = await self._store(txn_id, valid, one_by_one=True)
        if not fresh:
            return
        for event in valid:
            if "state_key" in event and event["type"] in WATCHED:
                await self._hint(event)
        _taken.inc()
        await self._steps.reached("received")

    async def _store(self, txn_id: str, events: list[MatrixEvent], *, one_by_one: bool) -> bool:
        async with self._work.begin() as unit:
            if not await as_txns.note(unit.conn, txn_id, unit.now):
                return False
            for event in events:
                if not one_by_one:
                    await self._take_in(unit, event)
                    continue
                try:
                    async with unit.conn.begin_nested():
                        await self._take_in(unit, event)
                except SQLAlchemyError:
                    raise
                except Exception:
                    log.exception("event_failed", event_id=event["event_id"])
        return True

    async def _take_in(self, unit: Unit, event: MatrixEvent) -> None:
        kind, room_id = event["type"], event.get("room_id", "")
        if kind in (MESSAGE, MEMBER):
            unit.events.append(event)
        if kind == MEMBER:
            self._moved(unit, event)
        if kind not in TYPES and kind not in (MESSAGE, REDACTION):
            return
        room = await rooms.find(unit.conn, room_id)
        if room is None or not room.joined:
            return
        if kind == COMMAND:
            if await self._index.apply(unit, room, event):
                unit.rooms.add(room_id)
        elif kind in TYPES:
            if not await self._index.foresees(unit, room, event):
                await rooms.set_log_token(unit.conn, room_id, None)
        elif kind == REDACTION:
            await self._redacted(unit, event)
        elif event["sender"] != self._authority:
            await self._said(unit, event)

    def _moved(self, unit: Unit, event: MatrixEvent) -> None:
        """Processes that do not take this transaction learn from the feed who may hear a room."""
        user_id = event.get("state_key", "")
        if server_of(user_id) == server_of(self._authority):
            kind: Kind = "came" if event["content"].get("membership") == "join" else "went"
            unit.entries.append(Entry(kind, event["room_id"], user_id=user_id))

    async def _said(self, unit: Unit, event: MatrixEvent) -> None:
        body = event["content"].get("body")
        if not isinstance(body, str):
            return
        if body.startswith(PREFIX) and event["content"].get("msgtype") == "m.text":
            chore = Chore(f"c:{event['event_id']}", "plain_command", event["room_id"], event)
            await chores.add(unit.conn, chore, unit.now)
            unit.chores = True
        await self._notices.of_comment(unit, event)

    async def _redacted(self, unit: Unit, event: MatrixEvent) -> None:
        """Somebody took back an event; whether they could is asked of the homeserver."""
        target = event["content"].get("redacts") or event.get("redacts")
        if not isinstance(target, str):
            return
        known = await revisions.of_event(unit.conn, target)
        if known is None or known.redacted:
            return
        chore = Chore(f"r:{target}", "check_redaction", event["room_id"], {"event_id": target})
        await chores.add(unit.conn, chore, unit.now)
        unit.chores = True

    async def _hint(self, event: MatrixEvent) -> None:
        """Rooms that the authority was never in are none of our business."""
        room_id = event.get("room_id", "")
        own = event["type"] == MEMBER and event.get("state_key") == self._authority
        if own and event["content"].get("membership") == "invite":
            async with self._work.begin() as unit:
                chore = Chore(f"j:{event['event_id']}", "join", room_id, {"by": event["sender"]})
                await chores.add(unit.conn, chore, unit.now)
                unit.chores = True
            return
        async with self._work.database.read() as conn:
            known = await rooms.version_of(conn, room_id)
        if known is not None or own:
            self._follow.hint(room_id, event)


def _is_event(event: object) -> bool:
    if not isinstance(event, dict):
        return False
    found: dict[str, Any] = event
    return (
        all(isinstance(found.get(key), str) for key in ("type", "sender", "event_id", "room_id"))
        and isinstance(found.get("content"), dict)
        and isinstance(found.get("origin_server_ts"), int)
        and isinstance(found.get("state_key", ""), str)
    )
