"""`!task ...` for people whose clients know no tasks, in Russian and English.

    !task Sign the contract @ivan tomorrow 15:00 !high #legal
    !task done OPS-42          !задача готово OPS-42
    !task help                 !задача помощь

The message becomes a command like any other; its identity is made from the event, so that it is
decided once. The answer stands in a thread at the message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, cast
from uuid import uuid5
from zoneinfo import ZoneInfo

from appservice_tasks.contracts import Language, Outcome, Snapshot
from appservice_tasks.domain.ids import NAMESPACE, task_id_for
from appservice_tasks.domain.keys import split_key
from appservice_tasks.domain.quick_add.parse import Draft, Surroundings, parse_quick_add
from appservice_tasks.domain.text import Telling, task_line
from appservice_tasks.domain.workflow import is_open
from appservice_tasks.domain.zones import is_zone
from appservice_tasks.matrix_client import Homeserver, MatrixEvent, Unavailable
from appservice_tasks.services.circumstances import Circumstances, KnownRoom
from appservice_tasks.services.clock import Clock
from appservice_tasks.services.people import People
from appservice_tasks.services.submit import Submission, Submit
from appservice_tasks.storage import json_text, organisation, task_rows
from appservice_tasks.storage.chores import Chore
from appservice_tasks.storage.database import Database
from appservice_tasks.storage.task_rows import StoredTask

PREFIX: Final = ("!task", "!задача")

_VERBS: Final[Mapping[str, str]] = {
    "help": "help", "помощь": "help", "?": "help",
    "list": "list", "список": "list",
    "show": "show", "покажи": "show",
    "start": "start", "начать": "start", "начал": "start", "начала": "start",
    "done": "done", "готово": "done", "сделано": "done",
    "cancel": "cancel", "отменить": "cancel",
    "reopen": "reopen", "открыть": "reopen",
    "accept": "accept", "принять": "accept", "принимаю": "accept",
    "decline": "decline", "отказ": "decline", "отклонить": "decline",
    "assign": "assign", "поручить": "assign",
    "due": "due", "срок": "due",
}  # fmt: skip
_CATEGORY: Final = {"start": "doing", "done": "done", "cancel": "cancelled", "reopen": "todo"}
_LISTED: Final = 10

_WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {
        "help": (
            "!task <what> @who <when> !priority #label — a new task\n"
            "!task start|done|cancel|reopen KEY — its status\n"
            "!task accept KEY · !task decline KEY <reason>\n"
            "!task assign KEY @who · !task due KEY <when>\n"
            "!task show KEY · !task list"
        ),
        "no_task": "There is no task {key} here.",
        "nobody": "I do not know who “{name}” is.",
        "no_when": "I do not understand this date.",
        "empty": "There are no open tasks here.",
        "no_status": "This room has no such status.",
        "refused": "That was not done: {why}.",
        "pending": "This will be decided in a moment.",
    },
    "ru": {
        "help": (
            "!задача <что> @кто <когда> !приоритет #метка — новая задача\n"
            "!задача начать|готово|отменить|открыть КЛЮЧ — её статус\n"
            "!задача принять КЛЮЧ · !задача отказ КЛЮЧ <причина>\n"
            "!задача поручить КЛЮЧ @кто · !задача срок КЛЮЧ <когда>\n"
            "!задача покажи КЛЮЧ · !задача список"
        ),
        "no_task": "Задачи {key} здесь нет.",
        "nobody": "Не знаю, кто это: «{name}».",
        "no_when": "Не понимаю эту дату.",
        "empty": "Открытых задач здесь нет.",
        "no_status": "В этой комнате нет такого статуса.",
        "refused": "Не получилось: {why}.",
        "pending": "Решение будет через мгновение.",
    },
}
_WHY: Final[Mapping[Language, Mapping[str, str]]] = {
    "en": {
        "forbidden": "you may not do that",
        "not_found": "there is no such task",
        "transition_not_allowed": "it cannot go there from its present status",
        "blocked": "it waits for other tasks",
        "assignee_not_allowed": "this person cannot be given the task",
        "assignee_not_member": "this person is not in the room",
        "tasks_disabled": "tasks are not set up in this room",
        "encrypted_room_not_enabled": "the room is encrypted",
    },
    "ru": {
        "forbidden": "у вас нет на это права",
        "not_found": "такой задачи нет",
        "transition_not_allowed": "из нынешнего статуса туда нельзя",
        "blocked": "она ждёт других задач",
        "assignee_not_allowed": "этому человеку её поручить нельзя",
        "assignee_not_member": "этого человека нет в комнате",
        "tasks_disabled": "задачи в этой комнате не настроены",
        "encrypted_room_not_enabled": "комната зашифрована",
    },
}


@dataclass(frozen=True, slots=True)
class _Reader:
    """Who wrote, in which language and zone they are answered."""

    user_id: str
    lang: Language
    tz: str

    def say(self, word: str, **values: str) -> str:
        return _WORDS[self.lang][word].format(**values)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A message's words. text: all after the prefix; rest: those after the verb."""

    verb: str | None
    text: str
    rest: str


class TaskCommands:
    """Does the chore `plain_command`."""

    def __init__(
        self,
        database: Database,
        homeserver: Homeserver,
        circumstances: Circumstances,
        people: People,
        submit: Submit,
        clock: Clock,
        *,
        language: Language,
        timezone: str,
    ) -> None:
        self._database = database
        self._homeserver = homeserver
        self._circumstances = circumstances
        self._people = people
        self._submit = submit
        self._clock = clock
        self._language: Language = language
        self._timezone = timezone

    async def do(self, chore: Chore) -> str:
        """Does what the message asks, and answers in a thread at it; the answer's event."""
        event: MatrixEvent = chore.payload
        asked = read_command(event["content"]["body"])
        reader = await self._reader(event["sender"], event["content"]["body"])
        answer = await self._answer(event, asked, reader) if asked else reader.say("help")
        content = {
            "msgtype": "m.notice",
            "body": answer,
            "m.mentions": {},
            "m.relates_to": {
                "rel_type": "m.thread",
                "event_id": _thread_root(event),
                "is_falling_back": True,
                "m.in_reply_to": {"event_id": event["event_id"]},
            },
        }
        return await self._homeserver.send(
            chore.room_id, "m.room.message", chore.txn_id, json_text.to_bytes(content)
        )

    async def _reader(self, user_id: str, body: str) -> _Reader:
        async with self._database.read() as conn:
            chosen = (await organisation.preferences(conn, [user_id])).get(user_id)
        lang: Language = self._language
        if chosen is not None and chosen.lang in ("en", "ru"):
            lang = cast(Language, chosen.lang)
        elif any("а" <= letter <= "я" for letter in body.lower()):
            lang = "ru"
        tz = chosen.tz if chosen and chosen.tz else self._timezone
        return _Reader(user_id, lang, tz if is_zone(tz) else "UTC")

    async def _answer(self, event: MatrixEvent, asked: _Asked, reader: _Reader) -> str:
        room_id = event["room_id"]
        async with self._database.read() as conn:
            known = await self._circumstances.room(conn, room_id)
            sees = await self._circumstances.sees(conn, reader.user_id, room_id)
        if known is None or known.room.config is None or not sees:
            return reader.say("refused", why=_WHY[reader.lang]["tasks_disabled"])
        names = await self._people.try_names(known.room.members)
        telling = Telling(reader.lang, names, known.room.workflow)
        if asked.verb == "help" or not asked.text:
            return reader.say("help")
        if asked.verb == "list":
            return await self._list(room_id, reader, telling)
        draft = self._read(asked.rest if asked.verb else asked.text, known, names, reader)
        if asked.verb is None:
            if draft.unknown_people:
                return reader.say("nobody", name=draft.unknown_people[0])
            ops: list[Any] = [{"op": "create", "task": _new_task(draft)}]
            return await self._command(event, None, ops, reader, telling)
        key, _, more = asked.rest.partition(" ")
        stored = await self._find(key, room_id)
        if stored is None or stored.snapshot is None:
            return reader.say("no_task", key=key.upper() or "?")
        if asked.verb == "show":
            return task_line(stored.snapshot, telling)
        op = self._op(asked.verb, more.strip(), stored.snapshot, known, names, reader)
        if isinstance(op, str):
            return op
        return await self._command(event, stored, [op], reader, telling)

    def _read(
        self, text: str, known: KnownRoom, names: Mapping[str, str], reader: _Reader
    ) -> Draft:
        labels = known.room.labels["labels"] if known.room.labels else []
        return parse_quick_add(
            text,
            Surroundings(
                now=datetime.fromtimestamp(self._clock() / 1000, UTC).astimezone(
                    ZoneInfo(reader.tz)
                ),
                tz=reader.tz,
                lang=reader.lang,
                people=names,
                me=reader.user_id,
                labels={
                    each["id"]: [str(name) for name in each["name"].values()] for each in labels
                },
            ),
        )

    def _op(
        self,
        verb: str,
        rest: str,
        snapshot: Snapshot,
        known: KnownRoom,
        names: Mapping[str, str],
        reader: _Reader,
    ) -> dict[str, Any] | str:
        """The operation, or what is wrong with the words."""
        if verb in _CATEGORY:
            to = _status_for(verb, snapshot, known)
            return {"op": "transition", "to": to} if to else reader.say("no_status")
        if verb == "accept":
            return {"op": "accept"}
        if verb == "decline":
            return {"op": "decline", "reason": rest[:300]}
        draft = self._read(rest, known, names, reader)
        if verb == "due":
            if draft.due is None:
                return reader.say("no_when")
            return {"op": "set", "field": "due", "value": draft.due}
        person = draft.assigned_to or (rest if rest in names else None)
        if person is None:
            return reader.say("nobody", name=rest)
        return {"op": "assign", "to": person}

    async def _find(self, key: str, room_id: str) -> StoredTask | None:
        parts = split_key(key)
        if parts is None:
            return None
        async with self._database.read() as conn:
            found = await task_rows.by_key(conn, *parts)
        return next((each for each in found if each.room_id == room_id), None)

    async def _list(self, room_id: str, reader: _Reader, telling: Telling) -> str:
        async with self._database.read() as conn:
            stored = await task_rows.of_room(conn, room_id)
        open_ = [
            each.snapshot
            for each in stored
            if each.snapshot is not None and is_open(each.snapshot["category"])
        ]
        open_.sort(key=lambda snapshot: task_rows.due_moment(snapshot.get("due"))[0] or 1 << 53)
        lines = [task_line(snapshot, telling) for snapshot in open_[:_LISTED]]
        if len(open_) > _LISTED:
            lines.append(f"… +{len(open_) - _LISTED}")
        return "\n".join(lines) or reader.say("empty")

    async def _command(
        self,
        event: MatrixEvent,
        stored: StoredTask | None,
        ops: Sequence[Any],
        reader: _Reader,
        telling: Telling,
    ) -> str:
        cmd_id = str(uuid5(NAMESPACE, f"message/{event['event_id']}"))
        task_id = stored.task_id if stored else task_id_for(reader.user_id, cmd_id)
        content = {
            "v": 1,
            "cmd_id": cmd_id,
            "task_id": task_id,
            "base_rev": stored.rev if stored else 0,
            "ops": list(ops),
        }
        outcome = await self._submit.one(
            Submission(
                actor=reader.user_id,
                content=content,
                via="matrix",
                room_id=event["room_id"],
                # A second reading of the same message may find the task changed.
                request_sha256=json_text.digest(event["content"]["body"]),
                event_id=event["event_id"],
            )
        )
        if outcome["state"] == "pending":
            raise Unavailable("not decided yet")
        if outcome["state"] == "rejected":
            return _why(outcome, reader)
        async with self._database.read() as conn:
            found = await task_rows.find(conn, task_id)
        if found is None or found.snapshot is None:
            return reader.say("pending")
        return task_line(found.snapshot, telling)


def read_command(body: str) -> _Asked | None:
    """The words of a message that begins with one of `PREFIX`."""
    first, _, text = body.strip().partition(" ")
    if first.lower() not in PREFIX:
        return None
    text = text.strip()
    word, _, rest = text.partition(" ")
    verb = _VERBS.get(word.lower())
    # "!task list of things to buy" opens a task; "!task done OPS-42" does not.
    if verb in ("help", "list") and rest.strip():
        verb = None
    if verb not in (None, "help", "list") and split_key(rest.strip().partition(" ")[0]) is None:
        verb = None
    return _Asked(verb, text, rest.strip())


def _status_for(verb: str, snapshot: Snapshot, known: KnownRoom) -> str | None:
    workflow = known.room.workflow
    if verb == "reopen":
        return workflow["initial"]
    if verb == "done" and snapshot.get("needs_review") and snapshot["category"] != "review":
        category = "review"
    else:
        category = _CATEGORY[verb]
    return next((each["id"] for each in workflow["statuses"] if each["category"] == category), None)


def _new_task(draft: Draft) -> dict[str, Any]:
    task: dict[str, Any] = {"title": draft.title[:255]}
    if draft.assigned_to is not None:
        task["assignee"] = draft.assigned_to
    if draft.due is not None:
        task["due"] = draft.due
    if draft.priority is not None:
        task["priority"] = draft.priority
    if draft.labels:
        task["labels"] = list(draft.labels)
    return task


def _thread_root(event: MatrixEvent) -> str:
    relation = event["content"].get("m.relates_to")
    if isinstance(relation, dict) and relation.get("rel_type") == "m.thread":
        return str(relation.get("event_id"))
    return event["event_id"]


def _why(outcome: Outcome, reader: _Reader) -> str:
    code = str(outcome.get("code", ""))
    return reader.say("refused", why=_WHY[reader.lang].get(code, code))
