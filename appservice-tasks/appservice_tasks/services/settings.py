"""What people choose for themselves: language, zone, the daily digest, reminders."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, cast

from appservice_tasks.contracts import Language, Settings, SettingsPut
from appservice_tasks.domain.zones import is_zone
from appservice_tasks.errors import invalid
from appservice_tasks.services.work import Work
from appservice_tasks.storage import json_text, organisation
from appservice_tasks.storage.organisation import Preferences

DEFAULT_REMINDERS: Final = (1440, 60)
"""Minutes before the due time: a day, an hour."""


Hear = Callable[[str], Awaitable[None]]
"""Hears whose settings have changed."""


class PersonalSettings:
    """Reads and changes them. timezone, language: of who has chosen none. changed: hears of it."""

    def __init__(
        self, work: Work, timezone: str, language: Language, changed: Hear | None = None
    ) -> None:
        self._work = work
        self._timezone = timezone
        self._language: Language = language
        self._changed = changed

    async def get(self, user_id: str) -> Settings:
        """What applies to somebody."""
        async with self._work.database.read() as conn:
            chosen = await organisation.preferences(conn, [user_id])
        return self._shown(chosen.get(user_id, Preferences()))

    async def put(self, user_id: str, wanted: SettingsPut) -> Settings:
        """Changes what is named. Raises Problem `invalid` for an unknown zone."""
        if "tz" in wanted and not is_zone(wanted["tz"]):
            raise invalid("/tz", "zone", "No such zone in the IANA database")
        values: dict[str, object] = {
            key: wanted[key] for key in ("lang", "tz", "digest_hour") if key in wanted
        }
        if "reminders" in wanted:
            values["reminders"] = json_text.dumps(sorted(wanted["reminders"], reverse=True))
        async with self._work.begin() as unit:
            await organisation.put_person(unit.conn, user_id, values)
        if self._changed is not None and values.keys() & {"tz", "reminders"}:
            await self._changed(user_id)
        return await self.get(user_id)

    def _shown(self, chosen: Preferences) -> Settings:
        reminders = DEFAULT_REMINDERS if chosen.reminders is None else chosen.reminders
        return {
            "lang": cast(Language, chosen.lang or self._language),
            "tz": chosen.tz or self._timezone,
            "digest_hour": chosen.digest_hour,
            "reminders": list(reminders),
        }
