"""Rules of tasks in a room."""

from __future__ import annotations

from appservice_tasks.api.endpoint import Answer, Call, endpoint
from appservice_tasks.services.limits import Limit
from appservice_tasks.services.set_up_room import SetUpRoom


class RoomsApi:
    def __init__(self, rooms: SetUpRoom) -> None:
        self._rooms = rooms

    @endpoint("GET", "/v1/rooms/{room_id}/tasks-config", "getRoomTasks")
    async def get(self, call: Call) -> Answer:
        """Rules of tasks in the room, and what the caller may do there."""
        return Answer(await self._rooms.get(call.who, call.path["room_id"]))

    @endpoint("PUT", "/v1/rooms/{room_id}/tasks-config", "putRoomTasks", limit=Limit.WRITE)
    async def put(self, call: Call) -> Answer:
        """Set the room up for tasks, or change its rules; answers when the room is ready."""
        return Answer(await self._rooms.put(call.who, call.path["room_id"], call.body))
