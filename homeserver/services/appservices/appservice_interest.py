"""What concerns an application service, as of each position of the log.

The log is walked in order, and with it who of the service's users was in which room: what happened
while a ghost was in a room concerns its service also if it is told after the ghost has left.
Source: application-service-api, "Registration", "Pushing ephemeral data".
"""

from __future__ import annotations

import time

from homeserver.services.appservices.appservice_registry import Appservice
from homeserver.services.events.event_cache import EventCache
from homeserver.services.events.room_heads import MEMBER
from homeserver.services.ground.bounded_cache import BoundedCache
from homeserver.storage import aliases, room_state
from homeserver.storage.commit import LogRow
from homeserver.storage.database import Database
from homeserver.storage.events import StoredEvent
from homeserver.storage.receipts import READ, ReceiptFact

_IN_ROOM = ("join", "invite")
_ROOM_BYTES = 600
_NAME_BYTES = 160
"""That a room takes in memory, and one of the service's users in it."""
_ALIAS_SECONDS = 1.0


class AppserviceInterest:
    """Follows the log for one application service. Rows must be shown in order."""

    def __init__(
        self, appservice: Appservice, database: Database, cache: EventCache, *, max_bytes: int
    ) -> None:
        """max_bytes: half for who is in which room, half for what names are the service's."""
        self._appservice = appservice
        self._database = database
        self._cache = cache
        self._rooms: BoundedCache[int, set[str]] = BoundedCache(
            "interest",
            max_bytes=max_bytes // 2,
            weigh=lambda _, members: _ROOM_BYTES + _NAME_BYTES * len(members),
        )
        self._most_names = max_bytes // 4 // (2 * _NAME_BYTES)
        self._users: dict[str, bool] = {}
        self._aliased: dict[str, tuple[float, bool]] = {}

    async def in_event(self, row: LogRow) -> bool:
        """Whether the event of this row concerns it. Takes in who came and went by it."""
        stored = row.fact
        if not isinstance(stored, StoredEvent) or row.room is None:
            return False
        event = stored.event
        members = await self._members(row.room.nid, row.position - 1)
        about = event.state_key if event.type == MEMBER else None
        mine = about is not None and self._covers(about)
        concerned = (
            mine
            or bool(members)
            or self._covers(event.sender)
            or self._appservice.covers_room(event.room_id)
            or await self._by_alias(event.room_id)
        )
        if mine and about is not None:
            if event.membership in _IN_ROOM:
                members.add(about)
                self._rooms.weigh_again(row.room.nid)
            else:
                members.discard(about)
        return concerned

    async def in_receipt(self, row: LogRow) -> bool:
        """Whether the receipt of this row concerns it: "Private read receipts MUST only be sent for
        users matching one of the application service's namespaces"."""
        fact = row.fact
        if not isinstance(fact, ReceiptFact) or row.room is None:
            return False
        if fact.type != READ and not self._covers(fact.user_id):
            return False
        return await self.in_room(row.room.nid, room_id_of(row), row.position)

    async def in_room(self, room: int, room_id: str, position: int) -> bool:
        """Whether everything that happens in a room concerns it, as of a position."""
        return (
            bool(await self._members(room, position))
            or self._appservice.covers_room(room_id)
            or await self._by_alias(room_id)
        )

    async def _members(self, room: int, position: int) -> set[str]:
        """Its users who are in the room, or invited. Kept from now on; the set may be changed."""
        known = self._rooms.get(room)
        if known is not None:
            return known
        async with self._database.read() as conn:
            state = await room_state.at_type(conn, room, position, MEMBER)
        nids = {key: nid for (_, key), nid in state.items() if self._covers(key)}
        events = await self._cache.by_nid(nids.values())
        members = {
            user_id
            for user_id, nid in nids.items()
            if nid in events and events[nid].event.membership in _IN_ROOM
        }
        self._rooms.put(room, members)
        return members

    def _covers(self, user_id: str) -> bool:
        known = self._users.get(user_id)
        if known is None:
            if len(self._users) >= self._most_names:
                self._users.clear()
            known = self._users[user_id] = self._appservice.covers_user(user_id)
        return known

    async def _by_alias(self, room_id: str) -> bool:
        """Whether it has reserved an alias of the room. Aliases are not in the log, so this is as
        of now, or a moment ago."""
        if not self._appservice.aliases:
            return False
        now = time.monotonic()
        until, known = self._aliased.get(room_id, (0.0, False))
        if until > now:
            return known
        if len(self._aliased) >= self._most_names:
            self._aliased.clear()
        async with self._database.read() as conn:
            names = await aliases.of_room(conn, room_id)
        covered = any(self._appservice.covers_alias(name) for name in names)
        self._aliased[room_id] = now + _ALIAS_SECONDS, covered
        return covered


def room_id_of(row: LogRow) -> str:
    """The room id of a row that names a room, of this process's or another's."""
    room_id: str = getattr(row.room, "room_id", "")
    return room_id
