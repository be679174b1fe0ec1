"""What people's clients keep with the server: account data and tags.

Source: client-server-api, "Client Config", "Room Tagging".
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import orjson

from homeserver.errors import InvalidParam, MatrixError, NotFound, TooLarge
from homeserver.ids import RoomId, UserId
from homeserver.protocol.canonical_json import encode
from homeserver.services.events.known_room import KnownRoom
from homeserver.services.ground.keyed_locks import KeyedLocks
from homeserver.storage import account_data, membership, rooms
from homeserver.storage.account_data import GLOBAL, AccountData
from homeserver.storage.commit import Committer, LogRow, LostClaim, Write
from homeserver.storage.database import Args, Database, Sql

TAGS = "m.tag"
PUSH_RULES = "m.push_rules"
FULLY_READ = "m.fully_read"

MAX_BYTES = 262_144
"""Of one entry."""

_SERVER_CONTROLLED = frozenset({PUSH_RULES, FULLY_READ})


class UserData:
    """Reads and writes account data, of one's own only: callers check whose it is."""

    def __init__(self, database: Database, committer: Committer) -> None:
        self._database = database
        self._committer = committer
        self._locks = KeyedLocks()

    async def get(self, user_id: UserId, room_id: RoomId | None, data_type: str) -> bytes:
        """One entry, as JSON; of a room, or global. Raises NotFound, InvalidParam."""
        _check_type(data_type)
        room = await self._room(user_id, room_id)
        async with self._database.read() as conn:
            content = await account_data.content(
                conn, user_id, GLOBAL if room is None else room.nid, data_type
            )
        if content is None:
            raise NotFound("There is no such account data")
        return content

    async def put(
        self, user_id: UserId, room_id: RoomId | None, data_type: str, content: dict[str, Any]
    ) -> None:
        """Stores an entry.

        Raises NotFound (not a room of theirs), InvalidParam, TooLarge; MatrixError 405 for what
        only the server writes.
        """
        _check_writable(data_type)
        raw = encode(content)
        if len(raw) > MAX_BYTES:
            raise TooLarge(f"Account data may have at most {MAX_BYTES} bytes")
        await self._commit(user_id, await self._room(user_id, room_id), data_type, raw)

    async def delete(self, user_id: UserId, room_id: RoomId | None, data_type: str) -> None:
        """Deletes an entry; clients are told that it is empty now. One that is absent stays so."""
        _check_writable(data_type)
        room = await self._room(user_id, room_id)
        nid = GLOBAL if room is None else room.nid
        async with self._database.read() as conn:
            known = await account_data.content(conn, user_id, nid, data_type)
        if known is not None:
            await self._commit(user_id, room, data_type, None)

    async def tags(self, user_id: UserId, room_id: RoomId) -> dict[str, Any]:
        """The user's tags of a room, by name. Raises NotFound."""
        room = await self._room(user_id, room_id)
        assert room is not None
        return await self._tags(user_id, room)

    async def set_tag(
        self, user_id: UserId, room_id: RoomId, tag: str, content: dict[str, Any]
    ) -> None:
        """Tags a room. content: may hold ``order``, from 0 to 1. Raises NotFound, InvalidParam."""
        _check_tag(tag, content)
        await self._change_tags(user_id, room_id, lambda tags: {**tags, tag: content})

    async def remove_tag(self, user_id: UserId, room_id: RoomId, tag: str) -> None:
        """Takes a tag off a room, if it is there. Raises NotFound."""
        await self._change_tags(
            user_id, room_id, lambda tags: {name: tags[name] for name in tags if name != tag}
        )

    async def _change_tags(
        self,
        user_id: UserId,
        room_id: RoomId,
        change: Callable[[dict[str, Any]], dict[str, Any]],
    ) -> None:
        room = await self._room(user_id, room_id)
        assert room is not None
        async with self._locks.holding((user_id, room_id)):
            done = False
            while not done:
                async with self._database.read() as conn:
                    seen = await account_data.position(conn, user_id, room.nid, TAGS)
                tags = await self._tags(user_id, room)
                changed = change(tags)
                if changed == tags:
                    return
                raw = encode({"tags": changed})
                if len(raw) > MAX_BYTES:
                    raise TooLarge("The room has too many tags")
                with contextlib.suppress(LostClaim):  # another process changed them meanwhile
                    await self._commit(user_id, room, TAGS, raw, seen=seen)
                    done = True

    async def _tags(self, user_id: UserId, room: KnownRoom) -> dict[str, Any]:
        async with self._database.read() as conn:
            content = await account_data.content(conn, user_id, room.nid, TAGS)
        stored = None if content is None else orjson.loads(content).get("tags")
        # Clients may also have written m.tag itself, with anything in it.
        return stored if isinstance(stored, dict) else {}

    async def _room(self, user_id: UserId, room_id: RoomId | None) -> KnownRoom | None:
        if room_id is None:
            return None
        async with self._database.read() as conn:
            nid = await rooms.room_nid(conn, room_id)
            if nid is None or await membership.one(conn, nid, user_id) is None:
                raise NotFound("You have nothing to do with this room")
        return KnownRoom(nid, room_id)

    async def _commit(
        self,
        user_id: UserId,
        room: KnownRoom | None,
        data_type: str,
        content: bytes | None,
        *,
        seen: int | None = None,
    ) -> None:
        """seen: it may not have changed since. Raises LostClaim."""
        row = LogRow("account_data", room, user_id, data_type.encode())
        nid = GLOBAL if room is None else room.nid

        def bind() -> list[tuple[Sql, list[Args]]]:
            row.fact = AccountData(nid, data_type, content, row.position)
            args = (user_id, nid, data_type, content, row.position)
            return [(account_data.UPSERT, [args])]

        claim = None if seen is None else account_data.unchanged(user_id, nid, data_type, seen)
        await self._committer.commit(Write([row], bind, grouped=claim is None, claim=claim))


def _check_type(data_type: str) -> None:
    if not data_type or "\0" in data_type or len(data_type.encode()) > 255:
        raise InvalidParam("Not a valid type of account data")


def _check_writable(data_type: str) -> None:
    _check_type(data_type)
    if data_type in _SERVER_CONTROLLED:
        # "Servers MUST reject ... 405 M_BAD_JSON": the type is the server's own.
        raise MatrixError(
            f"{data_type} cannot be set through this API", status=405, errcode="M_BAD_JSON"
        )


def _check_tag(tag: str, content: dict[str, Any]) -> None:
    if not tag or len(tag.encode()) > 255:
        raise InvalidParam("The name of a tag has 1 to 255 bytes")
    order = content.get("order", 0)
    if isinstance(order, bool) or not isinstance(order, (int, float)) or not 0 <= order <= 1:
        raise InvalidParam("order must be a number from 0 to 1")
