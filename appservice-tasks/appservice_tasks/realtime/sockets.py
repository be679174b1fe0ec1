"""Socket.IO beside REST: delivers what happens, and watches that tokens still stand."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Sequence
from typing import Final, Protocol

import socketio
from aiohttp import web

from appservice_tasks.contracts import FeedItem, Notification, Outcome
from appservice_tasks.errors import Problem
from appservice_tasks.matrix_client import MatrixEvent
from appservice_tasks.observe import get_logger
from appservice_tasks.realtime.follow_feed import FollowFeed
from appservice_tasks.realtime.follow_news import FollowNews
from appservice_tasks.realtime.namespace import NAMESPACE, TasksNamespace
from appservice_tasks.realtime.people import Listener, People
from appservice_tasks.services import bus
from appservice_tasks.services.bus import Bus, Told
from appservice_tasks.services.messages import message_of
from appservice_tasks.services.who import Who
from appservice_tasks.storage.feed import MOVES, FeedRow
from appservice_tasks.storage.news import News
from appservice_tasks.storage.notifications import StoredNotice
from appservice_tasks.storage.watch import Watch

log = get_logger(__name__)

PATHS: Final = ("socket.io", "ws")
"""Where Engine.IO answers."""

_CHECK_SECONDS: Final = 0.7
"""Between two looks at a token: with the answer's own time a revoked one lasts less than 2 s."""
_CHECKS_AT_ONCE: Final = 16
_MAX_WAITING: Final = 2000
"""Packets that wait for one slow client before it is told to start anew."""
_COMING: Final = ("room_joined", "came")
_GOING: Final = ("room_left", "went")
_MAX_BYTES: Final = 256 * 1024


class Shown(Protocol):
    """Turns what was stored into what one person is shown."""

    async def items(self, user_id: str, rows: Sequence[FeedRow]) -> list[FeedItem]:
        """Rows of the feed, as far as the person may see what they are about."""

    async def notification(self, notice: StoredNotice) -> Notification | None:
        """A notice of somebody's inbox."""

    async def rows(self, since: int | None) -> tuple[Sequence[FeedRow], int]:
        """Of the feed behind a position, and the position to go on from."""

    def watch(self) -> Watch:
        """Tells whether there may be anything new to be read."""

    async def outcome(self, actor: str, cmd_id: str) -> Outcome | None:
        """What has become of a command."""

    async def news(self, since: int | None) -> tuple[Sequence[News], int]:
        """Of other processes behind a position, and the position to go on from."""

    async def notice(self, notice_id: str) -> StoredNotice | None:
        """A notice as it was stored."""

    async def event(self, room_id: str, event_id: str) -> MatrixEvent | None:
        """An event of a room, as the homeserver has it now."""


class Sockets:
    """The Socket.IO server. namespace: what clients may say."""

    def __init__(
        self, people: People, namespace: TasksNamespace, who: Who, shown: Shown, bus: Bus
    ) -> None:
        self._people = people
        self._namespace = namespace
        self._who = who
        self._shown = shown
        self._bus = bus
        self._feed = FollowFeed(shown.rows, self._read_elsewhere, shown.watch())
        self._elsewhere = FollowNews(shown.news, self._read_news, shown.watch())
        self._news: asyncio.Queue[Told] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._server = socketio.AsyncServer(
            async_mode="aiohttp",
            namespaces=[NAMESPACE],
            cors_allowed_origins="*",
            cors_credentials=False,
            max_http_buffer_size=_MAX_BYTES,
        )
        self._server.register_namespace(namespace)

    def attach(self, app: web.Application) -> None:
        """Answers at both paths of an application."""
        for path in PATHS:
            self._server.attach(app, path)

    async def start(self) -> None:
        """Begins to deliver."""
        await self._feed.look()  # what is there already is no news
        await self._elsewhere.look()
        self._bus.listen(self._hear)
        self._tasks = [
            asyncio.create_task(self._deliver()),
            asyncio.create_task(self._watch_tokens()),
            asyncio.create_task(self._feed.run()),
            asyncio.create_task(self._elsewhere.run()),
        ]

    async def stop(self) -> None:
        """Closes every socket."""
        self._bus.deafen(self._hear)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.shutdown()

    def _hear(self, told: Told) -> None:
        rows = self._feed.new(told.rows)
        if self._people.all():
            self._news.put_nowait(dataclasses.replace(told, rows=rows))

    def _read_elsewhere(self, rows: Sequence[FeedRow]) -> None:
        """Another process applied these, and took the transactions that tell who came and went."""
        for row in rows:
            if row.user_id is not None and row.kind in _COMING + _GOING:
                is_in = row.kind in _COMING
                self._people.moved(row.user_id, row.room_id, is_in=is_in)
        if self._people.all():
            self._news.put_nowait(Told(rows=rows))

    async def _read_news(self, rows: Sequence[News]) -> None:
        """Another process took the transactions with these messages, or decided."""
        for each in rows:
            if each.kind == "message":
                if not any(self._people.listening_to(each.concerns)):
                    continue
                event = await self._shown.event(each.concerns, each.name)
                told = Told(events=() if event is None else (event,))
            elif not self._people.of(each.concerns):
                continue
            elif each.kind == "notice":
                notice = await self._shown.notice(each.name)
                told = Told(notices=() if notice is None else (notice,))
            else:
                told = Told(outcomes=(bus.Outcome(each.concerns, each.name),))
            self._news.put_nowait(told)

    async def _deliver(self) -> None:
        while True:
            told = await self._news.get()
            try:
                if told.events:
                    # Transactions come one after the other: whoever left by an earlier one, which
                    # another process took, is in the feed by now.
                    await self._feed.look()
                await self._pass_on(told)
            except Exception:
                log.exception("delivery_failed")

    async def _pass_on(self, told: Told) -> None:
        for event in told.events:
            await self._pass_event(event)
        if told.rows:
            await self._pass_rows(told.rows)
        for notice in told.notices:
            listeners = self._people.of(notice.user_id)
            shown = await self._shown.notification(notice) if listeners else None
            if shown is not None:
                await self._say(listeners, "notification", shown)
        for each in told.outcomes:
            listeners = self._people.of(each.actor)
            outcome = await self._shown.outcome(each.actor, each.cmd_id) if listeners else None
            if outcome is not None and outcome["state"] == "rejected":
                await self._say(listeners, "task_rejected", outcome)

    async def _pass_event(self, event: MatrixEvent) -> None:
        room_id = event.get("room_id", "")
        if event["type"] == "m.room.member":
            is_in = event["content"].get("membership") == "join"
            self._people.moved(event.get("state_key", ""), room_id, is_in=is_in)
            return
        message = message_of(event)
        if message is not None:
            await self._say(list(self._people.listening_to(room_id)), "new_message", message)

    async def _pass_rows(self, rows: Sequence[FeedRow]) -> None:
        created = {row.seq for row in rows if row.rev == 1}
        for_user: dict[str, list[FeedRow]] = {}
        for row in rows:
            if row.kind in MOVES:
                continue
            users = self._people.users_in(row.room_id) if row.user_id is None else [row.user_id]
            for user_id in users:
                for_user.setdefault(user_id, []).append(row)
        for user_id, own in for_user.items():
            listeners = self._people.of(user_id)
            if not listeners:
                continue
            for item in await self._shown.items(user_id, own):
                for listener in listeners:
                    await self._namespace.tell(listener, item, created=item["seq"] in created)

    async def _say(self, listeners: Sequence[Listener], name: str, data: object) -> None:
        for listener in listeners:
            if self._is_slow(listener):
                await self._drop(listener, "resync_required")
                continue
            await self._namespace.say(listener, name, data)

    def _is_slow(self, listener: Listener) -> bool:
        """Whether a client does not take what it is sent."""
        eio_sid = self._server.manager.eio_sid_from_sid(listener.sid, NAMESPACE)
        socket = self._server.eio.sockets.get(eio_sid)
        return socket is not None and socket.queue.qsize() > _MAX_WAITING

    async def _drop(self, listener: Listener, last_word: str | None = None) -> None:
        if last_word is not None:
            await self._namespace.say(listener, last_word, {})
        await self._namespace.disconnect(listener.sid)

    async def _watch_tokens(self) -> None:
        """Closes the sockets of tokens that were revoked or have expired."""
        at_once = asyncio.Semaphore(_CHECKS_AT_ONCE)
        while True:
            await asyncio.sleep(_CHECK_SECONDS)
            by_token: dict[str, list[Listener]] = {}
            for listener in self._people.all():
                by_token.setdefault(listener.caller.token, []).append(listener)
            with contextlib.suppress(Exception):
                await asyncio.gather(
                    *(self._check(at_once, token, each) for token, each in by_token.items())
                )

    async def _check(
        self, at_once: asyncio.Semaphore, token: str, listeners: Sequence[Listener]
    ) -> None:
        async with at_once:
            try:
                await self._who.is_asking(token, trust=0)
            except Problem as problem:
                if problem.status != 401:
                    return  # the homeserver is down; the session may well stand
                log.info("socket_closed", user_id=listeners[0].caller.user_id, code=problem.code)
                for listener in listeners:
                    await self._drop(listener)
