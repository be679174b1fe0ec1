"""People, for administrators: the API of the People page."""

from __future__ import annotations

from typing import Any

import msgspec

from homeserver.api.body import Text
from homeserver.api.endpoint import Auth, Json, Query, Reply, endpoint
from homeserver.errors import InvalidParam
from homeserver.ids import UserId
from homeserver.services.accounts.people import People
from homeserver.services.accounts.put_person import PutPerson
from homeserver.services.ground.requester import Requester

_USERS = "/_teammessenger/admin/v1/users"
_USER = _USERS + "/{user_id}"

_MAX_SEARCH = 200


class NewPersonBody(msgspec.Struct):
    """`POST /users`."""

    localpart: str
    display_name: Text | None = None
    admin: bool = False


class ChangeBody(msgspec.Struct):
    """`PATCH /users/{user_id}`: what is absent stays."""

    display_name: Text | None = None
    admin: bool | None = None
    active: bool | None = None


class PutBody(msgspec.Struct):
    """`PUT /users/{user_id}`: what is absent stays, or has its default in a new account."""

    password: str | None = None
    display_name: Text | None = None
    admin: bool | None = None
    active: bool | None = None


class UsersApi:
    def __init__(self, people: People, put_person: PutPerson) -> None:
        self._people = people
        self._put_person = put_person

    @endpoint("GET", _USERS, auth=Auth.ADMIN, spec="")
    async def page(self, who: Requester, query: Query) -> Json:
        """People whose id or name contains `search`, a page at a time.

        `appservice`: the id of an application service whose accounts are listed too.
        """
        search, after = query.text("search") or "", query.text("from") or ""
        appservice_id = query.text("appservice")
        if "\0" in search + after + (appservice_id or "") or len(search) > _MAX_SEARCH:
            raise InvalidParam("That cannot be searched for")
        limit = query.integer("limit", 50, low=1, high=500)
        page = await self._people.page(
            search=search, after=after, limit=limit, appservice_id=appservice_id
        )
        answer: dict[str, Any] = {"users": page.people, "total": page.total}
        if page.next_batch is not None:
            answer["next_batch"] = page.next_batch
        return answer

    @endpoint("POST", _USERS, auth=Auth.ADMIN, spec="")
    async def add(self, who: Requester, body: NewPersonBody) -> Json:
        """Make an account, and a one-time link for its owner."""
        user_id, link = await self._people.add(
            body.localpart, display_name=body.display_name, admin=body.admin
        )
        return {"user_id": user_id, "welcome_token": link.token, "expires_ts": link.expires_ts}

    @endpoint("GET", _USER, auth=Auth.ADMIN, spec="")
    async def one(self, who: Requester, user_id: UserId) -> Json:
        """One person."""
        return await self._people.one(user_id)

    @endpoint("PUT", _USER, auth=Auth.ADMIN, spec="")
    async def put(self, who: Requester, user_id: UserId, body: PutBody) -> Reply:
        """Make an account or change one; asking again changes nothing. 201 when it is new."""
        person, is_new = await self._put_person.put(
            who.user_id,
            user_id,
            password=body.password,
            display_name=body.display_name,
            admin=body.admin,
            active=body.active,
        )
        return Reply(person, status=201 if is_new else 200)

    @endpoint("PATCH", _USER, auth=Auth.ADMIN, spec="")
    async def change(self, who: Requester, user_id: UserId, body: ChangeBody) -> Json:
        """Change a person's name or rights, or whether they may sign in."""
        return await self._people.change(
            who.user_id,
            user_id,
            display_name=body.display_name,
            admin=body.admin,
            active=body.active,
        )

    @endpoint("POST", _USER + "/welcome", auth=Auth.ADMIN, spec="")
    async def invite_again(self, who: Requester, user_id: UserId) -> Json:
        """Make a new one-time link; the person's sessions, password and older links end."""
        link = await self._people.invite_again(who.user_id, user_id)
        return {"user_id": user_id, "welcome_token": link.token, "expires_ts": link.expires_ts}
