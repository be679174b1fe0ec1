"""Follows the state of rooms: settings, power levels, members.

What a transaction tells is taken as a hint that something has changed; what counts is what the
homeserver answers when it is asked. So it does not matter in which order hints come, or how often.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterable

from appservice_tasks.domain.ids import server_of
from appservice_tasks.matrix_client import Homeserver, Json, MatrixEvent, Refused, Unavailable
from appservice_tasks.observe import get_logger
from appservice_tasks.services import room_notes
from appservice_tasks.services.notices import Notices
from appservice_tasks.services.room_state import (
    MEMBER,
    POWER_LEVELS,
    RoomState,
    power_admins,
    power_of,
    read_state,
)
from appservice_tasks.services.work import Unit, Work
from appservice_tasks.storage import chores, rooms
from appservice_tasks.storage.chores import Chore
from appservice_tasks.storage.feed import Entry
from appservice_tasks.storage.rooms import Member, StoredRoom

log = get_logger(__name__)

_GONE = (403, 404)
_PAUSES = (0.2, 1.0, 3.0)


class FollowRoom:
    """Reads the state of rooms into the database."""

    def __init__(
        self, work: Work, homeserver: Homeserver, notices: Notices, authority: str
    ) -> None:
        self._work = work
        self._homeserver = homeserver
        self._notices = notices
        self._authority = authority
        self._dirty: dict[str, set[str] | None] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    def hint(self, room_id: str, event: MatrixEvent) -> None:
        """A state event was seen: the room is asked soon. A membership is asked for by itself."""
        user = event.get("state_key", "")
        if event["type"] == MEMBER and user != self._authority:
            wanted = self._dirty.setdefault(room_id, set())
            if wanted is not None:
                wanted.add(user)
        else:
            self._dirty[room_id] = None
        if room_id not in self._tasks:
            self._tasks[room_id] = asyncio.create_task(self._follow(room_id))

    async def look_for(self, room_id: str, users: set[str]) -> None:
        """Asks for these memberships now. Raises Unavailable."""
        await self._ask(room_id, users)

    async def settle(self) -> None:
        """Waits until every hint has been followed."""
        while self._tasks:
            await asyncio.wait(list(self._tasks.values()))

    async def stop(self) -> None:
        """Drops the hints; the next start reads every room."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _follow(self, room_id: str) -> None:
        try:
            tries = 0
            while room_id in self._dirty:
                wanted = self._dirty.pop(room_id)
                try:
                    await self._ask(room_id, wanted)
                    tries = 0
                except Unavailable as error:
                    log.warning("room_not_read", room_id=room_id, reason=str(error))
                    self._dirty[room_id] = None
                    await asyncio.sleep(_PAUSES[min(tries, len(_PAUSES) - 1)])
                    tries += 1
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("room_not_followed", room_id=room_id)
        finally:
            self._tasks.pop(room_id, None)
            if room_id in self._dirty:
                self._tasks[room_id] = asyncio.create_task(self._follow(room_id))

    async def _ask(self, room_id: str, users: set[str] | None) -> None:
        if users is None or len(users) > 20:
            await self.refresh(room_id)
            return
        async with self._work.database.read() as conn:
            known = await rooms.find(conn, room_id)
        if known is None or not known.joined or known.kind in ("personal", "direct"):
            await self.refresh(room_id)
            return
        await self._refresh_members(room_id, users)

    async def _refresh_members(self, room_id: str, users: Iterable[str]) -> None:
        async with self._lock(room_id):
            try:
                found: dict[str, Json | None] = {
                    user: await self._homeserver.state_content(room_id, MEMBER, user)
                    for user in users
                }
                levels = await self._homeserver.state_content(room_id, POWER_LEVELS, "") or {}
            except Refused as refused:
                await self._lost(room_id, refused)
                return
            async with self._work.begin() as unit:
                before = {each.user_id: each for each in await rooms.members(unit.conn, room_id)}
                for user, content in found.items():
                    membership = (content or {}).get("membership")
                    if membership in ("join", "invite"):
                        # A change of the levels themselves reads the whole state.
                        had = before.get(user)
                        power = had.power if had else power_of(user, levels, frozenset())
                        member = Member(user, str(membership), power)
                        await rooms.put_member(unit.conn, room_id, member)
                        if membership == "join" and (had is None or had.membership != "join"):
                            unit.entries.append(Entry("room_joined", room_id, user_id=user))
                    elif user in before:
                        await rooms.drop_member(unit.conn, room_id, user)
                        if before[user].membership == "join":
                            unit.entries.append(Entry("room_left", room_id, user_id=user))
                await rooms.touch(unit.conn, room_id, unit.now)

    async def refresh(self, room_id: str) -> StoredRoom | None:
        """Reads the whole state of a room; None where the authority cannot read it.

        Raises Unavailable.
        """
        async with self._lock(room_id):
            try:
                events = await self._homeserver.room_state(room_id)
            except Refused as refused:
                await self._lost(room_id, refused)
                return None
            state = read_state(room_id, events, self._authority)
            levels = next(
                (event["content"] for event in events if event["type"] == POWER_LEVELS), {}
            )
            async with self._work.begin() as unit:
                await self._store(unit, state, power_admins(state, levels))
        return state.room

    async def _store(self, unit: Unit, state: RoomState, admins: list[str]) -> None:
        room_id = state.room.room_id
        known = await rooms.find(unit.conn, room_id)
        broken = state.room.config is not None and state.room.joined and not state.room.guarded
        told = broken and known is not None and known.told
        if broken and not told:
            await chores.add(
                unit.conn,
                Chore(
                    f"broken:{room_id}:{unit.now}",
                    "send",
                    room_id,
                    room_notes.not_guarded([user for user in admins if user != self._authority]),
                ),
                unit.now,
            )
            unit.chores = True
        room = dataclasses.replace(state.room, told=broken)
        await rooms.put_room(unit.conn, room, unit.now)
        joined, left = await rooms.replace_members(unit.conn, room_id, state.members)
        if room.config is not None and room.joined:
            gained = [Entry("room_joined", room_id, user_id=user) for user in sorted(joined)]
            unit.entries += gained
        unit.entries += [Entry("room_left", room_id, user_id=user) for user in sorted(left)]
        await self._own(unit, state)
        if known is None or not known.usable:
            unit.rooms.add(room_id)

    async def _own(self, unit: Unit, state: RoomState) -> None:
        """Notes whose personal or direct room it is."""
        room, people = state.room, state.people(self._authority)
        if not room.usable or room.config is None:
            await rooms.drop_own(unit.conn, room.room_id)
        elif room.kind == "personal" and room.owner is not None and people == [room.owner]:
            await rooms.put_own(unit.conn, "personal", room.room_id, room.owner)
            await self._notices.tell_waiting(unit, room.owner)
        elif room.kind == "direct" and len(people) == 2:
            await rooms.put_own(unit.conn, "direct", room.room_id, *people)
        else:
            await rooms.drop_own(unit.conn, room.room_id)

    async def _lost(self, room_id: str, refused: Refused) -> None:
        if refused.status not in _GONE:
            raise Unavailable(str(refused))
        async with self._work.begin() as unit:
            known = await rooms.find(unit.conn, room_id)
            if known is None or not known.joined:
                return
            log.warning("room_lost", room_id=room_id, reason=str(refused))
            await rooms.set_left(unit.conn, room_id, unit.now)
            await rooms.drop_own(unit.conn, room_id)
            for member in await rooms.members(unit.conn, room_id):
                if member.membership == "join":
                    entry = Entry("room_left", room_id, user_id=member.user_id)
                    unit.entries.append(entry)

    def _lock(self, room_id: str) -> asyncio.Lock:
        """Answers for one room are stored in the order in which they were asked for."""
        if len(self._locks) > 10_000:
            self._locks = {key: lock for key, lock in self._locks.items() if lock.locked()}
        return self._locks.setdefault(room_id, asyncio.Lock())


def has_strangers(members: Iterable[str], server_name: str) -> bool:
    """Whether people of other servers are among them, whose clients know no tasks."""
    return any(server_of(user) != server_name for user in members)
