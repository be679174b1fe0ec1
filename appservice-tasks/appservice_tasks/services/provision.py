"""People for administrators: the account at the homeserver first, then the place here.

`put` may be repeated until it succeeds: each part of it is idempotent.
"""

from __future__ import annotations

import secrets
from typing import Any, Final, Protocol
from urllib.parse import quote

from appservice_tasks.contracts import User, UserPage, UserPut, UserPutAnswer
from appservice_tasks.domain.ids import server_of
from appservice_tasks.domain.org import Role
from appservice_tasks.errors import Problem, invalid, not_found
from appservice_tasks.matrix_client import Json, MatrixClient, Refused, Unavailable
from appservice_tasks.services.org import closure, in_a_cycle
from appservice_tasks.services.people import localpart
from appservice_tasks.services.refusals import problem_of
from appservice_tasks.services.who import Caller
from appservice_tasks.services.work import Work
from appservice_tasks.storage import organisation, people
from appservice_tasks.storage.people import Record

_USERS: Final = "/_teammessenger/admin/v1/users"
_API: Final = "/_matrix/client/v3"
_BOT_DEVICE: Final = "Bot"
_REGISTRATION: Final = "org.teammessenger.tasks"
"""Our id as an application service, whose accounts are bots."""


class Offboarding(Protocol):
    """Returns the tasks of somebody who leaves."""

    async def run(self, admin: Caller, user_id: str) -> None:
        """Their open tasks go back to who assigned them."""


class Provision:
    """Lists, makes and changes people. The homeserver checks that the caller may."""

    def __init__(
        self, work: Work, homeserver: MatrixClient, authority: str, offboarding: Offboarding
    ) -> None:
        self._work = work
        self._homeserver = homeserver
        self._authority = authority
        self._server_name = server_of(authority)
        self._offboarding = offboarding

    async def page(
        self, caller: Caller, *, q: str | None, limit: int, cursor: str | None
    ) -> UserPage:
        """People whose id or name contains `q`, by user id."""
        query = {
            "search": q or "",
            "from": cursor or "",
            "limit": str(limit),
            "appservice": _REGISTRATION,
        }
        answer = await self._ask(caller, "GET", _USERS, query=query)
        accounts: list[Json] = answer["users"]
        async with self._work.database.read() as conn:
            known = await people.records(conn, [each["user_id"] for each in accounts])
        return {
            "data": [
                _shown(each, known.get(each["user_id"]))
                for each in accounts
                if each["user_id"] != self._authority
            ],
            "next_cursor": answer.get("next_batch"),
        }

    async def get(self, caller: Caller, user_id: str) -> User:
        """One of them. Raises Problem `not_found`."""
        account = await self._ask(caller, "GET", _path(user_id))
        async with self._work.database.read() as conn:
            known = await people.records(conn, [user_id])
        return _shown(account, known.get(user_id))

    async def put(
        self, caller: Caller, user_id: str, wanted: UserPut
    ) -> tuple[UserPutAnswer, bool]:
        """The person as they are then, and whether the account is new.

        Raises Problem: `invalid`, `conflict` (the e-mail address is somebody else's), and what
        the homeserver refuses.
        """
        if server_of(user_id) != self._server_name or user_id == self._authority:
            raise invalid("/user_id", "stranger", "No person of this server")
        await self._check(user_id, wanted)
        token: str | None = None
        role = wanted.get("role")
        if role == "bot":
            is_new, token = await self._put_bot(caller, user_id, wanted)
        else:
            is_new = await self._put_account(caller, user_id, wanted)
        await self._put_record(user_id, wanted)
        if wanted.get("active") is False:
            await self._offboarding.run(caller, user_id)
        answer: Any = await self.get(caller, user_id)
        if token is not None:
            answer["access_token"] = token
        shown: UserPutAnswer = answer
        return shown, is_new

    async def _check(self, user_id: str, wanted: UserPut) -> None:
        """What can be known to be wrong before the account is touched."""
        async with self._work.database.read() as conn:
            unit = wanted.get("unit")
            if unit is not None and not await people.unit_exists(conn, unit):
                raise invalid("/unit", "unknown", "No such unit")
            email = wanted.get("email")
            if email is not None and await people.by_email(conn, email) not in (None, user_id):
                raise Problem("conflict", "The e-mail address is somebody else's")
            boss = wanted.get("reports_to")
            if boss is not None:
                if server_of(boss) != self._server_name:
                    raise invalid("/reports_to", "stranger", "No person of this server")
                known = await people.every(conn)
                up = {each.user_id: each.reports_to for each in known.values() if each.reports_to}
                if in_a_cycle({**up, user_id: boss}):
                    raise invalid("/reports_to", "cycle", "The line would never end")

    async def _put_account(self, caller: Caller, user_id: str, wanted: UserPut) -> bool:
        body: Json = {
            key: wanted[key] for key in ("password", "display_name", "active") if key in wanted
        }
        if "role" in wanted:
            body["admin"] = wanted["role"] == "admin"
        before = await self._find(caller, user_id)
        await self._ask(caller, "PUT", _path(user_id), body)
        return before is None

    async def _put_bot(
        self, caller: Caller, user_id: str, wanted: UserPut
    ) -> tuple[bool, str | None]:
        """An account of our own namespace; another name is an account without a known password.

        The token of a new bot; None for one that is a bot already.
        """
        before = await self._find(caller, user_id)
        async with self._work.database.read() as conn:
            known = await people.records(conn, [user_id])
        was_bot = user_id in known and known[user_id].role is Role.BOT
        if before is None and localpart(user_id).startswith("bot_"):
            token: str | None = await self._register(user_id)
            await self._put_account(caller, user_id, {**wanted, "role": "bot"})
            return True, token
        if was_bot:
            await self._put_account(caller, user_id, wanted)
            return False, None
        password = wanted.get("password") or secrets.token_urlsafe(32)
        await self._put_account(caller, user_id, {**wanted, "password": password})
        return before is None, await self._log_in(user_id, password)

    async def _register(self, user_id: str) -> str:
        body = {
            "type": "m.login.application_service",
            "username": localpart(user_id),
            "initial_device_display_name": _BOT_DEVICE,
        }
        try:
            made = await self._homeserver.request("POST", f"{_API}/register", body)
        except (Refused, Unavailable) as error:
            raise problem_of(error) from error
        token: str = made["access_token"]
        return token

    async def _log_in(self, user_id: str, password: str) -> str:
        """A token that does not expire: a bot cannot ask a person to sign in again."""
        body = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": user_id},
            "password": password,
            "initial_device_display_name": _BOT_DEVICE,
        }
        try:
            session = await self._homeserver.speaking(None).request("POST", f"{_API}/login", body)
        except (Refused, Unavailable) as error:
            raise problem_of(error) from error
        token: str = session["access_token"]
        return token

    async def _put_record(self, user_id: str, wanted: UserPut) -> None:
        values: dict[str, Any] = {}
        for key, column in (("role", "role"), ("unit", "unit_id"), ("reports_to", "reports_to")):
            if key in wanted:
                values[column] = wanted[key]  # type: ignore[literal-required]
        if "email" in wanted:
            values["email"] = wanted["email"].lower() if wanted["email"] else None
        if "active" in wanted:
            values["active"] = int(wanted["active"])
        if "role" in wanted:
            values["server_admin"] = int(wanted["role"] == "admin")
        async with self._work.begin() as unit:
            await organisation.put_person(unit.conn, user_id, values)
            if wanted.get("reports_to") is not None:
                await organisation.ensure_person(unit.conn, str(wanted["reports_to"]))
            if "reports_to" in wanted:
                known = await people.every(unit.conn)
                lines = {each.user_id: each.reports_to for each in known.values()}
                up = {user: boss for user, boss in lines.items() if boss is not None}
                await organisation.set_lines(unit.conn, closure(up))
            await organisation.changed(unit.conn, unit.now)

    async def _find(self, caller: Caller, user_id: str) -> Json | None:
        try:
            return await self._ask(caller, "GET", _path(user_id))
        except Problem as problem:
            if problem.code == "not_found":
                return None
            raise

    async def _ask(
        self,
        caller: Caller,
        method: str,
        path: str,
        body: object = None,
        *,
        query: dict[str, str] | None = None,
    ) -> Json:
        """One request to the homeserver, with the administrator's own rights."""
        client = self._homeserver.speaking(caller.token)
        try:
            return await client.request(method, path, body, query=query)
        except Refused as refused:
            if refused.status == 404:
                raise not_found("No such person") from refused
            raise problem_of(refused) from refused
        except Unavailable as error:
            raise problem_of(error) from error


def _path(user_id: str) -> str:
    return f"{_USERS}/{quote(user_id, safe='')}"


def _shown(account: Json, record: Record | None) -> User:
    kept = record or Record(account["user_id"])
    role = Role.ADMIN if account["admin"] else kept.role
    if role is Role.ADMIN and not account["admin"]:
        role = Role.MEMBER  # the homeserver owns the flag
    return {
        "user_id": account["user_id"],
        "display_name": account["display_name"],
        "email": kept.email,
        "role": role.value,
        "unit": kept.unit,
        "reports_to": kept.reports_to,
        "active": account["active"],
    }
