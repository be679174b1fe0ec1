"""Who is online: kept in memory only, and told to those who share a room.

What changes is gathered for a moment and told together, since in a large room everybody hears of
it. By the moment at which a process tells of a change every other has heard of it as well: so a
client that goes from one to another misses nothing. What a client was told last is in its token.

Source: client-server-api, "Presence".
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Coroutine, Iterable, Iterator
from typing import Any

from homeserver.protocol.presence import ACTIVE_MS, OFFLINE, SILENCE_MS, Presence, Shown
from homeserver.services.ground.clock import Clock
from homeserver.services.ground.whispers import Whispers
from homeserver.services.sync.notifier import Notifier, UserStream
from homeserver.storage import devices
from homeserver.storage.commit import LogRow
from homeserver.storage.database import Database, DatabaseUnavailable
from homeserver.storage.events import StoredEvent

GATHER_SECONDS = 1.0
HOLD_SECONDS = 0.5
"""For so long at least nothing is told of a change."""
SETTLE_SECONDS = 60.0
"""After a start: who was there before it and has not come back by then is offline."""

_SAYS, _ACTS, _STATUS = "presence", "active", "status"


class Presences:
    """The presence of everybody. enabled: whether anything is noted at all.

    newest: the moment of the last change that was told, in milliseconds; it only grows.
    """

    def __init__(
        self,
        database: Database,
        notifier: Notifier,
        whispers: Whispers,
        clock: Clock,
        *,
        enabled: bool,
    ) -> None:
        self._database = database
        self._notifier = notifier
        self._whispers = whispers
        self._clock = clock
        self._enabled = enabled
        self._people: dict[str, Presence] = {}
        self._told: OrderedDict[str, tuple[int, Shown]] = OrderedDict()
        self._changed: dict[str, tuple[int, float]] = {}
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._telling = False
        self.newest = 0
        whispers.on(_SAYS, self._hear)
        whispers.on(_ACTS, self._hear_act)
        whispers.on(_STATUS, self._hear_status)

    def start(self) -> None:
        """Begins to wait for those who were there before the start."""
        if self._enabled:
            self._spawn(self._settle())

    async def stop(self) -> None:
        """Forgets everybody without telling anyone."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- what is noted ---------------------------------------------------------------------------

    def polls(self, user_id: str, device: str, state: str, timeout: float) -> None:
        """A device begins a poll of so many seconds at most, and says ``state`` of itself."""
        if not self._enabled or state == OFFLINE:
            return  # "the client is not marked as being online when it uses this API"
        now = self._clock()
        until = now + round(timeout * 1000) + SILENCE_MS
        person = self._people.get(user_id)
        if person is None or person.says(device, state, until):
            self._says(user_id, device, state, now, until)

    def put(self, user_id: str, device: str, state: str, status: str | None) -> None:
        """Somebody says how they are, on one device."""
        if not self._enabled:
            return
        now = self._clock()
        person = self._people.setdefault(user_id, Presence())
        person.act(now)
        person.status = status
        self._whispers.say(_STATUS, user_id, *([] if status is None else [status]))
        self._says(user_id, device, state, now, now + SILENCE_MS)

    def _says(self, user_id: str, device: str, state: str, now: int, until: int) -> None:
        self._hear(user_id, device, state, now, until)
        self._whispers.say(_SAYS, user_id, device, state, now, until)

    def _hear(self, user_id: str, device: str, state: str, now: int, until: int) -> None:
        if self._enabled:
            person = self._people.setdefault(user_id, Presence())
            person.note(device, state, now, until)
            self._review(user_id, person, now)

    def _hear_status(self, user_id: str, status: str | None = None) -> None:
        if self._enabled:
            self._people.setdefault(user_id, Presence()).status = status

    def learn(self, rows: list[LogRow]) -> None:
        """A listener of the feed: who sends something is active."""
        if not self._people:
            return
        for row in rows:
            stored = row.fact
            if row.kind == "event" and isinstance(stored, StoredEvent):
                self._act(stored.event.sender)

    def _act(self, user_id: str) -> None:
        person = self._people.get(user_id)
        if person is None or not person.devices:
            return
        now = self._clock()
        if person.active_ts is None or now - person.active_ts >= ACTIVE_MS:
            self._hear_act(user_id, now)
            self._whispers.say(_ACTS, user_id, now)

    def _hear_act(self, user_id: str, now: int) -> None:
        person = self._people.get(user_id)
        if person is not None:
            person.act(now)
            self._review(user_id, person, now)

    def _review(self, user_id: str, person: Presence, moment: int) -> None:
        """Tells of a person, if others see something else now, and looks again in time."""
        now = self._clock()
        person.forget_silent(now)
        shown, (_, told) = person.shown(now), self._told.get(user_id, (0, Shown()))
        if (shown.state, shown.status) != (told.state, told.status):
            self._tell_soon(user_id, moment)
        timer = self._timers.pop(user_id, None)
        if timer is not None:
            timer.cancel()
        change = person.next_change(now)
        if change is not None:
            wait = (change - now) / 1000
            self._timers[user_id] = asyncio.get_running_loop().call_later(
                wait, self._review, user_id, person, change
            )

    # --- what is told ----------------------------------------------------------------------------

    def _tell_soon(self, user_id: str, moment: int) -> None:
        self._changed[user_id] = moment, asyncio.get_running_loop().time()
        if not self._telling:
            self._telling = True
            self._spawn(self._tell())

    async def _tell(self) -> None:
        try:
            while self._changed:
                await asyncio.sleep(GATHER_SECONDS)
                held = asyncio.get_running_loop().time() - HOLD_SECONDS
                due = {u: moment for u, (moment, at) in self._changed.items() if at <= held}
                for user_id in due:
                    del self._changed[user_id]
                # Whoever is to be woken is looked up first: between telling and waking nobody may
                # begin to wait.
                streams: list[UserStream] = []
                with contextlib.suppress(DatabaseUnavailable):
                    streams = [await self._notifier.stream(user_id) for user_id in due]
                for user_id in sorted(due, key=lambda each: due[each]):
                    self._told_now(user_id, due[user_id])
                for room in {room for stream in streams for room in stream.joined}:
                    self._notifier.wake_room(room)
        finally:
            self._telling = False

    def _told_now(self, user_id: str, moment: int) -> None:
        person = self._people.get(user_id)
        shown = Shown() if person is None else person.shown(self._clock())
        self.newest = max(moment, self.newest + 1)
        self._told[user_id] = self.newest, shown
        self._told.move_to_end(user_id)

    async def _settle(self) -> None:
        with contextlib.suppress(DatabaseUnavailable):
            async with self._database.read() as conn:
                before = await devices.seen_lately(conn)
            await asyncio.sleep(SETTLE_SECONDS)
            for user_id in before:
                if user_id not in self._told:
                    self._tell_soon(user_id, self._clock())

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- what is asked ---------------------------------------------------------------------------

    def of(self, user_id: str) -> Shown:
        """How somebody is, as others see it now."""
        person = self._people.get(user_id)
        return Shown() if person is None else person.shown(self._clock())

    def told_since(self, moment: int) -> Iterator[str]:
        """Those of whom something was told after a moment, who changed last comes first."""
        for user_id, (told, _) in reversed(self._told.items()):
            if told <= moment:
                return
            yield user_id

    async def in_rooms(self, rooms: set[int], user_ids: Iterable[str]) -> list[str]:
        """Those of the people who are in one of the rooms."""
        return [
            user_id
            for user_id in user_ids
            if not rooms.isdisjoint((await self._notifier.stream(user_id)).joined)
        ]
