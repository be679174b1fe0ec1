"""One's own settings, calendars, and the bots that act for one."""

from __future__ import annotations

from appservice_tasks.api.endpoint import Answer, Auth, Call, endpoint
from appservice_tasks.services.calendars import Calendars
from appservice_tasks.services.delegations import Delegations
from appservice_tasks.services.limits import Limit
from appservice_tasks.services.settings import PersonalSettings


class MeApi:
    def __init__(
        self, settings: PersonalSettings, calendars: Calendars, delegations: Delegations
    ) -> None:
        self._settings = settings
        self._calendars = calendars
        self._delegations = delegations

    @endpoint("GET", "/v1/me/settings", "getSettings")
    async def settings(self, call: Call) -> Answer:
        """Language, zone, digest and reminders."""
        return Answer(await self._settings.get(call.who.user_id))

    @endpoint("PUT", "/v1/me/settings", "putSettings", limit=Limit.WRITE)
    async def put_settings(self, call: Call) -> Answer:
        """Change the settings that are named."""
        return Answer(await self._settings.put(call.who.user_id, call.body))

    @endpoint("GET", "/v1/me/ics", "listCalendars")
    async def calendars(self, call: Call) -> Answer:
        """One's calendar addresses, without their secrets."""
        return Answer({"data": await self._calendars.of(call.who.user_id)})

    @endpoint("POST", "/v1/me/ics", "createCalendar", limit=Limit.WRITE)
    async def create_calendar(self, call: Call) -> Answer:
        """A secret address of a calendar with one's tasks; shown once."""
        made, secret = await self._calendars.create(call.who.user_id, call.body)
        return Answer({"id": made, "url": f"{call.base_url}/v1/ics/{secret}.ics"}, 201)

    @endpoint("DELETE", "/v1/me/ics/{calendar_id}", "deleteCalendar", limit=Limit.WRITE)
    async def delete_calendar(self, call: Call) -> Answer:
        """The address stops working."""
        await self._calendars.end(call.who.user_id, call.path["calendar_id"])
        return Answer(status=204)

    @endpoint("GET", "/v1/ics/{secret}", "getCalendar", auth=Auth.NONE)
    async def calendar(self, call: Call) -> Answer:
        """The calendar, for calendar programs."""
        text = await self._calendars.read(call.path["secret"].removesuffix(".ics"))
        headers = {"Cache-Control": "private, no-cache"}
        return Answer(text, headers=headers, content_type="text/calendar; charset=utf-8")

    @endpoint("GET", "/v1/me/delegations", "listDelegations")
    async def delegations(self, call: Call) -> Answer:
        """Bots that may act for the caller."""
        return Answer({"data": await self._delegations.of(call.who.user_id)})

    @endpoint("POST", "/v1/me/delegations", "createDelegation", limit=Limit.WRITE)
    async def create_delegation(self, call: Call) -> Answer:
        """Let a bot act for the caller; the token is shown once."""
        return Answer(await self._delegations.create(call.who.user_id, call.body), 201)

    @endpoint("DELETE", "/v1/me/delegations/{delegation_id}", "deleteDelegation", limit=Limit.WRITE)
    async def delete_delegation(self, call: Call) -> Answer:
        """The token stops working."""
        await self._delegations.end(call.who.user_id, call.path["delegation_id"])
        return Answer(status=204)
