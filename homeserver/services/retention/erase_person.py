"""Forgets a person: what they said and uploaded, their profile and their account."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from homeserver.errors import Forbidden, InvalidParam
from homeserver.ids import UserId
from homeserver.observe import get_logger
from homeserver.protocol.client_event import redacted_event
from homeserver.protocol.event import Event
from homeserver.protocol.room_versions import ROOM_VERSIONS
from homeserver.services.accounts.account import Account
from homeserver.services.events.room_heads import RoomHeads
from homeserver.services.events.write_event import Draft, WriteEvent
from homeserver.services.retention.purge_media import PurgeMedia
from homeserver.storage import accounts, membership, purge
from homeserver.storage.commit import Committer, LogRow, Write
from homeserver.storage.database import Database
from homeserver.storage.log import PURGED
from homeserver.storage.purge import Message

log = get_logger(__name__)

_AT_ONCE = 50
"""Redactions in one commit."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What went: messages, files and their bytes."""

    messages: int
    files: int
    bytes: int


class ErasePerson:
    """Who may ask for it is the caller's to check."""

    def __init__(
        self,
        database: Database,
        committer: Committer,
        heads: RoomHeads,
        write: WriteEvent,
        media: PurgeMedia,
        account: Account,
    ) -> None:
        self._database = database
        self._committer = committer
        self._heads = heads
        self._write = write
        self._media = media
        self._account = account

    async def erase(self, user_id: UserId) -> Erased:
        """Takes back every message, deletes every file, and closes the account for good.

        Where they are in the room, in their name, so that everybody's clients hear of it; elsewhere
        the content is taken out of what is stored here. That they were in a room stays known. May
        be repeated if it was cut off. Raises InvalidParam for the last administrator.
        """
        async with self._database.read() as conn:
            if await accounts.is_last_admin(conn, user_id):
                raise InvalidParam("The last administrator cannot leave")
            rooms = await membership.of_user(conn, user_id)
        messages = 0
        for room in rooms:
            messages += await self._in_room(user_id, room.room, room.room_id)
        files, size = await self._media.delete_of(user_id)
        async with self._database.read() as conn:
            account = await accounts.account(conn, user_id)
        if account is not None and account.active:
            await self._account.deactivate(user_id, erase=True)
        await self._database.give_back()
        log.info("person_erased", user_id=user_id, messages=messages, files=files, bytes=size)
        return Erased(messages, files, size)

    async def _in_room(self, user_id: str, room: int, room_id: str) -> int:
        count = after = 0
        while True:
            async with self._database.read(slow=True) as conn:
                found = await purge.messages_by(conn, room, user_id, after=after, limit=_AT_ONCE)
            if not found:
                return count
            after = found[-1].nid
            found = [message for message in found if _says_something(message)]
            if not found:
                continue
            count += len(found)
            head = await self._heads.find(room_id)
            if head is None or head.membership(user_id) != "join":
                await self._prune(room_id, found)
                continue
            try:
                await self._redact(user_id, room_id, found)
            except Forbidden:  # a room in which they may not even say that
                await self._prune(room_id, found)

    async def _redact(self, user_id: str, room_id: str, found: list[Message]) -> None:
        drafts = [
            Draft("m.room.redaction", user_id, {}, redacts=message.event_id) for message in found
        ]
        await self._write.write(room_id, lambda _: drafts)

    async def _prune(self, room_id: str, found: list[Message]) -> None:
        contents = [(_taken_back(message), message.nid) for message in found]
        head = await self._heads.find(room_id)
        data = orjson.dumps({"before": found[-1].nid})
        rows = [] if head is None else [LogRow(PURGED, head, data=data)]
        await self._committer.commit(Write(log=rows, bind=lambda: purge.pruned(contents)))


def _taken_back(message: Message) -> bytes:
    version = ROOM_VERSIONS[message.room_version]
    event = Event.from_bytes(message.json, version, event_id=message.event_id)
    return redacted_event(event).to_bytes()


def _says_something(message: Message) -> bool:
    return _taken_back(message) != message.json
