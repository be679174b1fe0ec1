"""Deleting history, rooms and people for good, for administrators."""

from __future__ import annotations

import msgspec

from homeserver.api.endpoint import Auth, Json, endpoint
from homeserver.ids import parse_room_id, parse_user_id
from homeserver.services.ground.requester import Requester
from homeserver.services.retention.clear_room import ClearRoom
from homeserver.services.retention.erase_person import ErasePerson
from homeserver.services.retention.purge_room import PurgeRoom

_ROOM = "/_teammessenger/admin/v1/rooms/{room_id}"


class HistoryBody(msgspec.Struct):
    """`POST /rooms/{room_id}/purge`. before_ts: milliseconds."""

    before_ts: int


class PurgeApi:
    def __init__(self, rooms: PurgeRoom, clear: ClearRoom, people: ErasePerson) -> None:
        self._rooms = rooms
        self._clear = clear
        self._people = people

    @endpoint("POST", _ROOM + "/purge", auth=Auth.ADMIN, spec="")
    async def history(self, who: Requester, room_id: str, body: HistoryBody) -> Json:
        """Delete what a room said before a time, and the files that only that named."""
        gone = await self._rooms.history(parse_room_id(room_id), before_ts=body.before_ts)
        return {"events": gone.events, "files": gone.files, "bytes": gone.bytes}

    @endpoint("DELETE", _ROOM, auth=Auth.ADMIN, spec="")
    async def room(self, who: Requester, room_id: str) -> Json:
        """Let everybody of this server leave a room, then delete it with all that was said."""
        parsed = parse_room_id(room_id)
        await self._clear.clear(parsed)
        gone = await self._rooms.room(parsed)
        return {"events": gone.events, "files": gone.files, "bytes": gone.bytes}

    @endpoint("POST", "/_teammessenger/admin/v1/users/{user_id}/erase", auth=Auth.ADMIN, spec="")
    async def person(self, who: Requester, user_id: str) -> Json:
        """Take back all that a person said, delete their files, and close their account."""
        gone = await self._people.erase(parse_user_id(user_id))
        return {"messages": gone.messages, "files": gone.files, "bytes": gone.bytes}
