"""What strangers are told of a room: in the directory, and when they hold its address.

Source: client-server-api, "Published room directory", "Room summary API".
"""

from __future__ import annotations

from typing import Any

from homeserver.errors import NotFound
from homeserver.protocol.topic import plain_topic
from homeserver.protocol.visibility import Visibility
from homeserver.services.events.room_heads import RoomHead, RoomHeads
from homeserver.services.rooms.join_room import allowed_rooms
from homeserver.storage import membership
from homeserver.storage.database import Database
from homeserver.storage.room_directory import DESCRIBING

_OPEN = ("public", "knock", "knock_restricted")
_KNOWN = ("join", "invite", "knock")


class SummariseRoom:
    """Summaries of rooms, for those who may see them."""

    def __init__(self, database: Database, heads: RoomHeads) -> None:
        self._database = database
        self._heads = heads

    async def summary(self, user_id: str, room_id: str) -> dict[str, Any]:
        """The answer of /room_summary; NotFound too for rooms that are none of one's business."""
        head = await self._heads.get(room_id)
        if not await self._may_see(head, user_id):
            raise NotFound("Room not found")
        contents = {
            kind: event.content for kind in DESCRIBING if (event := head.event(kind)) is not None
        }
        answer = directory_entry(room_id, len(head.joined), contents)
        answer["room_version"] = head.version.identifier
        answer["membership"] = head.membership(user_id) or "leave"
        algorithm = contents.get("m.room.encryption", {}).get("algorithm")
        if isinstance(algorithm, str):
            answer["encryption"] = algorithm
        if allowed := allowed_rooms(head):
            answer["allowed_room_ids"] = allowed
        return answer

    async def _may_see(self, head: RoomHead, user_id: str) -> bool:
        if head.membership(user_id) in _KNOWN:
            return True
        visibility = Visibility.of_event(head.event("m.room.history_visibility"))
        if visibility is Visibility.WORLD_READABLE:
            return True
        rules = head.event("m.room.join_rules")
        rule = None if rules is None else rules.content.get("join_rule")
        if rule in _OPEN:
            return True
        if rule != "restricted":
            return False
        async with self._database.read() as conn:
            return await membership.in_any(conn, user_id, allowed_rooms(head))


def directory_entry(
    room_id: str, joined: int, contents: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """A `PublishedRoomsChunk`. contents: of the state in DESCRIBING, by type."""
    access = contents.get("m.room.guest_access", {}).get("guest_access")
    history = contents.get("m.room.history_visibility", {}).get("history_visibility")
    entry: dict[str, Any] = {
        "room_id": room_id,
        "num_joined_members": joined,
        "world_readable": history == "world_readable",
        "guest_can_join": access == "can_join",
    }
    texts = {
        "name": contents.get("m.room.name", {}).get("name"),
        "topic": plain_topic(contents.get("m.room.topic", {})),
        "canonical_alias": contents.get("m.room.canonical_alias", {}).get("alias"),
        "avatar_url": contents.get("m.room.avatar", {}).get("url"),
        # "When not present, the room is assumed to be public."
        "join_rule": contents.get("m.room.join_rules", {}).get("join_rule", "invite"),
        "room_type": contents.get("m.room.create", {}).get("type"),
    }
    entry.update((key, value) for key, value in texts.items() if isinstance(value, str) and value)
    return entry
