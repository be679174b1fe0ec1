"""Upgrades a room: a new one of another version takes its place.

Source: client-server-api, "Room Upgrades".
"""

from __future__ import annotations

import asyncio

from homeserver.errors import Forbidden, InvalidRoomState, InviteBlocked, MatrixError
from homeserver.ids import RoomId, domain_of
from homeserver.observe import get_logger
from homeserver.protocol.room_versions import room_version
from homeserver.services.events.room_heads import RoomHead, RoomHeads
from homeserver.services.events.write_event import WriteEvent
from homeserver.services.events.write_state import MakeState, WriteState, joined_head
from homeserver.services.ground.requester import Requester
from homeserver.services.rooms.change_membership import ChangeMembership
from homeserver.services.rooms.compose_upgrade import (
    TOMBSTONE,
    closing_levels,
    first_events,
    invites,
    tombstone,
    without_aliases,
)
from homeserver.services.rooms.follow_upgrade import FollowUpgrade
from homeserver.storage import aliases, profiles, room_directory
from homeserver.storage.database import Args, Database, Sql

log = get_logger(__name__)

_AT_ONCE = 32
"""Members who are asked over at the same time: one commit or two."""


class UpgradeRoom:
    """Makes the new room at once; then tells the old one, and its members."""

    def __init__(
        self,
        database: Database,
        heads: RoomHeads,
        write: WriteEvent,
        state: WriteState,
        memberships: ChangeMembership,
        follow: FollowUpgrade,
        *,
        server_name: str,
    ) -> None:
        self._database = database
        self._heads = heads
        self._write = write
        self._state = state
        self._memberships = memberships
        self._follow = follow
        self._server_name = server_name

    async def upgrade(
        self, who: Requester, room_id: str, new_version: str, additional_creators: list[str]
    ) -> RoomId:
        """The id of the new room.

        Aliases and the place in the directory move with it in one commit. Members who could not
        come in by themselves are invited. Raises Forbidden (not a member who may send the
        tombstone), UnsupportedRoomVersion, InvalidParam, InvalidRoomState.
        """
        version = room_version(new_version)
        old = await joined_head(self._heads, room_id, who.user_id)
        if old.power.user_level(who.user_id) < old.power.event_level(TOMBSTONE, is_state=True):  # 1
            raise Forbidden("You do not have the power to upgrade this room")
        async with self._database.read() as conn:
            moving = await aliases.of_room(conn, room_id)
            public = await room_directory.is_public(conn, room_id)
            names = await profiles.names(conn, [who.user_id])
        drafts = first_events(  # 2, 3
            old,
            version=version,
            upgrader=who.user_id,
            additional_creators=additional_creators,
            profile=names.get(who.user_id, {}),
            aliases=moving,
        )

        def also(room: int) -> list[tuple[Sql, list[Args]]]:  # 4
            return [
                (aliases.MOVE, [aliases.MOVE.args({"room": room, "from_room": old.nid})]),
                (room_directory.SET_PUBLIC, [(0, old.nid)]),
            ]

        try:
            new = await self._write.create(version, drafts, is_public=bool(public), also=also)
        except Forbidden as refused:
            raise InvalidRoomState(refused.message) from refused
        await self._state.put(room_id, lambda _: tombstone(who.user_id, new.room_id))  # 5
        await self._close(room_id, lambda head: closing_levels(head, who.user_id))  # 6
        await self._close(room_id, lambda head: without_aliases(head, who.user_id, moving))
        await self._follow.replaced(room_id)
        await self._ask_over(who, old, new)
        return RoomId(new.room_id)

    async def _close(self, room_id: str, make: MakeState) -> None:
        """Writes what is good to have in the old room, and may need more power than there is."""
        try:
            await self._state.put(room_id, make)
        except MatrixError as error:
            log.info("old_room_left_open", room_id=room_id, reason=str(error))

    async def _ask_over(self, who: Requester, old: RoomHead, new: RoomHead) -> None:
        gate = asyncio.Semaphore(_AT_ONCE)

        async def ask(user_id: str) -> None:
            async with gate:
                try:
                    await self._memberships.invite(who, new.room_id, user_id, {})
                except InviteBlocked:
                    log.info("not_asked_over", room_id=new.room_id, reason="takes no invites")
                except MatrixError as error:
                    log.warning("not_asked_over", room_id=new.room_id, reason=str(error))

        wanted = [
            user_id
            for user_id in invites(old, who.user_id)
            if domain_of(user_id) == self._server_name
        ]
        await asyncio.gather(*map(ask, wanted))
