"""/sync: what is new since a token, or everything; and the wait until there is something.

A poll with nothing new asks one in-memory number and parks. The waiter is registered in the same
step in which that number was read, so that nothing falls between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import orjson

from homeserver.protocol.presence import OFFLINE
from homeserver.protocol.push_rules import PushRules
from homeserver.protocol.sync_filter import SyncFilter
from homeserver.protocol.sync_token import MAX_POSITION, StreamToken, plain_token
from homeserver.services.accounts.ignored_users import IgnoredUsers
from homeserver.services.events.evaluate_push import PUSH_RULES, EvaluatePush
from homeserver.services.events.log_feed import LogFeed
from homeserver.services.ground.clock import Clock
from homeserver.services.ground.requester import Requester
from homeserver.services.sync.first_reads import FirstRead, FirstReads
from homeserver.services.sync.notifier import Notifier, UserStream
from homeserver.services.sync.presences import Presences
from homeserver.services.sync.reader import Reader
from homeserver.services.sync.sync_changes import Changes, RoomChange, SyncChanges
from homeserver.services.sync.sync_presence import TYPE as PRESENCE
from homeserver.services.sync.sync_presence import SyncPresence
from homeserver.services.sync.sync_rooms import SyncRooms, render_data
from homeserver.services.sync.sync_state import SyncState
from homeserver.services.sync.typing import QUIET, Typing
from homeserver.storage import account_data
from homeserver.storage.account_data import AccountData
from homeserver.storage.database import Database
from homeserver.storage.membership import Membership

_ROOMS_AT_ONCE = 100
"""Of a first sync: what is read of them at once is in memory at once."""
_FUTURE_WAIT = 1.0
"""Seconds to wait for a position that this process has not read yet."""


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """One poll. since: None for everything. timeout: seconds. state_after: see `Reader`.

    presence: what the device says of itself by polling.
    """

    who: Requester
    since: StreamToken | None
    wanted: SyncFilter
    timeout: float
    full_state: bool = False
    state_after: str | None = None
    presence: str = OFFLINE


@dataclass(frozen=True, slots=True)
class _Moment:
    """What there is to tell. typing: the digest of each room's list. newest: of presence."""

    upto: int
    typing: dict[str, str]
    newest: int


@dataclass(slots=True)
class _Rooms:
    join: dict[str, Any]
    invite: dict[str, Any]
    knock: dict[str, Any]
    leave: dict[str, Any]

    def __bool__(self) -> bool:
        return bool(self.join or self.invite or self.knock or self.leave)


class Sync:
    """Answers polls."""

    def __init__(
        self,
        database: Database,
        feed: LogFeed,
        notifier: Notifier,
        changes: SyncChanges,
        rooms: SyncRooms,
        first: FirstReads,
        state: SyncState,
        typing: Typing,
        presences: Presences,
        push: EvaluatePush,
        ignored: IgnoredUsers,
        *,
        clock: Clock,
    ) -> None:
        self._database = database
        self._feed = feed
        self._notifier = notifier
        self._changes = changes
        self._rooms = rooms
        self._first = first
        self._state = state
        self._typing = typing
        self._presences = presences
        self._presence = SyncPresence(presences)
        self._push = push
        self._ignored = ignored
        self._clock = clock
        self._at_once = database.together().at_once
        self._loop: asyncio.AbstractEventLoop | None = None

    async def sync(self, request: SyncRequest) -> bytes:
        """The answer as JSON. Waits up to ``timeout`` if there is nothing new."""
        since = request.since
        who = request.who
        stream = await self._notifier.stream(who.user_id)
        stream.users += 1  # It stays in step with the log for as long as this poll has it.
        try:
            self._presences.polls(who.user_id, who.txn_scope, request.presence, request.timeout)
            if since is None:
                return await self._everything(request, stream)
            return await self._news(request, stream, since)
        finally:
            stream.users -= 1

    async def _news(self, request: SyncRequest, stream: UserStream, since: StreamToken) -> bytes:
        await self._feed.reach(since.pos, timeout=_FUTURE_WAIT)
        deadline: float | None = None
        after = since.pos
        sessions = stream.sessions_pos
        told = self._told(request)
        while True:
            if stream.sessions_pos != sessions:
                # The session may be over. Whoever still has one asks again; others learn no more.
                return _answer(str(replace(since, pos=after)), None, [])
            upto = self._feed.position
            # Whatever comes after this is not what the token of this turn says.
            now = _Moment(upto, self._digests(stream), self._presence.newest)
            typing = _typing_changes(since, now)
            if stream.last_pos > after or typing or now.newest > told or request.full_state:
                answer = await self._increment(request, stream, (after, told), now, typing)
                if answer is not None:
                    return answer
                after, told = upto, max(now.newest, told)
                continue
            if deadline is None:
                loop = self._running()
                deadline = loop.time() + request.timeout
            left = deadline - loop.time()
            if left <= 0 or not await self._notifier.wait(stream, left, loop):
                # Nothing came: the token moves on, unless the very last moment brought something.
                return _answer(self._token(request, now, told), None, [])

    def _running(self) -> asyncio.AbstractEventLoop:
        """The loop. To ask Python for it costs a system call."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        return self._loop

    def _told(self, request: SyncRequest) -> int:
        """The moment of the last presence that the client knows; never, where it wants none."""
        if not request.wanted.presence.matches_type(PRESENCE):
            return MAX_POSITION
        since = request.since
        return 0 if since is None or since.presence is None else since.presence

    def _token(self, request: SyncRequest, now: _Moment, told: int) -> str:
        """told: what `_told` says."""
        presence = None if told == MAX_POSITION else max(told, now.newest) or None
        lazy_since = self._lazy_since(request, now.upto)
        if not now.typing:
            return plain_token(now.upto, presence, lazy_since)
        return str(
            StreamToken(now.upto, typing=now.typing, presence=presence, lazy_since=lazy_since)
        )

    def _lazy_since(self, request: SyncRequest, upto: int) -> int | None:
        """What the token says of it. A token from when this process was alone says nothing."""
        if not (self._feed.shared and request.wanted.room.state.lazy_load_members):
            return None
        since = request.since
        return upto if since is None or since.lazy_since is None else since.lazy_since

    def _digests(self, stream: UserStream) -> dict[str, str]:
        active = self._typing.active()
        if not active:
            return {}
        return {
            room: self._typing.digest(room)
            for room, nid in active.items()
            if stream.membership(nid) == "join"
        }

    async def _reader(self, request: SyncRequest, upto: int) -> Reader:
        return Reader(
            request.who.user_id,
            request.who.txn_scope,
            request.wanted,
            await self._ignored.of(request.who.user_id),
            upto,
            self._clock(),
            request.state_after,
            request.full_state,
            self._lazy_since(request, upto),
        )

    async def _everything(self, request: SyncRequest, stream: UserStream) -> bytes:
        upto = self._feed.position
        reader = await self._reader(request, upto)
        self._state.forget(reader.device)
        now = _Moment(upto, self._digests(stream), self._presence.newest)
        told = self._told(request)
        token = self._token(request, now, told)
        typing = _typing_changes(None, now)
        found = _Rooms({}, {}, {}, {})
        async with self._database.read() as conn:
            entries = await account_data.changed(conn, reader.user_id, after=0, upto=upto)
        rooms = list(stream.rooms.values())
        for start in range(0, len(rooms), _ROOMS_AT_ONCE):
            part = rooms[start : start + _ROOMS_AT_ONCE]
            async with self._first.of(reader, part, entries) as first:
                changes = [(room, RoomChange()) for room in part]
                await self._place_all(found, reader, changes, None, typing, first)
        mine = [e for e in entries if e.room == account_data.GLOBAL and e.content is not None]
        if not any(entry.type == PUSH_RULES for entry in mine):
            mine.append(AccountData(account_data.GLOBAL, PUSH_RULES, b"{}"))
        data = await self._account_data(reader, mine)
        wanted = told != MAX_POSITION
        presence = await self._presence.everybody(reader, stream) if wanted else []
        return _answer(token, found, data, presence)

    async def _increment(
        self,
        request: SyncRequest,
        stream: UserStream,
        since: tuple[int, int],
        now: _Moment,
        typing: set[str],
    ) -> bytes | None:
        """What is new up to now; None: nothing that this client sees. since: the position, and the
        moment of the last presence, that the client knows."""
        (after, told), upto = since, now.upto
        token = self._token(request, now, told)
        reader = await self._reader(request, upto)
        changes = await self._changes.between(stream, after, upto)
        self._mark_moved(stream, changes, after)
        if TYPE_IGNORED in {entry.type for entry in changes.account_data}:
            reader = await self._reader(request, upto)
        found = _Rooms({}, {}, {}, {})
        concerned = _concerned(stream, changes, typing, full_state=request.full_state)
        rooms = [(room, changes.rooms.get(room.room) or RoomChange([], [])) for room in concerned]
        await self._place_all(found, reader, rooms, after, typing)
        data = await self._account_data(reader, changes.account_data)
        presence: list[dict[str, Any]] = []
        if told != MAX_POSITION and self._presence.newest:
            presence = await self._presence.news(reader, stream, changes, after=after, told=told)
        if not found and not data and not presence and not request.full_state:
            return None
        return _answer(token, found, data, presence)

    def _mark_moved(self, stream: UserStream, changes: Changes, after: int) -> None:
        """Rooms that the person entered or left are read anew."""
        if stream.moved_pos <= after:
            return
        for nid, room in stream.rooms.items():
            if room.position > after and nid not in changes.rooms:
                changes.room(nid).events = None

    async def _place_all(
        self,
        found: _Rooms,
        reader: Reader,
        rooms: list[tuple[Membership, RoomChange]],
        after: int | None,
        typing: set[str],
        first: Mapping[int, FirstRead] = MappingProxyType({}),
    ) -> None:
        """Several rooms at once where they can share what they read."""
        for start in range(0, len(rooms), self._at_once):
            part = rooms[start : start + self._at_once]
            if len(part) == 1:
                known = first.get(part[0][0].room)
                await self._place(found, reader, *part[0], after, typing, known)
                continue
            placed = await asyncio.gather(
                *(
                    self._place(found, reader, room, change, after, typing, first.get(room.room))
                    for room, change in part
                ),
                return_exceptions=True,
            )
            for outcome in placed:
                if outcome is not None:
                    raise outcome

    async def _place(
        self,
        found: _Rooms,
        reader: Reader,
        room: Membership,
        change: RoomChange,
        after: int | None,
        typing: set[str],
        first: FirstRead | None,
    ) -> None:
        if not reader.wanted.room.matches_room(room.room_id):
            return
        moved = after is None or room.position > after
        if room.membership == "join":
            entry = await self._rooms.joined(
                reader, room, after, change, typing=room.room_id in typing, first=first
            )
            if entry is not None:
                found.join[room.room_id] = entry
        elif room.membership in ("invite", "knock"):
            if moved and room.sender not in reader.ignored:
                kind = found.invite if room.membership == "invite" else found.knock
                kind[room.room_id] = await self._rooms.invited(reader, room)
        elif moved:
            # That one left is told to all of one's devices, even if one forgot the room at once.
            if after is None and (room.forgotten or not reader.wanted.room.include_leave):
                return
            entry = await self._rooms.left(reader, room, after)
            if entry is not None:
                found.leave[room.room_id] = entry

    async def _account_data(
        self, reader: Reader, entries: list[AccountData]
    ) -> list[dict[str, Any]]:
        wanted = reader.wanted.account_data
        shown: list[dict[str, Any]] = []
        for entry in {entry.type: entry for entry in entries}.values():
            if not wanted.matches_type(entry.type):
                continue
            if entry.type == PUSH_RULES:
                rules: PushRules = await self._push.rules_of(reader.user_id)
                shown.append({"type": PUSH_RULES, "content": rules.to_json()})
            else:
                shown.append(render_data(entry))
        return shown


TYPE_IGNORED = "m.ignored_user_list"


def _typing_changes(since: StreamToken | None, now: _Moment) -> set[str]:
    """Rooms whose list of typing people is not what the client was shown."""
    shown = {} if since is None else since.typing
    if not shown and not now.typing:
        return set()
    # That a room which was quiet is forgotten to have been so is no news.
    return {
        room
        for room in {*shown, *now.typing}
        if shown.get(room) != now.typing.get(room) and (room in now.typing or shown[room] != QUIET)
    }


def _concerned(
    stream: UserStream, changes: Changes, typing: set[str], *, full_state: bool
) -> list[Membership]:
    """The rooms of which there may be something to say."""
    if not full_state and not typing:
        return [stream.rooms[nid] for nid in changes.rooms if nid in stream.rooms]
    return [
        room
        for nid, room in stream.rooms.items()
        if full_state or nid in changes.rooms or room.room_id in typing
    ]


def _answer(
    token: str,
    rooms: _Rooms | None,
    data: list[dict[str, Any]],
    presence: Sequence[dict[str, Any]] = (),
) -> bytes:
    body: dict[str, Any] = {
        "next_batch": token,
        "device_one_time_keys_count": {},
        "device_unused_fallback_key_types": [],
        "device_lists": {"changed": [], "left": []},
    }
    if data:
        body["account_data"] = {"events": data}
    if presence:
        body["presence"] = {"events": presence}
    if rooms:
        body["rooms"] = {
            kind: entries
            for kind, entries in (
                ("join", rooms.join),
                ("invite", rooms.invite),
                ("knock", rooms.knock),
                ("leave", rooms.leave),
            )
            if entries
        }
    return orjson.dumps(body)
