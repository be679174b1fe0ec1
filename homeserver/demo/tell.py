"""Tells the story to a server: makes its people, then lets each say what they said, at its time.

The server is the real one, run in this process on a socket of its own and with a clock that stands
where the story is. So nothing in the demo is anything that a client could not have done, except
that it happened last week.
"""

from __future__ import annotations

import asyncio
import datetime
import functools
import html
import io
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import orjson
from aiohttp import web
from PIL import Image, ImageDraw

from homeserver.compose.server import Server, build_server
from homeserver.config import Config
from homeserver.demo.avatars import draw_avatar
from homeserver.demo.story import ADMIN, Message, Room, Story, read_story
from homeserver.demo.work import Told
from homeserver.errors import NotFound, UserInUse
from homeserver.ids import UserId, make_user_id
from homeserver.services.accounts import provision
from homeserver.services.accounts.passwords import generate_password
from homeserver.services.accounts.user_data import UserData
from homeserver.services.sync.receipts import Receipts

_LIKE_DELAY_MS = 90_000
_UNREAD_MS = 50 * 60_000
"""What was said since then, nobody has read yet but those who answered."""
_CLIENT = "/_matrix/client/v3"

Json = dict[str, Any]


async def add_demo(config: Config) -> Told | None:
    """Add the company of the story, unless it is there; what was made of it.

    The tables must be up to date, the administrator's account must exist, and no server may be
    running on this data.
    """
    story = read_story(datetime.datetime.now().astimezone())
    password = generate_password()
    for localpart, name in story.people.items():
        try:
            await provision.add_user(config, localpart, password, display_name=name)
        except UserInUse:
            return None
    return await _Telling(config, story, password).run()


class _Telling:
    """One telling of the story."""

    def __init__(self, config: Config, story: Story, password: str) -> None:
        quiet = replace(config.rate_limits, enabled=False)
        hasty = replace(config.database, sqlite_synchronous="normal")  # nobody mourns a demo
        self._config = replace(config, rate_limits=quiet, database=hasty)
        self._story = story
        self._password = password
        self._now = min(message.ts for message in story.messages) - 3_600_000
        self._tokens: dict[str, str] = {}
        self._rooms: dict[str, str] = {}
        self._events: dict[str, str] = {}
        self._sent = 0

    async def run(self) -> Told:
        async with self._serving() as (server, session):
            self._session = session
            for person in self._story.people:
                await self._sign_in(person)
                await self._portray(person)
            for room in self._story.rooms:
                await self._make_room(server, room)
                self._now += 60_000
            later = [
                (at, act) for message in self._story.messages for at, act in self._acts(message)
            ]
            for at, act in sorted(later, key=lambda pair: pair[0]):
                self._now = at
                await act()
            for room in self._story.rooms:
                await self._read(server, room)
            for person in self._story.people:
                await self._call(person, "POST", "/logout", {})
        users = {person: self._user_id(person) for person in self._story.people}
        return Told(self._password, self._rooms, self._events, users)

    @asynccontextmanager
    async def _serving(self) -> AsyncIterator[tuple[Server, aiohttp.ClientSession]]:
        server = await build_server(self._config, clock=lambda: self._now)
        await server.start()
        runner = web.ServerRunner(web.Server(server.http, access_log=None))
        await runner.setup()
        try:
            with tempfile.TemporaryDirectory(prefix="team-demo-") as folder:
                path = str(Path(folder, "socket"))
                await web.UnixSite(runner, path).start()
                connector = aiohttp.UnixConnector(path)
                async with aiohttp.ClientSession("http://demo", connector=connector) as session:
                    yield server, session
        finally:
            server.close()
            await runner.cleanup()
            await server.stop()

    async def _call(
        self, person: str | None, method: str, path: str, body: Any, **headers: str
    ) -> Json:
        if person is not None:
            headers["Authorization"] = f"Bearer {self._tokens[person]}"
        sent = {"data": body} if isinstance(body, bytes) else {"json": body}
        where = path if path.startswith("/_matrix") else _CLIENT + path
        async with self._session.request(method, where, headers=headers, **sent) as answer:
            got: Json = await answer.json()
            if answer.status != 200:
                raise RuntimeError(f"{method} {path}: {answer.status} {got}")
            return got

    async def _sign_in(self, person: str) -> None:
        identifier = {"type": "m.id.user", "user": person}
        body = {"type": "m.login.password", "identifier": identifier, "password": self._password}
        self._tokens[person] = (await self._call(None, "POST", "/login", body))["access_token"]

    async def _portray(self, person: str) -> None:
        path = "/_matrix/media/v3/upload?filename=portrait.png"
        data = await asyncio.to_thread(draw_avatar, person)
        uploaded = await self._call(person, "POST", path, data, **{"Content-Type": "image/png"})
        path = f"/profile/{self._user_id(person)}/avatar_url"
        await self._call(person, "PUT", path, {"avatar_url": uploaded["content_uri"]})

    async def _read(self, server: Server, room: Room) -> None:
        """Everyone in a room reads it, up to what was said lately."""
        said = [message for message in self._story.messages if message.room == room.key]
        until = max(message.ts for message in self._story.messages) - _UNREAD_MS
        old = [message for message in said if message.ts <= until and not message.relates]
        if not old:
            return
        event_id = self._events[old[-1].label]
        room_id = self._rooms[room.key]
        markers = {"m.read": event_id, "m.fully_read": event_id}
        for person in (room.creator, *room.members):
            if person == ADMIN:
                await self._receipts(server).mark(room_id, self._user_id(ADMIN), markers)
            else:
                await self._call(person, "POST", f"/rooms/{room_id}/read_markers", markers)

    def _receipts(self, server: Server) -> Receipts:
        engine = server.engine
        return Receipts(
            engine.database,
            engine.committer,
            engine.heads,
            engine.cache,
            engine.visible,
            engine.clock,
        )

    def _user_id(self, person: str) -> UserId:
        if person == ADMIN:
            return UserId(self._config.admin_user_id)
        return make_user_id(person, self._config.server_name)

    async def _make_room(self, server: Server, room: Room) -> None:
        invited = [self._user_id(member) for member in room.members]
        direct = room.name is None
        body: Json = {"invite": invited, "is_direct": direct}
        body["preset"] = "trusted_private_chat" if direct else "private_chat"
        if room.public:
            body |= {"preset": "public_chat", "visibility": "public", "room_alias_name": room.key}
        if room.name is not None:
            body |= {"name": room.name, "topic": room.topic}
        room_id = (await self._call(room.creator, "POST", "/createRoom", body))["room_id"]
        self._rooms[room.key] = room_id
        for member in room.members:
            if member == ADMIN:  # whose password we may not know
                await server.members.joins.join(self._user_id(ADMIN), room_id, {})
            else:
                await self._call(member, "POST", f"/rooms/{room_id}/join", {})
        if direct:
            for person, other in ((room.creator, room.members[0]), (room.members[0], room.creator)):
                await self._mark_direct(server, person, other, room_id)

    async def _mark_direct(self, server: Server, person: str, other: str, room_id: str) -> None:
        user_data = UserData(server.engine.database, server.engine.committer)
        try:
            known = orjson.loads(await user_data.get(self._user_id(person), None, "m.direct"))
        except NotFound:
            known = {}
        direct = known | {self._user_id(other): [room_id]}
        await user_data.put(self._user_id(person), None, "m.direct", direct)

    def _acts(self, message: Message) -> list[tuple[int, Callable[[], Any]]]:
        """The message and what followed it, each with its time."""
        acts: list[tuple[int, Callable[[], Any]]] = [
            (message.ts, functools.partial(self._say, message))
        ]
        at = message.ts
        for key, people in message.likes.items():
            for person in people:
                at += _LIKE_DELAY_MS // 3
                acts.append((at, functools.partial(self._like, message, person, key)))
        if message.redacted:
            acts.append((message.ts + _LIKE_DELAY_MS, functools.partial(self._redact, message)))
        return acts

    async def _say(self, message: Message) -> None:
        content = await self._content(message)
        if message.relates is not None:
            kind, label = message.relates
            content = _related(kind, self._events[label], content)
        event_id = await self._send(message.sender, message.room, "m.room.message", content)
        self._events.setdefault(message.label, event_id)
        path = f"/rooms/{self._rooms[message.room]}/receipt/m.read/{event_id}"
        await self._call(message.sender, "POST", path, {})

    async def _content(self, message: Message) -> Json:
        if message.file is None:
            return _text(message.text)
        if message.file == "chart":
            data, size = await asyncio.to_thread(draw_chart)
            info: Json = {"mimetype": "image/png", "size": len(data), "w": size[0], "h": size[1]}
            kind = "m.image"
        else:
            data = message.file.encode()
            info = {"mimetype": "text/plain", "size": len(data)}
            kind = "m.file"
        path = f"/_matrix/media/v3/upload?filename={message.text}"
        headers = {"Content-Type": info["mimetype"]}
        uploaded = await self._call(message.sender, "POST", path, data, **headers)
        uri = uploaded["content_uri"]
        return {"msgtype": kind, "body": message.text, "url": uri, "info": info}

    async def _like(self, message: Message, person: str, key: str) -> None:
        target = {"rel_type": "m.annotation", "event_id": self._events[message.label], "key": key}
        await self._send(person, message.room, "m.reaction", {"m.relates_to": target})

    async def _redact(self, message: Message) -> None:
        room_id, event_id = self._rooms[message.room], self._events[message.label]
        path = f"/rooms/{room_id}/redact/{event_id}/{self._next_txn()}"
        await self._call(message.sender, "PUT", path, {})

    async def _send(self, person: str, room: str, event_type: str, content: Json) -> str:
        path = f"/rooms/{self._rooms[room]}/send/{event_type}/{self._next_txn()}"
        event_id: str = (await self._call(person, "PUT", path, content))["event_id"]
        return event_id

    def _next_txn(self) -> str:
        self._sent += 1
        return f"demo-{self._sent}"


def _text(text: str) -> Json:
    content: Json = {"msgtype": "m.text", "body": text}
    parts = text.split("**")
    if len(parts) == 3:
        before, strong, after = map(html.escape, parts)
        content["format"] = "org.matrix.custom.html"
        content["formatted_body"] = f"{before}<strong>{strong}</strong>{after}"
    if "@room" in text:
        content["m.mentions"] = {"room": True}
    return content


def _related(kind: str, event_id: str, content: Json) -> Json:
    if kind == "edit":
        edited = {**content, "body": f"* {content['body']}", "m.new_content": content}
        return {**edited, "m.relates_to": {"rel_type": "m.replace", "event_id": event_id}}
    if kind == "thread":
        thread: Json = {"rel_type": "m.thread", "event_id": event_id, "is_falling_back": True}
        return {**content, "m.relates_to": {**thread, "m.in_reply_to": {"event_id": event_id}}}
    return {**content, "m.relates_to": {"m.in_reply_to": {"event_id": event_id}}}


def draw_chart() -> tuple[bytes, tuple[int, int]]:
    """A picture to share: a curve of answer times, as PNG with its width and height."""
    size = width, height = 960, 480
    image = Image.new("RGB", size, "#ffffff")
    draw = ImageDraw.Draw(image)
    for line in range(60, height, 70):
        draw.line((60, line, width - 30, line), fill="#e6e9ef", width=2)
    heights = [
        52,
        55,
        60,
        58,
        66,
        71,
        69,
        80,
        84,
        83,
        92,
        97,
        95,
        101,
        104,
        110,
        108,
        180,
        150,
        112,
    ]
    step = (width - 120) / (len(heights) - 1)
    curve = [
        (70 + step * number, height - 40 - 1.9 * value) for number, value in enumerate(heights)
    ]
    draw.polygon([(70, height - 40), *curve, (width - 50, height - 40)], fill="#dcebff")
    draw.line(curve, fill="#1f6feb", width=5, joint="curve")
    draw.line((60, height - 40, width - 30, height - 40), fill="#8b95a5", width=2)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue(), size
