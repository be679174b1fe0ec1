"""Who is typing: kept in memory only, until they stop or fall silent. Processes tell each other.

Source: client-server-api, "Typing Notifications".
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping

from homeserver.errors import Forbidden
from homeserver.services.events.room_heads import MEMBER, RoomHead, RoomHeads
from homeserver.services.ground.whispers import Whispers
from homeserver.storage.commit import LogRow
from homeserver.storage.events import StoredEvent

MIN_TIMEOUT_MS = 5_000
"""A shorter wish is taken for this: a notice that vanishes at once would never be seen."""
DEFAULT_TIMEOUT_MS = 30_000
MAX_TIMEOUT_MS = 120_000

QUIET = "0"
"""The digest of a room in which nobody types any more, but somebody did until lately."""
QUIET_SECONDS = 60.0
"""For so long a client that comes with an old token is told that nobody types any more."""

_TOPIC = "typing"
_MAX_MOMENTS = 10_000


class Typing:
    """The typing members of each room.

    on_change: told the room id whenever the list of a room changes. whispers: to and from other
    processes.
    """

    def __init__(
        self, heads: RoomHeads, on_change: Callable[[str], None], whispers: Whispers
    ) -> None:
        self._heads = heads
        self._listeners = [on_change]
        self._whispers = whispers
        whispers.on(_TOPIC, self._hear)
        self._rooms: dict[str, dict[str, asyncio.TimerHandle]] = {}
        self._digests: dict[str, str] = {}
        self._quiet: dict[str, asyncio.TimerHandle] = {}
        self._active: dict[str, int] = {}
        self._moments: OrderedDict[tuple[str, str], int] = OrderedDict()

    def listen(self, listener: Callable[[str], None]) -> None:
        """``listener`` is told the room id whenever the list of a room changes, too."""
        self._listeners.append(listener)

    async def start(self, room_id: str, user_id: str, timeout_ms: int | None) -> None:
        """The user types, for at most ``timeout_ms`` unless they say so again. Raises Forbidden
        for those who are not in the room."""
        nid = (await self._check(room_id, user_id)).nid
        timeout = DEFAULT_TIMEOUT_MS if timeout_ms is None else timeout_ms
        timeout = min(max(timeout, MIN_TIMEOUT_MS), MAX_TIMEOUT_MS)
        self._put(room_id, nid, user_id, timeout)
        self._whispers.say(_TOPIC, room_id, nid, user_id, timeout, self._now(room_id, user_id))

    def _now(self, room_id: str, user_id: str) -> int:
        """When something became of a person's typing; what other processes tell of earlier moments
        comes too late."""
        moment = time.time_ns()
        self._moments[(room_id, user_id)] = moment
        if len(self._moments) > _MAX_MOMENTS:
            self._moments.popitem(last=False)
        return moment

    def _hear(self, room_id: str, nid: int, user_id: str, timeout: int, moment: int) -> None:
        """Another process tells who types, or, with a timeout of 0, types no more."""
        if moment <= self._moments.get((room_id, user_id), 0):
            return
        if timeout:
            self._put(room_id, nid, user_id, timeout)
        else:
            self.drop(room_id, user_id)
        self._moments[(room_id, user_id)] = moment

    def _put(self, room_id: str, nid: int, user_id: str, timeout: int) -> None:
        self._active[room_id] = nid
        users = self._rooms.setdefault(room_id, {})
        self._no_longer_quiet(room_id)
        known = users.get(user_id)
        if known is not None:
            known.cancel()
        users[user_id] = asyncio.get_running_loop().call_later(
            timeout / 1000, self.drop, room_id, user_id
        )
        if known is None:
            self._changed(room_id)

    async def stop(self, room_id: str, user_id: str) -> None:
        """The user types no more. Raises Forbidden for those who are not in the room."""
        head = await self._check(room_id, user_id)
        self.drop(room_id, user_id)
        self._whispers.say(_TOPIC, room_id, head.nid, user_id, 0, self._now(room_id, user_id))

    def drop(self, room_id: str, user_id: str) -> None:
        """Takes somebody off the list: they stopped, fell silent, sent what they typed, or left."""
        users = self._rooms.get(room_id)
        timer = None if users is None else users.pop(user_id, None)
        if users is None or timer is None:
            return
        timer.cancel()
        if not users:
            del self._rooms[room_id]
            self._quiet[room_id] = asyncio.get_running_loop().call_later(
                QUIET_SECONDS, self._end_quiet, room_id
            )
        self._changed(room_id)

    def _no_longer_quiet(self, room_id: str) -> None:
        timer = self._quiet.pop(room_id, None)
        if timer is not None:
            timer.cancel()

    def _end_quiet(self, room_id: str) -> None:
        del self._quiet[room_id], self._active[room_id]

    def learn(self, rows: list[LogRow]) -> None:
        """A listener of the feed: who has left a room does not type in it."""
        if not self._rooms and not self._moments:
            return
        for row in rows:
            stored = row.fact
            if isinstance(stored, StoredEvent) and stored.event.type == MEMBER:
                event = stored.event
                if event.state_key is not None and event.membership != "join":
                    self._now(event.room_id, event.state_key)
                    self.drop(event.room_id, event.state_key)

    def active(self) -> Mapping[str, int]:
        """The rooms in which somebody types, or did until lately, with their numbers."""
        return self._active

    def listing(self, room_id: str) -> list[str]:
        """Who types in a room, sorted."""
        return sorted(self._rooms.get(room_id, ()))

    def digest(self, room_id: str) -> str:
        """A short hash of the listing, of letters and digits; QUIET or empty while nobody types.

        The same people give the same digest in any process and at any time.
        """
        digest = self._digests.get(room_id)
        if digest is None:
            users = self._rooms.get(room_id)
            if not users:
                return QUIET if room_id in self._quiet else ""
            joined = "\0".join(sorted(users)).encode()
            digest = self._digests[room_id] = hashlib.blake2b(joined, digest_size=6).hexdigest()
        return digest

    def close(self) -> None:
        """Forgets everybody without telling anyone."""
        for users in self._rooms.values():
            for timer in users.values():
                timer.cancel()
        for timer in self._quiet.values():
            timer.cancel()
        self._rooms.clear()
        self._quiet.clear()
        self._active.clear()
        self._digests.clear()

    def _changed(self, room_id: str) -> None:
        self._digests.pop(room_id, None)
        for listener in self._listeners:
            listener(room_id)

    async def _check(self, room_id: str, user_id: str) -> RoomHead:
        head = await self._heads.find(room_id)
        if head is None or head.membership(user_id) != "join":
            raise Forbidden("You are not in this room")
        return head
