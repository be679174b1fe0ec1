"""What people do to their own membership and to that of others, but for coming in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from homeserver.errors import BadState, Forbidden, MatrixError, NotFound
from homeserver.ids import domain_of
from homeserver.observe import get_logger
from homeserver.services.accounts.invite_permission import check_invitable
from homeserver.services.appservices.ask_appservices import AskAppservices
from homeserver.services.events.room_heads import MEMBER, RoomHead, RoomHeads
from homeserver.services.events.write_event import Draft
from homeserver.services.events.write_state import WriteState, check_joined, joined_head
from homeserver.services.ground.requester import Requester
from homeserver.storage import membership, profiles
from homeserver.storage.commit import Committer, LogRow, Write, statements
from homeserver.storage.database import Database

log = get_logger(__name__)

IN_ROOM = ("join", "invite", "knock")

_AT_ONCE = 32
"""Rooms that are written at the same time when someone leaves all of them: one commit or two."""


class ChangeMembership:
    """Invites, removes, bans and leaves. Power is judged by the authorisation rules.

    ask: for invited users whom we do not know.
    """

    def __init__(
        self,
        database: Database,
        committer: Committer,
        heads: RoomHeads,
        state: WriteState,
        *,
        server_name: str,
        ask: AskAppservices | None = None,
    ) -> None:
        self._database = database
        self._committer = committer
        self._heads = heads
        self._state = state
        self._server_name = server_name
        self._ask = ask

    async def invite(
        self,
        who: Requester,
        room_id: str,
        target: str,
        content: dict[str, Any],
        *,
        ts: int | None = None,
    ) -> str:
        """Invites someone; the id of the invite. content: what the invite carries (``reason``).

        The name and picture of the one who is invited are put in. Raises Forbidden, InviteBlocked.
        """
        head = await joined_head(self._heads, room_id, who.user_id)
        if domain_of(target) != self._server_name:
            raise Forbidden("Only people of this server can be invited")
        if head.power.user_level(who.user_id) < head.power.invite:
            raise Forbidden("You do not have the power to invite")
        if self._ask is not None:
            await self._ask.introduce([target])
        async with self._database.read() as conn:
            await check_invitable(conn, [target])
            names = await profiles.names(conn, [target])
        content = {**names.get(target, {}), **content, "membership": "invite"}
        return await self._put(who, room_id, target, content, ts=ts)

    async def kick(self, who: Requester, room_id: str, target: str, reason: str | None) -> None:
        """Removes someone who is in the room, invited or knocking; Forbidden otherwise."""

        def check(head: RoomHead) -> None:
            if head.membership(target) not in IN_ROOM:
                raise Forbidden("That user is not in this room")

        await self._put(who, room_id, target, _content("leave", reason), check=check)

    async def ban(self, who: Requester, room_id: str, target: str, reason: str | None) -> None:
        """Bans someone, whether or not they are in the room. Raises Forbidden."""
        await self._put(who, room_id, target, _content("ban", reason))

    async def unban(self, who: Requester, room_id: str, target: str, reason: str | None) -> None:
        """Lifts a ban; BadState if there is none, Forbidden."""

        def check(head: RoomHead) -> None:
            if head.membership(target) != "ban":
                raise BadState("That user is not banned from this room", status=403)

        await self._put(who, room_id, target, _content("leave", reason), check=check)

    async def set(
        self,
        who: Requester,
        room_id: str,
        target: str,
        content: dict[str, Any],
        *,
        ts: int | None = None,
    ) -> str:
        """Writes a membership as the caller words it; the id of the event. Raises Forbidden."""
        return await self._put(who, room_id, target, content, ts=ts)

    async def _put(
        self,
        who: Requester,
        room_id: str,
        target: str,
        content: dict[str, Any],
        *,
        check: Callable[[RoomHead], None] = lambda _: None,
        ts: int | None = None,
    ) -> str:
        await joined_or_self(self._heads, room_id, who.user_id, target)

        def make(head: RoomHead) -> Draft:
            if who.user_id != target:
                check_joined(head, who.user_id)
            check(head)
            return Draft(MEMBER, who.user_id, content, state_key=target, ts=ts)

        event_id = await self._state.put(room_id, make)
        assert event_id is not None
        return event_id

    async def leave(self, user_id: str, room_id: str, reason: str | None) -> None:
        """Leaves a room, or rejects its invite, or takes a knock back; no-one leaves twice.

        Raises NotFound (unknown room), Forbidden (never in it, or banned).
        """

        def make(head: RoomHead) -> Draft | None:
            current = head.membership(user_id)
            if current == "leave":
                return None
            if current is None:
                raise Forbidden("You are not in this room")
            return Draft(MEMBER, user_id, _content("leave", reason), state_key=user_id)

        await self._state.put(room_id, make)

    async def leave_all(self, user_id: str) -> None:
        """Leaves every room, for someone who leaves for good. What fails is logged."""
        async with self._database.read() as conn:
            mine = await membership.of_user(conn, user_id)
        rooms = [each.room_id for each in mine if each.membership in IN_ROOM]
        gate = asyncio.Semaphore(_AT_ONCE)

        async def leave(room_id: str) -> None:
            async with gate:
                try:
                    await self.leave(user_id, room_id, None)
                except MatrixError as error:
                    log.warning("not_left", room_id=room_id, user_id=user_id, reason=str(error))

        await asyncio.gather(*(leave(room_id) for room_id in rooms))

    async def forget(self, user_id: str, room_id: str) -> None:
        """Takes a room that was left out of the person's sight, its history too.

        Raises NotFound (never had to do with it), MatrixError 400 (not left yet).
        """
        head = await self._heads.get(room_id)
        current = head.membership(user_id)
        if current is None:
            raise NotFound("You were never in this room")
        if current in IN_ROOM:
            raise MatrixError("Leave the room before you forget it", status=400)
        if head.pending:
            # Perhaps the leaving itself is still being committed: it would undo the forgetting.
            await self._committer.commit(Write())
        params = {"room": head.nid, "user_id": user_id}
        write = Write(
            log=[LogRow("forget", head, user_id)], bind=statements((membership.FORGET, params))
        )
        await self._committer.commit(write)


async def joined_or_self(heads: RoomHeads, room_id: str, user_id: str, target: str) -> None:
    """Forbidden for somebody who is not in the room, unless their own membership is at stake."""
    if user_id != target or await heads.find(room_id) is None:
        await joined_head(heads, room_id, user_id)


def _content(kind: str, reason: str | None) -> dict[str, Any]:
    return {"membership": kind} if reason is None else {"membership": kind, "reason": reason}
