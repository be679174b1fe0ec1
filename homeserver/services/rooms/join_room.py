"""Coming into a room: joining it, and knocking at it.

Rooms of other servers are not reached yet: a room that this server does not have is not found.
"""

from __future__ import annotations

from typing import Any

from homeserver.errors import Forbidden, UnableToGrantJoin
from homeserver.ids import domain_of
from homeserver.protocol.auth_events import JOIN_RULES_KEY
from homeserver.services.events.room_heads import MEMBER, RoomHead, RoomHeads
from homeserver.services.events.write_event import Draft
from homeserver.services.events.write_state import WriteState
from homeserver.services.rooms.follow_upgrade import FollowUpgrade
from homeserver.storage import membership, profiles
from homeserver.storage.database import Database

AUTHORISER = "join_authorised_via_users_server"

_NOT_THE_CALLERS = ("membership", AUTHORISER, "third_party_signed", "third_party_invite")
"""What a request to join may not put into the event."""

_RESTRICTED = ("restricted", "knock_restricted")


class JoinRoom:
    """Joins and knocks, for local users and rooms of this server.

    follow: what people have set for a room follows them into the one that replaces it.
    """

    def __init__(
        self,
        database: Database,
        heads: RoomHeads,
        state: WriteState,
        *,
        server_name: str,
        follow: FollowUpgrade | None = None,
    ) -> None:
        self._database = database
        self._heads = heads
        self._state = state
        self._follow = follow
        self._server_name = server_name

    async def join(
        self, user_id: str, room_id: str, content: dict[str, Any], *, ts: int | None = None
    ) -> str | None:
        """Joins; the id of the event, None for someone who was in the room already.

        content: what the join may carry (``reason``, keys of the client's own). The name and
        picture of the profile are put in, unless the content has some.
        Raises NotFound (room), Forbidden (the join rule, a ban), UnableToGrantJoin (the conditions
        are met, but nobody in the room may invite).
        """
        head = await self._heads.get(room_id)
        if head.membership(user_id) != "join":
            content = await self._with_profile(user_id, content)
        permitted = _needs_condition(head, user_id) and await self._meets_condition(head, user_id)

        def make(head: RoomHead) -> Draft | None:
            if head.membership(user_id) == "join":
                return None
            joining = {**content, "membership": "join"}
            if _needs_condition(head, user_id) and head.membership(user_id) != "ban":
                if not permitted:
                    raise Forbidden("You meet none of the conditions for joining this room")
                joining[AUTHORISER] = self._authoriser(head)
            return Draft(MEMBER, user_id, joining, state_key=user_id, ts=ts)

        event_id = await self._state.put(room_id, make)
        if event_id is not None and self._follow is not None:
            await self._follow.joined(user_id, room_id)
        return event_id

    async def knock(
        self, user_id: str, room_id: str, content: dict[str, Any], *, ts: int | None = None
    ) -> str:
        """Asks to be let in; the id of the event. Raises NotFound, Forbidden."""
        await self._heads.get(room_id)
        knocking = {**await self._with_profile(user_id, content), "membership": "knock"}
        event_id = await self._state.put(
            room_id, lambda _: Draft(MEMBER, user_id, knocking, state_key=user_id, ts=ts)
        )
        assert event_id is not None
        return event_id

    async def _with_profile(self, user_id: str, content: dict[str, Any]) -> dict[str, Any]:
        async with self._database.read() as conn:
            names = await profiles.names(conn, [user_id])
        own = {key: value for key, value in content.items() if key not in _NOT_THE_CALLERS}
        return {**names.get(user_id, {}), **own}

    async def _meets_condition(self, head: RoomHead, user_id: str) -> bool:
        """Whether the user is in one of the rooms whose members the join rule lets in."""
        async with self._database.read() as conn:
            return await membership.in_any(conn, user_id, allowed_rooms(head))

    async def authoriser_of(self, head: RoomHead, user_id: str) -> str | None:
        """Who of our people lets the user into a restricted room; None: nobody needs to.

        Raises Forbidden (no condition is met), UnableToGrantJoin (nobody here may invite, or the
        conditions name rooms of which this server knows nothing).
        """
        if not _needs_condition(head, user_id) or head.membership(user_id) == "ban":
            return None
        if not await self._meets_condition(head, user_id):
            known = [await self._heads.find(room_id) for room_id in allowed_rooms(head)]
            if None in known:
                raise UnableToGrantJoin
            raise Forbidden("You meet none of the conditions for joining this room")
        return self._authoriser(head)

    def _authoriser(self, head: RoomHead) -> str:
        """A local member who may invite: those with the most power are likeliest to stay so."""
        power = head.power
        named = sorted({*power.creators, *power.users}, key=power.user_level, reverse=True)
        for user_id in named:
            if self._may_authorise(head, user_id):
                return user_id
        if power.users_default >= power.invite:
            for user_id in head.joined:
                if self._may_authorise(head, user_id):
                    return user_id
        raise UnableToGrantJoin

    def _may_authorise(self, head: RoomHead, user_id: str) -> bool:
        return (
            user_id in head.joined
            and domain_of(user_id) == self._server_name
            and head.power.user_level(user_id) >= head.power.invite
        )


def allowed_rooms(head: RoomHead) -> list[str]:
    """The rooms whose members may join a restricted room."""
    rules = head.event(*JOIN_RULES_KEY)
    allow = None if rules is None else rules.content.get("allow")
    return [
        entry["room_id"]
        for entry in (allow if isinstance(allow, list) else [])
        if isinstance(entry, dict)
        and entry.get("type") == "m.room_membership"
        and isinstance(entry.get("room_id"), str)
        and "\x00" not in entry["room_id"]
    ]


def _needs_condition(head: RoomHead, user_id: str) -> bool:
    """Auth rule 5.3.5: who is not in a restricted room nor invited needs an authorising user."""
    rules = head.event(*JOIN_RULES_KEY)
    restricted = rules is not None and rules.content.get("join_rule") in _RESTRICTED
    return (
        restricted
        and head.version.restricted_joins
        and head.membership(user_id) not in ("join", "invite")
    )
