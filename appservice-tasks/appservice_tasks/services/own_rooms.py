"""Rooms of one's own: somebody's personal room, and the direct room of two people.

They are created with the rights of whoever needs them first.
"""

from __future__ import annotations

import asyncio
from typing import Any

from appservice_tasks.contracts import Language, RoomKind
from appservice_tasks.domain.ids import server_of
from appservice_tasks.errors import Problem
from appservice_tasks.matrix_client import MatrixClient, Refused, Unavailable
from appservice_tasks.observe import get_logger
from appservice_tasks.services.people import People
from appservice_tasks.services.refusals import problem_of
from appservice_tasks.services.room_state import read_state
from appservice_tasks.services.set_up_room import SetUpRoom
from appservice_tasks.services.who import Caller
from appservice_tasks.services.work import Work
from appservice_tasks.storage import organisation, rooms

log = get_logger(__name__)

_NAMES: dict[str, str] = {"en": "My tasks", "ru": "Мои задачи"}
_DIRECT = "m.direct"


class OwnRooms:
    """Finds them, and makes those that are missing."""

    def __init__(
        self,
        work: Work,
        homeserver: MatrixClient,
        set_up: SetUpRoom,
        people: People,
        *,
        server_name: str,
        authority: str,
        language: Language,
    ) -> None:
        self._work = work
        self._homeserver = homeserver
        self._set_up = set_up
        self._people = people
        self._server_name = server_name
        self._authority = authority
        self._language = language
        self._locks: dict[str, asyncio.Lock] = {}

    async def for_task(self, caller: Caller, assignee: str | None) -> str:
        """Where a task goes for which no room is named: the personal room for oneself and nobody,
        else the direct room with the assignee. Raises Problem."""
        if assignee is None or assignee == caller.user_id:
            return await self.personal(caller)
        return await self.direct(caller, assignee)

    async def personal(self, caller: Caller) -> str:
        """The caller's personal room. Raises Problem: `unavailable`, `forbidden`."""
        async with self._lock(caller.user_id):
            known = await self._usable("personal", caller.user_id)
            if known is not None:
                return known
            try:
                return await self._make_personal(caller)
            except (Refused, Unavailable) as error:
                raise problem_of(error) from error

    async def direct(self, caller: Caller, other: str) -> str:
        """The direct room of the caller and somebody else.

        Raises Problem: `assignee_not_allowed` (no such account), `unavailable`, `forbidden`.
        """
        first, second = rooms.pair(caller.user_id, other)
        async with self._lock(f"{first} {second}"):
            known = await self._usable("direct", caller.user_id, other)
            if known is not None:
                return known
            try:
                await self._people.learn([other])
                if other in self._people.absent([other]) or other == self._authority:
                    raise Problem("assignee_not_allowed", f"{other} has no account")
                existing = await self._existing_direct(caller, other)
                return existing or await self._make_direct(caller, other)
            except (Refused, Unavailable) as error:
                raise problem_of(error) from error

    async def _usable(self, kind: RoomKind, user_a: str, user_b: str = "") -> str | None:
        async with self._work.database.read() as conn:
            room_id = await rooms.find_own(conn, kind, user_a, user_b)
            room = await rooms.find(conn, room_id) if room_id else None
            if room is None or not room.enabled:
                return None
            joined = await rooms.membership(conn, room.room_id, user_a) == "join"
            return room.room_id if joined else None

    async def _make_personal(self, caller: Caller) -> str:
        client = self._homeserver.speaking(caller.token)
        async with self._work.database.read() as conn:
            chosen = (await organisation.preferences(conn, [caller.user_id])).get(caller.user_id)
        lang = (chosen.lang if chosen else None) or self._language
        room_id = await client.create_room(
            {
                "preset": "private_chat",
                "name": _NAMES.get(lang, _NAMES["en"]),
                "creation_content": {"m.federate": False},
                "initial_state": [
                    {
                        "type": "m.room.guest_access",
                        "state_key": "",
                        "content": {"guest_access": "forbidden"},
                    }
                ],
            }
        )
        await self._set_up.put(caller, room_id, {}, kind="personal")
        return await self._settle(client, "personal", room_id, caller.user_id)

    async def _make_direct(self, caller: Caller, other: str) -> str:
        client = self._homeserver.speaking(caller.token)
        local = server_of(other) == self._server_name
        is_bot = other.startswith("@bot_") and local
        room_id = await client.create_room(
            {
                "preset": "private_chat",
                "is_direct": True,
                "invite": [other],
                "org.teammessenger.join_invited": local and not is_bot,
            }
        )
        if is_bot:
            await self._homeserver.as_user(other).join(room_id)
        await self._set_up.put(caller, room_id, {}, kind="direct")
        kept = await self._settle(client, "direct", room_id, caller.user_id, other)
        if kept == room_id:
            await self._note_direct(client, caller, other, room_id)
        return kept

    async def _settle(
        self, client: MatrixClient, kind: RoomKind, room_id: str, user_a: str, user_b: str = ""
    ) -> str:
        """The room that counts, should another process have made one at the same time."""
        async with self._work.begin() as unit:
            kept = await rooms.put_own(unit.conn, kind, room_id, user_a, user_b)
        if kept != room_id:
            log.info("own_room_made_twice", kept=kept, left=room_id)
            await client.leave(room_id)
        return kept

    async def _existing_direct(self, caller: Caller, other: str) -> str | None:
        """A conversation that the two have already and that can be set up for tasks."""
        client = self._homeserver.speaking(caller.token)
        for room_id in await self._named_direct(client, caller, other):
            try:
                state = read_state(room_id, await client.room_state(room_id), self._authority)
            except Refused:
                continue
            if set(state.people(self._authority)) != {caller.user_id, other}:
                continue
            if state.room.encrypted or state.members[caller.user_id].membership != "join":
                continue
            try:
                shown = await self._set_up.put(caller, room_id, {}, kind="direct")
            except Problem as problem:
                if problem.code == "unavailable":
                    raise
                continue
            if shown["enabled"]:
                return await self._settle(client, "direct", room_id, caller.user_id, other)
        return None

    async def _named_direct(self, client: MatrixClient, caller: Caller, other: str) -> list[str]:
        content = await client.account_data(caller.user_id, _DIRECT) or {}
        named = content.get(other)
        return [room for room in named if isinstance(room, str)] if isinstance(named, list) else []

    async def _note_direct(
        self, client: MatrixClient, caller: Caller, other: str, room_id: str
    ) -> None:
        content: dict[str, Any] = await client.account_data(caller.user_id, _DIRECT) or {}
        named = content.get(other)
        mine = [each for each in named if each != room_id] if isinstance(named, list) else []
        try:
            await client.set_account_data(
                caller.user_id, _DIRECT, {**content, other: [room_id, *mine]}
            )
        except Refused as refused:
            log.warning("direct_not_noted", reason=str(refused))

    def _lock(self, key: str) -> asyncio.Lock:
        if len(self._locks) > 10_000:
            self._locks = {name: lock for name, lock in self._locks.items() if lock.locked()}
        return self._locks.setdefault(key, asyncio.Lock())
