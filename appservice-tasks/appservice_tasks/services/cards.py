"""One message for each task, edited with it, for clients that know no tasks.

On in rooms whose settings say `compat: card`, and where they say nothing as soon as somebody of
another server is there. A projection, never authority; marked so that our clients hide it.
"""

from __future__ import annotations

from typing import Any

from appservice_tasks.contracts import Language, Snapshot
from appservice_tasks.domain.ids import CARD
from appservice_tasks.domain.text import Telling, task_line
from appservice_tasks.matrix_client import Homeserver
from appservice_tasks.services.circumstances import Circumstances, KnownRoom
from appservice_tasks.services.follow_room import has_strangers
from appservice_tasks.services.index import Applied
from appservice_tasks.services.people import People
from appservice_tasks.services.work import Unit, Work
from appservice_tasks.storage import cards, chores, json_text, task_rows
from appservice_tasks.storage.chores import Chore


class Cards:
    """An effect of the index, and the chore that it queues."""

    def __init__(
        self,
        work: Work,
        homeserver: Homeserver,
        circumstances: Circumstances,
        people: People,
        *,
        server_name: str,
        language: Language,
    ) -> None:
        self._work = work
        self._homeserver = homeserver
        self._circumstances = circumstances
        self._people = people
        self._server_name = server_name
        self._language: Language = language

    def _wanted(self, known: KnownRoom) -> bool:
        config = known.room.config
        if config is None or not config["enabled"]:
            return False
        return config.get("compat") == "card" or (
            "compat" not in config and has_strangers(known.room.members, self._server_name)
        )

    async def follow(self, unit: Unit, applied: Applied) -> None:
        """Queues the card, in the transaction that applies the revision."""
        if applied.after is None or not applied.current or applied.change.get("silent"):
            return
        known = await self._circumstances.room(unit.conn, applied.room.room_id)
        if known is None or not self._wanted(known):
            return
        rev, task_id = applied.change["rev"], applied.task_id
        payload = {"task_id": task_id, "rev": rev}
        chore = Chore(f"k:{task_id}/{rev}", "card", applied.room.room_id, payload)
        await chores.add(unit.conn, chore, unit.now)
        unit.chores = True

    async def draw(self, chore: Chore) -> str | None:
        """Sends or edits the card, unless a newer revision is there already."""
        task_id: str = chore.payload["task_id"]
        async with self._work.database.read() as conn:
            stored = await task_rows.find(conn, task_id)
            known = await self._circumstances.room(conn, chore.room_id)
            shown = await cards.find(conn, task_id, chore.room_id)
        if stored is None or stored.snapshot is None or known is None:
            return None
        if stored.room_id != chore.room_id or stored.rev > chore.payload["rev"]:
            return None
        names = await self._people.try_names(
            {stored.snapshot["creator"], *filter(None, [stored.snapshot["assignee"]])}
        )
        telling = Telling(self._language, names, known.room.workflow)
        content = card_content(stored.snapshot, telling, None if shown is None else shown[0])
        event_id = await self._homeserver.send(
            chore.room_id, "m.room.message", chore.txn_id, json_text.to_bytes(content)
        )
        async with self._work.begin() as unit:
            first = event_id if shown is None else shown[0]
            await cards.note(unit.conn, task_id, chore.room_id, first, stored.rev)
        return event_id


def card_content(snapshot: Snapshot, telling: Telling, edits: str | None) -> dict[str, Any]:
    """Content of the message. edits: the first one, which this replaces."""
    body = f"☑ {task_line(snapshot, telling)}"
    mark = {"task_id": snapshot["task_id"], "rev": snapshot["rev"]}
    content: dict[str, Any] = {
        "msgtype": "m.notice",
        "body": body,
        "m.mentions": {},
        CARD: mark,
    }
    if edits is None:
        return content
    return {
        **content,
        "body": f"* {body}",
        "m.new_content": content,
        "m.relates_to": {"rel_type": "m.replace", "event_id": edits},
    }
