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

_KNOWN = ("join", "invite")


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
        return {**summary_of(head), "membership": head.membership(user_id) or "leave"}

    async def _may_see(self, head: RoomHead, user_id: str) -> bool:
        if head.membership(user_id) == "knock":
            return True
        may = may_preview(head, user_id)
        if may is not None:
            return may
        async with self._database.read() as conn:
            return await membership.in_any(conn, user_id, allowed_rooms(head))


def may_preview(head: RoomHead, user_id: str) -> bool | None:
    """Whether someone may see what a room is: who is in it or could come in, and for those rooms
    that anybody may read, everybody. None: if they are in one of its `allowed_rooms`."""
    if head.membership(user_id) in _KNOWN:
        return True
    visibility = Visibility.of_event(head.event("m.room.history_visibility"))
    if visibility is Visibility.WORLD_READABLE:
        return True
    if head.membership(user_id) == "ban":
        return False
    rules, version = head.event("m.room.join_rules"), head.version
    match None if rules is None else rules.content.get("join_rule"):
        case "public":
            return True
        case "knock":
            return version.knocking
        case "knock_restricted":
            return version.knock_restricted
        case "restricted" if version.restricted_joins:
            return None
    return False


def summary_of(head: RoomHead) -> dict[str, Any]:
    """A `RoomSummary`."""
    contents = {
        kind: event.content for kind in DESCRIBING if (event := head.event(kind)) is not None
    }
    summary = directory_entry(head.room_id, len(head.joined), contents)
    summary["room_version"] = head.version.identifier
    algorithm = contents.get("m.room.encryption", {}).get("algorithm")
    if isinstance(algorithm, str):
        summary["encryption"] = algorithm
    if allowed := allowed_rooms(head):
        summary["allowed_room_ids"] = allowed
    return summary


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
