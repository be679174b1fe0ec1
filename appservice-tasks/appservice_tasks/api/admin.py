"""People, lines of report, bots, the index: for administrators."""

from __future__ import annotations

from appservice_tasks.api.endpoint import Answer, Auth, Call, endpoint
from appservice_tasks.services.limits import Limit
from appservice_tasks.services.maintain import Maintain
from appservice_tasks.services.org import Org
from appservice_tasks.services.provision import Provision


class AdminApi:
    def __init__(self, provision: Provision, org: Org, maintain: Maintain) -> None:
        self._provision = provision
        self._org = org
        self._maintain = maintain

    @endpoint("GET", "/v1/admin/users", "listUsers", auth=Auth.ADMIN)
    async def users(self, call: Call) -> Answer:
        """People and bots."""
        page = await self._provision.page(
            call.who,
            q=call.query.get("q"),
            limit=call.query["limit"],
            cursor=call.query.get("cursor"),
        )
        return Answer(page)

    @endpoint("GET", "/v1/admin/users/{user_id}", "getUser", auth=Auth.ADMIN)
    async def user(self, call: Call) -> Answer:
        """One person or bot."""
        return Answer(await self._provision.get(call.who, call.path["user_id"]))

    @endpoint("PUT", "/v1/admin/users/{user_id}", "putUser", auth=Auth.ADMIN, limit=Limit.WRITE)
    async def put_user(self, call: Call) -> Answer:
        """Create or change an account and its place in the organisation."""
        user, is_new = await self._provision.put(call.who, call.path["user_id"], call.body)
        return Answer(user, 201 if is_new else 200)

    @endpoint("GET", "/v1/admin/users/{user_id}/grants", "getGrants", auth=Auth.ADMIN)
    async def grants(self, call: Call) -> Answer:
        """What a bot may do, by room."""
        return Answer(await self._org.grants(call.path["user_id"]))

    @endpoint(
        "PUT",
        "/v1/admin/users/{user_id}/grants",
        "putGrants",
        auth=Auth.ADMIN,
        limit=Limit.WRITE,
    )
    async def put_grants(self, call: Call) -> Answer:
        """Replace all grants of a bot."""
        return Answer(await self._org.put_grants(call.path["user_id"], call.body))

    @endpoint("GET", "/v1/admin/org", "getOrganisation", auth=Auth.ADMIN)
    async def organisation(self, call: Call) -> Answer:
        """Units and lines of report."""
        return Answer(await self._org.get())

    @endpoint(
        "PUT",
        "/v1/admin/org",
        "putOrganisation",
        auth=Auth.ADMIN,
        limit=Limit.WRITE,
        max_body=16 * 1024 * 1024,
    )
    async def put_organisation(self, call: Call) -> Answer:
        """Replace units and lines of report."""
        return Answer(await self._org.put(call.body))

    @endpoint("POST", "/v1/admin/index", "maintainIndex", auth=Auth.ADMIN, limit=Limit.HEAVY)
    async def maintain(self, call: Call) -> Answer:
        """Compare the index with the rooms, or fold it anew; answers when done."""
        return Answer(await self._maintain.run(call.body["action"], call.body.get("room_id")))
