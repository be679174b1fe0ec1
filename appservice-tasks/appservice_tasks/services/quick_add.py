"""One line of text as the draft of a task, with the people and labels that the writer knows."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final, cast
from urllib.parse import quote
from zoneinfo import ZoneInfo

from appservice_tasks.contracts import QuickAdd as Draft
from appservice_tasks.contracts import QuickAddText
from appservice_tasks.domain.quick_add.parse import Surroundings, parse_quick_add
from appservice_tasks.domain.quick_add.spell import spelled_out
from appservice_tasks.domain.zones import is_zone
from appservice_tasks.errors import Problem, invalid, not_found
from appservice_tasks.matrix_client import MatrixClient, Refused, Unavailable
from appservice_tasks.services.clock import Clock
from appservice_tasks.services.people import localpart
from appservice_tasks.services.refusals import problem_of
from appservice_tasks.services.settings import PersonalSettings
from appservice_tasks.services.who import Caller
from appservice_tasks.storage import rooms
from appservice_tasks.storage.database import Database

_API: Final = "/_matrix/client/v3"
_MENTION: Final = re.compile(r'@(?:"([^"]+)"|«([^»]+)»|([\w.=/+-]+))')
_MOST_NAMES: Final = 5


class QuickAdd:
    """Reads lines. Nothing is written."""

    def __init__(
        self,
        database: Database,
        homeserver: MatrixClient,
        settings: PersonalSettings,
        clock: Clock,
    ) -> None:
        self._database = database
        self._homeserver = homeserver
        self._settings = settings
        self._clock = clock

    async def parse(self, caller: Caller, wanted: QuickAddText) -> Draft:
        """The draft, and how the line was read.

        Raises Problem: `invalid` (no such zone), `not_found` (not in the room), `unavailable`.
        """
        chosen = await self._settings.get(caller.user_id)
        lang, tz = wanted.get("lang", chosen["lang"]), wanted.get("tz", chosen["tz"])
        if not is_zone(tz):
            raise invalid("/tz", "zone", "No such zone in the IANA database")
        now = datetime.fromtimestamp(self._clock() / 1000, UTC).astimezone(ZoneInfo(tz))
        room_id = wanted.get("room_id")
        people = await self._people(caller, wanted["text"], room_id)
        around = Surroundings(
            now=now,
            tz=tz,
            lang=lang,
            people=people,
            me=caller.user_id,
            labels={} if room_id is None else await self._labels(room_id),
        )
        found = parse_quick_add(wanted["text"], around)
        hints: dict[str, Any] = {
            "tokens": [
                {"kind": each.kind, "start": each.start, "end": each.end, "text": each.text}
                for each in found.tokens
            ],
            "due_ambiguous": found.due_ambiguous,
            "unknown_people": list(found.unknown_people),
        }
        draft: dict[str, Any] = {"title": found.title, "hints": hints}
        if found.assigned_to is not None:
            draft["assigned_to"] = found.assigned_to
        if found.due is not None:
            draft["due"] = found.due
            hints["due_text"] = spelled_out(found.due, lang)
        if found.due_otherwise is not None:
            hints["due_otherwise"] = found.due_otherwise
        if found.priority is not None:
            draft["priority"] = found.priority
        if found.labels:
            draft["labels"] = list(found.labels)
        return cast(Draft, draft)

    async def _people(self, caller: Caller, text: str, room_id: str | None) -> dict[str, str]:
        """Display names by user id: of the room, or of those whom the line may mean."""
        client = self._homeserver.speaking(caller.token)
        try:
            if room_id is not None:
                path = f"{_API}/rooms/{quote(room_id, safe='')}/joined_members"
                joined = (await client.request("GET", path))["joined"]
                return {
                    user_id: each.get("display_name") or localpart(user_id)
                    for user_id, each in joined.items()
                }
            found: dict[str, str] = {}
            names = [next(filter(None, match)) for match in _MENTION.findall(text)]
            for name in list(dict.fromkeys(names))[:_MOST_NAMES]:
                body = {"search_term": name, "limit": 10}
                answer = await client.request("POST", f"{_API}/user_directory/search", body)
                for each in answer["results"]:
                    user_id = each["user_id"]
                    found[user_id] = each.get("display_name") or localpart(user_id)
            return found
        except Refused as refused:
            if room_id is not None and refused.status in (400, 403, 404):
                raise not_found("No such room") from refused
            raise problem_of(refused) from refused
        except Unavailable as error:
            raise problem_of(error) from error
        except (KeyError, AttributeError) as error:
            raise Problem("unavailable", "The homeserver answers strangely") from error

    async def _labels(self, room_id: str) -> dict[str, list[str]]:
        async with self._database.read() as conn:
            room = await rooms.find(conn, room_id)
        if room is None or room.labels is None:
            return {}
        return {
            label["id"]: [label["id"], *cast(dict[str, str], label["name"]).values()]
            for label in room.labels["labels"]
        }
