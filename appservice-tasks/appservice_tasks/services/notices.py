"""Tells people what concerns them: once, never of what they did themselves.

A notice is a row of the inbox, made in the transaction that applies the revision; its identity is
made from what it is about. The same transaction queues the message to the personal room, as soon
as the person has one. What follows about the same task within a minute is added to that message.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, cast

from appservice_tasks.contracts import Language, NotificationKind, Snapshot
from appservice_tasks.domain.ids import CHANGE, TASK, server_of
from appservice_tasks.domain.notices import IMPORTANT, notices
from appservice_tasks.domain.text import Telling
from appservice_tasks.matrix_client import MatrixEvent
from appservice_tasks.services.circumstances import Circumstances
from appservice_tasks.services.index import Applied
from appservice_tasks.services.notice_text import notice_text
from appservice_tasks.services.people import People
from appservice_tasks.services.work import Unit
from appservice_tasks.storage import chores, notifications, organisation, rooms, task_rows
from appservice_tasks.storage.chores import Chore
from appservice_tasks.storage.notifications import StoredNotice
from appservice_tasks.storage.organisation import Preferences

NOTICE: Final = "org.teammessenger.notice"
"""Content key of a message in the personal room: what it is about, for our clients."""

_MERGE_MS: Final = 60_000
_TOO_OLD_MS: Final = 7 * 24 * 3_600_000
"""What was not told for so long, because there was no personal room, stays in the inbox."""

_ALWAYS_MENTIONED: Final = IMPORTANT | {"due", "overdue", "status"}


class Notices:
    """Makes notices and queues their messages."""

    def __init__(
        self,
        circumstances: Circumstances,
        people: People,
        *,
        server_name: str,
        language: Language,
        timezone: str,
    ) -> None:
        self._circumstances = circumstances
        self._people = people
        self._server_name = server_name
        self._language: Language = language
        self._timezone = timezone

    async def follow(self, unit: Unit, applied: Applied) -> None:
        """An effect of the index."""
        if applied.after is None:
            await self._take_back(unit, applied.task_id)
            return
        change = applied.change
        known = applied.before is not None or change["rev"] == 1
        if not applied.current or not known or change.get("silent"):
            return
        for told in notices(applied.before, applied.after, change):
            await self._add(
                unit,
                told.user_id,
                told.kind,
                applied.after,
                room_id=applied.room.room_id,
                actor=change.get("on_behalf_of") or change["actor"],
                rev=change["rev"],
                reason=change.get("reason"),
            )

    async def _take_back(self, unit: Unit, task_id: str) -> None:
        """The task was erased: so is what was told about it."""
        for message in await notifications.messages_of_task(unit.conn, task_id):
            if message.event_id is not None:
                payload = {"event_id": message.event_id, "reason": "erased"}
                redact = Chore(f"x:{message.event_id}", "redact", message.room_id, payload)
                await chores.add(unit.conn, redact, unit.now)
                unit.chores = True
            await chores.drop(unit.conn, message.txn_id)
        await notifications.of_task(unit.conn, task_id)

    async def prepare(self, events: Iterable[MatrixEvent]) -> None:
        """Learns the names of who did what these events tell, if they can be had now."""
        actors = {actor for event in events for actor in _actors(event)}
        if actors:
            await self._people.try_names(actors)

    async def of_comment(self, unit: Unit, event: MatrixEvent) -> None:
        """A message in a task's thread that mentions people."""
        content = event["content"]
        relation = content.get("m.relates_to")
        mentions = content.get("m.mentions")
        if not isinstance(relation, dict) or not isinstance(mentions, dict):
            return
        users, root = mentions.get("user_ids"), relation.get("event_id")
        if relation.get("rel_type") != "m.thread" or not isinstance(users, list):
            return
        stored = await task_rows.by_root(unit.conn, root) if isinstance(root, str) else None
        if stored is None or stored.snapshot is None or stored.room_id != event["room_id"]:
            return
        for user in {user for user in users if isinstance(user, str)} - {event["sender"]}:
            await self._add(
                unit,
                user,
                "mention",
                stored.snapshot,
                room_id=stored.room_id,
                actor=event["sender"],
                rev=stored.rev,
                event_id=event["event_id"],
            )

    async def remind(
        self, unit: Unit, user_id: str, kind: NotificationKind, snapshot: Snapshot, about: str
    ) -> None:
        """The clock tells somebody. about: which reminder of the task it is."""
        stored = await task_rows.find(unit.conn, snapshot["task_id"])
        if stored is not None:
            await self._add(
                unit,
                user_id,
                kind,
                snapshot,
                room_id=stored.room_id,
                actor=None,
                rev=snapshot["rev"],
                about=about,
            )

    async def _add(
        self,
        unit: Unit,
        user_id: str,
        kind: NotificationKind,
        snapshot: Snapshot,
        *,
        room_id: str,
        actor: str | None,
        rev: int,
        event_id: str | None = None,
        reason: str | None = None,
        about: str | None = None,
    ) -> None:
        if server_of(user_id) != self._server_name:
            return
        if kind != "unassigned" and not await self._may_see(unit, user_id, room_id):
            return
        task_id = snapshot["task_id"]
        notice = StoredNotice(
            id=notifications.identity(user_id, task_id, kind, about or event_id or str(rev)),
            user_id=user_id,
            task_id=task_id,
            rev=rev,
            kind=kind,
            actor=actor,
            room_id=room_id,
            event_id=event_id,
            at=unit.now,
            reason=reason,
        )
        if await notifications.add(unit.conn, notice):
            unit.notices.append(notice)
            await self._tell(unit, [notice])

    async def _may_see(self, unit: Unit, user_id: str, room_id: str) -> bool:
        if await self._circumstances.sees(unit.conn, user_id, room_id):
            return True
        return await rooms.membership(unit.conn, room_id, user_id) == "invite"

    async def tell_waiting(self, unit: Unit, user_id: str) -> None:
        """Somebody has a personal room now: what waited for that is told."""
        waiting = await notifications.untold(
            unit.conn, [user_id], since=unit.now - _TOO_OLD_MS, limit=50
        )
        await self._tell(unit, waiting)

    async def _tell(self, unit: Unit, told: Sequence[StoredNotice]) -> None:
        """Queues the messages of those who have a personal room."""
        homes = await rooms.personal_rooms(unit.conn, {each.user_id for each in told})
        chosen = await organisation.preferences(unit.conn, homes)
        for notice in told:
            home = homes.get(notice.user_id)
            stored = await task_rows.find(unit.conn, notice.task_id)
            if home is None or stored is None or stored.snapshot is None:
                continue
            earlier = await self._just_told(unit, notice)
            # One line for each kind: of several the last, which is how it stands now.
            lines = {each.kind: each for each in earlier}
            lines.pop(notice.kind, None)
            preferences = chosen.get(notice.user_id, Preferences())
            text = "\n".join(
                [
                    await self._line(unit, each, stored.snapshot, preferences)
                    for each in (*lines.values(), notice)
                ]
            )
            replaces = f"n:{earlier[0].id}" if earlier else None
            payload = message_of(notice, stored.root_event_id, text, replaces=replaces)
            chore = Chore(f"n:{notice.id}", "send", home, payload)
            await chores.add(unit.conn, chore, unit.now)
            await notifications.mark_told(unit.conn, [notice.id], unit.now)
            unit.chores = True

    async def _line(
        self, unit: Unit, notice: StoredNotice, snapshot: Snapshot, preferences: Preferences
    ) -> str:
        lang = preferences.lang
        spoken: Language = cast(Language, lang) if lang in ("en", "ru") else self._language
        known = await self._circumstances.room(unit.conn, notice.room_id)
        return notice_text(
            notice.kind,
            snapshot,
            lang=spoken,
            tz=preferences.tz or self._timezone,
            actor=self._people.name(notice.actor) if notice.actor else None,
            telling=Telling(lang=spoken, workflow=known.room.workflow)
            if known
            else Telling(lang=spoken),
            reason=notice.reason,
        )

    async def _just_told(self, unit: Unit, notice: StoredNotice) -> list[StoredNotice]:
        """What the message about the same task says that was begun within the last minute; the
        first of them is the one that began it."""
        told = await notifications.told_of_task(
            unit.conn, notice.user_id, notice.task_id, since=unit.now - _MERGE_MS
        )
        found: list[StoredNotice] = []
        for each in told:
            payload = await chores.payload_of(unit.conn, f"n:{each.id}")
            if payload is not None and "replaces" not in payload:
                found = []
            elif not found:
                continue  # it edited a message that is older than a minute
            found.append(each)
        return found


def _actors(event: MatrixEvent) -> Iterator[str]:
    """Whom notices about an event name: who mentions people in a thread, who changed a task."""
    content = event["content"]
    if event["type"] == TASK:
        change = content.get(CHANGE)
        if isinstance(change, dict):
            named = (change.get("actor"), change.get("on_behalf_of"))
            yield from (each for each in named if isinstance(each, str))
    elif "m.mentions" in content and "m.relates_to" in content:
        yield event["sender"]


def message_of(
    notice: StoredNotice, root_event_id: str, text: str, *, replaces: str | None
) -> dict[str, Any]:
    """The payload of the chore. replaces: the chore whose message this one edits."""
    content: dict[str, Any] = {
        # A text and not an m.notice, which no push rule would tell of.
        "msgtype": "m.text",
        "body": text,
        "m.mentions": {"user_ids": [notice.user_id]} if notice.kind in _ALWAYS_MENTIONED else {},
        NOTICE: {
            "kind": notice.kind,
            "task_id": notice.task_id,
            "rev": notice.rev,
            "room_id": notice.room_id,
            "event_id": root_event_id,
        },
    }
    payload: dict[str, Any] = {"type": "m.room.message", "content": content}
    if replaces is not None:
        payload["replaces"] = replaces
    return payload
