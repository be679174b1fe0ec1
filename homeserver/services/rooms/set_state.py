"""Sets the state of a room, as a client words it."""

from __future__ import annotations

from typing import Any

from homeserver.errors import BadJson, Forbidden
from homeserver.ids import parse_user_id
from homeserver.protocol.auth_rejected import AuthRejected
from homeserver.protocol.canonical_json import check_numbers
from homeserver.services.events.room_heads import MEMBER, RoomHeads
from homeserver.services.events.write_event import Draft
from homeserver.services.events.write_state import WriteState, joined_head
from homeserver.services.ground.requester import Requester
from homeserver.services.rooms.change_membership import ChangeMembership
from homeserver.services.rooms.compose_upgrade import TOMBSTONE
from homeserver.services.rooms.follow_upgrade import FollowUpgrade
from homeserver.services.rooms.join_room import AUTHORISER, JoinRoom
from homeserver.services.rooms.room_aliases import CANONICAL_ALIAS, RoomAliases

_MALFORMED = frozenset({"10.1", "10.2", "10.3", "10.4"})
"""Authorisation rules that find fault with the form of power levels, whoever sends them."""


class SetState:
    """Writes state events; those with rules of their own go to who knows the rules."""

    def __init__(
        self,
        heads: RoomHeads,
        state: WriteState,
        aliases: RoomAliases,
        memberships: ChangeMembership,
        joins: JoinRoom,
        follow: FollowUpgrade,
    ) -> None:
        self._heads = heads
        self._state = state
        self._aliases = aliases
        self._memberships = memberships
        self._joins = joins
        self._follow = follow

    async def set(
        self,
        who: Requester,
        room_id: str,
        event_type: str,
        state_key: str,
        content: dict[str, Any],
        *,
        ts: int | None = None,
    ) -> str:
        """The id of the event that holds the key; the earlier one, if it said the same already.

        ts: for application services, the event's ``origin_server_ts`` in milliseconds. Raises
        Forbidden, BadJson (numbers, malformed power levels or membership), InvalidParam, BadAlias,
        TooLarge, InviteBlocked.
        """
        check_numbers(content)
        if event_type == MEMBER:
            return await self._set_member(who, room_id, state_key, content, ts)
        head = await joined_head(self._heads, room_id, who.user_id)
        if event_type == "m.room.create":
            raise BadJson("A room is created once")
        if event_type == CANONICAL_ALIAS and state_key == "":
            await self._aliases.check_canonical(head, content)
        draft = Draft(event_type, who.user_id, content, state_key=state_key, ts=ts)
        try:
            event_id = await self._state.put(room_id, lambda _: draft)
        except Forbidden as refused:
            raise malformed(refused) or refused from refused.__cause__
        if event_type == TOMBSTONE and state_key == "":
            await self._follow.replaced(room_id)
        assert event_id is not None
        return event_id

    async def _set_member(
        self,
        who: Requester,
        room_id: str,
        target: str,
        content: dict[str, Any],
        ts: int | None,
    ) -> str:
        target = parse_user_id(target)
        own = target == who.user_id
        match content.get("membership"):
            case "join" if own:
                event_id = await self._joins.join(target, room_id, content, ts=ts)
                if event_id is not None:
                    return event_id
                # In the room already: a name or picture for this room alone.
                kept = {key: value for key, value in content.items() if key != AUTHORISER}
                return await self._memberships.set(who, room_id, target, kept, ts=ts)
            case "knock" if own:
                return await self._joins.knock(target, room_id, content, ts=ts)
            case "invite":
                return await self._memberships.invite(who, room_id, target, content, ts=ts)
            case "join" | "knock" | "leave" | "ban":
                return await self._memberships.set(who, room_id, target, content, ts=ts)
            case _:
                raise BadJson("There is no such membership")


def malformed(refused: Forbidden) -> BadJson | None:
    """The refusal as the client's error, if the event itself is wrong and not who sends it."""
    cause = refused.__cause__
    if isinstance(cause, AuthRejected) and cause.rule in _MALFORMED:
        return BadJson(refused.message)
    return None
