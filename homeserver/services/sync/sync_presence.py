"""The presence of others in a sync: of those who changed, and of those whom one meets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from homeserver.protocol.presence import OFFLINE
from homeserver.services.events.room_heads import MEMBER
from homeserver.services.sync.notifier import UserStream
from homeserver.services.sync.presences import Presences
from homeserver.services.sync.reader import Reader
from homeserver.services.sync.sync_changes import Changes

TYPE = "m.presence"


class SyncPresence:
    """Builds the entries of ``presence`` in a sync."""

    def __init__(self, presences: Presences) -> None:
        self._presences = presences

    @property
    def newest(self) -> int:
        """The moment of the last change that was told."""
        return self._presences.newest

    async def everybody(self, reader: Reader, stream: UserStream) -> list[dict[str, Any]]:
        """Who is there, for a client that knows nothing."""
        return await self._events(reader, self._there(), stream.joined)

    async def news(
        self, reader: Reader, stream: UserStream, changes: Changes, *, after: int, told: int
    ) -> list[dict[str, Any]]:
        """Those who changed since the moment ``told``; those who have entered a room of the
        reader's; and whoever is in a room that the reader has entered, since ``after``."""
        events = await self._events(reader, self._presences.told_since(told), stream.joined)
        entered: set[int] = set()
        others: set[str] = set()
        for nid, change in changes.rooms.items():
            room = stream.rooms.get(nid)
            if room is None or room.membership != "join":
                continue
            if room.position > after or change.events is None:
                entered.add(nid)
                continue
            others |= {
                stored.event.state_key
                for stored in change.events
                if stored.event.type == MEMBER
                and stored.event.membership == "join"
                and stored.event.state_key is not None
            }
        shown = {event["sender"] for event in events}
        if entered:
            events += await self._events(reader, self._there() - shown, entered)
            shown = {event["sender"] for event in events}
        if others:
            events += await self._events(reader, (others & self._there()) - shown, stream.joined)
        return events

    def _there(self) -> set[str]:
        people = self._presences.told_since(0)
        return {user_id for user_id in people if self._presences.of(user_id).state != OFFLINE}

    async def _events(
        self, reader: Reader, user_ids: Iterable[str], rooms: set[int]
    ) -> list[dict[str, Any]]:
        wanted = reader.wanted.presence
        people = [
            user_id
            for user_id in user_ids
            if user_id not in reader.ignored and wanted.matches(TYPE, user_id)
        ]
        return [
            {
                "type": TYPE,
                "sender": user_id,
                "content": self._presences.of(user_id).content(reader.now),
            }
            for user_id in await self._presences.in_rooms(rooms, people)
        ]
