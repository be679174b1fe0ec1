"""A room with a past."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from homeserver.storage import room_state, rooms
from tests.harness.whole_server import Person, WholeServer

Json = dict[str, Any]


@dataclass
class Room:
    """A room, who made it, and the ids of what was sent."""

    owner: Person
    room_id: str
    sent: list[str] = field(default_factory=list)

    @staticmethod
    async def made_by(owner: Person, **more: Any) -> Room:
        answer = await owner.post("createRoom", {"preset": "public_chat", **more})
        return Room(owner, answer.ok["room_id"])

    async def say(self, who: Person, count: int = 1, **content: Any) -> str:
        """Messages; the id of the last."""
        for _ in range(count):
            body = {"msgtype": "m.text", "body": f"message {len(self.sent)}", **content}
            path = f"rooms/{self.room_id}/send/m.room.message/t{len(self.sent)}"
            self.sent.append((await who.put(path, body)).ok["event_id"])
        return self.sent[-1]

    async def name(self, text: str) -> None:
        assert (
            await self.owner.put(f"rooms/{self.room_id}/state/m.room.name", {"name": text})
        ).status == 200

    async def bodies(self, who: Person) -> list[str]:
        """Every message that somebody can scroll back to, oldest first."""
        found: list[str] = []
        query: dict[str, str | int] = {"dir": "b", "limit": 100}
        while True:
            page = (await who.get(f"rooms/{self.room_id}/messages", **query)).ok
            said = [event for event in page["chunk"] if event["type"] == "m.room.message"]
            found += [event["content"].get("body", "-") for event in said]
            if "end" not in page or not page["chunk"]:
                return found[::-1]
            query["from"] = page["end"]


async def states(server: WholeServer, room_id: str) -> dict[int, dict[Any, int]]:
    """The state after each position at which it changed, as events' nids."""
    async with server.engine.database.read() as conn:
        row = await rooms.room(conn, room_id)
        assert row is not None
        last = server.engine.feed.position
        return {pos: await room_state.at(conn, row.nid, pos) for pos in range(row.nid, last + 1)}


async def upload(who: Person, data: bytes, kind: str = "text/plain") -> str:
    """The address of a file."""
    answer = await who.server.request(
        "POST",
        "/_matrix/media/v3/upload",
        data,
        token=who.token,
        headers={"Content-Type": kind},
    )
    address: str = answer.ok["content_uri"]
    return address


async def download(who: Person, address: str) -> int:
    """The status of a download."""
    path = f"/_matrix/client/v1/media/download/{address.removeprefix('mxc://')}"
    async with who.server._client.get(  # the body is no JSON
        path, headers={"Authorization": f"Bearer {who.token}"}
    ) as response:
        return response.status
