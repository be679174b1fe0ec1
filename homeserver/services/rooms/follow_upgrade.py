"""Carries what people have set for a room over to the room that replaces it.

"When a user joins the new room, the server should automatically transfer/replicate some of the
user's personalized settings such as notifications, tags, etc."
Source: client-server-api, "Room Upgrades", server behaviour.
"""

from __future__ import annotations

from typing import Any

import orjson

from homeserver.errors import MatrixError, NotFound
from homeserver.ids import RoomId, UserId, domain_of
from homeserver.observe import get_logger
from homeserver.protocol.push_rules import PushRules
from homeserver.services.accounts.change_push_rules import ChangePushRules
from homeserver.services.accounts.user_data import UserData
from homeserver.services.events.room_heads import RoomHead, RoomHeads

log = get_logger(__name__)

DIRECT = "m.direct"


class FollowUpgrade:
    """Copies push rules, tags and the mark of a direct conversation.

    A room is a replacement if it names the old one as predecessor and the old one's tombstone
    names it: nobody's settings follow a room that only claims to be one.
    """

    def __init__(
        self,
        heads: RoomHeads,
        push_rules: ChangePushRules,
        user_data: UserData,
        *,
        server_name: str,
    ) -> None:
        self._heads = heads
        self._push_rules = push_rules
        self._user_data = user_data
        self._server_name = server_name

    async def joined(self, user_id: str, room_id: str) -> None:
        """To be called when someone has joined a room."""
        new = await self._heads.get(room_id)
        old_id = predecessor_of(new)
        if old_id is None:
            return
        old = await self._heads.find(old_id)
        if old is not None and replacement_of(old) == new.room_id:
            await self._carry(UserId(user_id), old, new)

    async def replaced(self, room_id: str) -> None:
        """To be called when a room was given a tombstone: for those who have moved already."""
        old = await self._heads.get(room_id)
        new_id = replacement_of(old)
        new = None if new_id is None else await self._heads.find(new_id)
        if new is None or predecessor_of(new) != room_id:
            return
        for user_id in list(new.joined):
            if domain_of(user_id) == self._server_name:
                await self._carry(UserId(user_id), old, new)

    async def _carry(self, user_id: UserId, old: RoomHead, new: RoomHead) -> None:
        old_id, new_id = RoomId(old.room_id), RoomId(new.room_id)
        try:
            await self._push_rules.change(
                user_id, lambda rules: with_copied_rules(rules, old_id, new_id)
            )
            if old.membership(user_id) is not None:
                tags = await self._user_data.tags(user_id, old_id)
                for name, content in tags.items():
                    await self._user_data.set_tag(user_id, new_id, name, content)
            await self._carry_direct(user_id, old_id, new_id)
        except MatrixError as error:
            log.warning("settings_not_carried", room_id=new_id, reason=str(error))

    async def _carry_direct(self, user_id: UserId, old_id: str, new_id: str) -> None:
        try:
            direct: Any = orjson.loads(await self._user_data.get(user_id, None, DIRECT))
        except NotFound:
            return
        changed = with_direct(direct, old_id, new_id)
        if changed != direct:
            await self._user_data.put(user_id, None, DIRECT, changed)


def predecessor_of(head: RoomHead) -> str | None:
    """The room that this one claims to replace."""
    create = head.event("m.room.create")
    predecessor = None if create is None else create.content.get("predecessor")
    room_id = predecessor.get("room_id") if isinstance(predecessor, dict) else None
    return room_id if isinstance(room_id, str) and room_id != head.room_id else None


def replacement_of(head: RoomHead) -> str | None:
    """The room that the tombstone of this one names."""
    event = head.event("m.room.tombstone")
    room_id = None if event is None else event.content.get("replacement_room")
    return room_id if isinstance(room_id, str) else None


def with_copied_rules(rules: PushRules, old_id: str, new_id: str) -> PushRules:
    """The rules with a copy of those about the old room, unless there are some of the new one."""
    known = {(rule.kind, rule.rule_id) for rule in rules.in_order}
    for kind in ("room", "override"):
        if (kind, old_id) not in known or (kind, new_id) in known:
            continue
        rule = rules.get(kind, old_id)
        body = orjson.loads(
            orjson.dumps(rule.to_json("")).replace(old_id.encode(), new_id.encode())
        )
        rules = rules.put(kind, new_id, body)
        if not rule.enabled:
            rules = rules.set_enabled(kind, new_id, {"enabled": False})
    return rules


def with_direct(direct: Any, old_id: str, new_id: str) -> Any:
    """The content of m.direct in which the new room stands beside the old one."""
    if not isinstance(direct, dict):
        return direct
    return {
        user_id: [*rooms, new_id]
        if isinstance(rooms, list) and old_id in rooms and new_id not in rooms
        else rooms
        for user_id, rooms in direct.items()
    }
