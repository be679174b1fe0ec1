"""Carries a changed name or picture into the rooms that a person has joined."""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary

from homeserver.errors import MatrixError
from homeserver.observe import get_logger
from homeserver.services.events.room_heads import MEMBER, RoomHead
from homeserver.services.events.write_event import Draft
from homeserver.services.events.write_state import WriteState
from homeserver.services.rooms.join_room import AUTHORISER
from homeserver.storage import membership, profiles
from homeserver.storage.database import Database

log = get_logger(__name__)

_AT_ONCE = 32
"""Rooms that are written at the same time, so that they share commits."""

_OF_ONE_TRANSITION = (AUTHORISER, "reason", "is_direct", "third_party_invite")
"""What belongs to the moment of joining, and is not said again."""


class FollowProfile:
    """Writes the member events that tell rooms of a profile."""

    def __init__(self, database: Database, state: WriteState) -> None:
        self._database = database
        self._state = state
        # A lock lives as long as somebody holds or awaits it.
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def on_profile_change(self, user_id: str) -> None:
        """Brings every joined room up to date with the profile as it is now.

        To be called after the change is committed. Changes of one person are carried one after the
        other, each with the newest profile, so that an old name never comes last. A room that
        refuses is logged, and keeps the old name.
        """
        lock = self._locks.setdefault(user_id, asyncio.Lock())
        async with lock:
            await self._carry(user_id)

    async def _carry(self, user_id: str) -> None:
        async with self._database.read() as conn:
            names = (await profiles.names(conn, [user_id])).get(user_id, {})
            mine = await membership.of_user(conn, user_id)
        gate = asyncio.Semaphore(_AT_ONCE)

        async def carry(room_id: str) -> None:
            async with gate:
                try:
                    await self._state.put(room_id, lambda head: _draft(head, user_id, names))
                except MatrixError as error:
                    log.warning("profile_not_carried", room_id=room_id, reason=str(error))

        await asyncio.gather(*(carry(each.room_id) for each in mine if each.membership == "join"))


def _draft(head: RoomHead, user_id: str, names: dict[str, str]) -> Draft | None:
    current = head.event(MEMBER, user_id)
    if current is None or current.membership != "join":
        return None
    shown = {key: current.content.get(key) for key in (profiles.DISPLAYNAME, profiles.AVATAR_URL)}
    if all(names.get(key) == value for key, value in shown.items()):
        return None
    kept = {
        key: value
        for key, value in current.content.items()
        if key not in _OF_ONE_TRANSITION and key not in shown
    }
    return Draft(MEMBER, user_id, {**kept, **names}, state_key=user_id)
