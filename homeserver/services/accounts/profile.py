"""Profiles: how people are called and what they look like.

Source: client-server-api, "Profiles" (fields of any name since v1.16).
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import orjson

from homeserver.errors import Forbidden, InvalidParam, MatrixError, NotFound
from homeserver.ids import UserId
from homeserver.services.accounts.new_account import profile_row
from homeserver.services.appservices.ask_appservices import AskAppservices
from homeserver.storage import accounts, profiles
from homeserver.storage.commit import Committer, Write, statements
from homeserver.storage.database import Database, Sql
from homeserver.storage.profiles import AVATAR_URL, DISPLAYNAME

MAX_BYTES = 65_536
"""Of a whole profile: "the total profile MUST be under 64 KiB"."""

MAX_NAME = 256
"""Characters of a display name."""

MAX_AVATAR_URL = 1000

_KEY = re.compile(r"displayname|avatar_url|m\.tz|[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+", re.ASCII)

OnProfileChange = Callable[[UserId], Awaitable[None]]


class Profile:
    """Reads and writes profiles. ask: for users whom we do not know.

    on_change: told when a display name or avatar changed, to bring it into the user's rooms.
    """

    def __init__(
        self,
        database: Database,
        committer: Committer,
        *,
        on_change: OnProfileChange,
        ask: AskAppservices | None = None,
    ) -> None:
        self._database = database
        self._committer = committer
        self._on_change = on_change
        self._ask = ask

    async def all(self, user_id: UserId) -> dict[str, Any]:
        """The profile of a local user, perhaps empty. Raises NotFound."""
        found = await self._look_up(user_id)
        if found is None and self._ask is not None and await self._ask.user(user_id):
            found = await self._look_up(user_id)
        if found is None:
            raise NotFound("No such user")
        return found

    async def field(self, user_id: UserId, key: str) -> Any:
        """One field. Raises NotFound (no such user, or no such field), InvalidParam."""
        _check_key(key)
        found = await self.all(user_id)
        if key not in found:
            raise NotFound("The user has no such profile field")
        return found[key]

    async def _look_up(self, user_id: UserId) -> dict[str, Any] | None:
        async with self._database.read() as conn:
            found = await profiles.profile(conn, user_id)
            if not found and await accounts.account(conn, user_id) is None:
                return None
        return found

    async def set(self, caller: UserId, user_id: UserId, key: str, value: Any) -> None:
        """Sets a field of the caller's own profile.

        An empty (or null) display name or avatar removes it. Raises Forbidden (somebody else's),
        InvalidParam, MatrixError with M_PROFILE_TOO_LARGE or M_KEY_TOO_LARGE.
        """
        _check_own(caller, user_id)
        _check_key(key)
        if key in (DISPLAYNAME, AVATAR_URL) and value in (None, ""):
            await self._remove(user_id, key)
            return
        check_value(key, value)
        async with self._database.read() as conn:
            found = await profiles.profile(conn, user_id)
        if key in found and found[key] == value:
            return
        if len(orjson.dumps({**found, key: value})) > MAX_BYTES:
            raise MatrixError("The profile is too large", status=400, errcode="M_PROFILE_TOO_LARGE")
        await self._commit(user_id, key, profiles.SET, profiles.set_args(user_id, key, value))

    async def remove(self, caller: UserId, user_id: UserId, key: str) -> None:
        """Removes a field of the caller's own profile, if it is there."""
        _check_own(caller, user_id)
        _check_key(key)
        await self._remove(user_id, key)

    async def set_display_name(self, user_id: UserId, name: str) -> None:
        """Sets anyone's display name: for administrators. Raises InvalidParam."""
        await self.set(user_id, user_id, DISPLAYNAME, name)

    async def _remove(self, user_id: UserId, key: str) -> None:
        async with self._database.read() as conn:
            if key not in await profiles.profile(conn, user_id):
                return
        named = {"user_id": user_id, "field": key}
        await self._commit(user_id, key, profiles.DELETE, named)

    async def _commit(self, user_id: UserId, key: str, sql: Sql, params: dict[str, Any]) -> None:
        write = Write(log=[profile_row(user_id)], bind=statements((sql, params)))
        await self._committer.commit(write)
        if key in (DISPLAYNAME, AVATAR_URL):
            await self._on_change(user_id)


def check_value(key: str, value: Any) -> None:
    """Raises InvalidParam for a value that the specification does not allow in this field."""
    if key == DISPLAYNAME and not (
        isinstance(value, str) and len(value) <= MAX_NAME and "\0" not in value
    ):
        raise InvalidParam(f"displayname must be text of at most {MAX_NAME} characters")
    # It should be an mxc address, which only clients need: others have always been taken.
    if key == AVATAR_URL and not (
        isinstance(value, str) and len(value) <= MAX_AVATAR_URL and "\0" not in value
    ):
        raise InvalidParam(f"avatar_url must be text of at most {MAX_AVATAR_URL} characters")
    if key == "m.tz" and not isinstance(value, str):
        raise InvalidParam("m.tz must be text")


def _check_own(caller: UserId, user_id: UserId) -> None:
    if caller != user_id:
        raise Forbidden("You may change your own profile only")


def _check_key(key: str) -> None:
    if len(key.encode()) > 255:
        raise MatrixError("The field's name is too long", status=400, errcode="M_KEY_TOO_LARGE")
    if not _KEY.fullmatch(key):
        raise InvalidParam("Not a valid name of a profile field")
