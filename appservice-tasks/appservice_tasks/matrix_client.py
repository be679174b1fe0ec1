"""The client-server API as an application service uses it.

`MatrixClient` speaks as the authority; `speaking(token)` as the person whose token it is, with that
person's rights; `as_user` as a user of our own namespace. A refusal (4xx) is `Refused`; what may be
better in a moment (no connection, 429, 5xx) is `Unavailable`. Nothing is retried here: only the
caller knows for how long that makes sense.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, Protocol, TypedDict
from urllib.parse import quote

import aiohttp
import orjson

Json = dict[str, Any]

_TIMEOUT = aiohttp.ClientTimeout(total=60, connect=5)


class MatrixEvent(TypedDict):
    """An event in the format for clients, as far as we look."""

    event_id: str
    room_id: NotRequired[str]
    type: str
    sender: str
    origin_server_ts: int
    content: Json
    state_key: NotRequired[str]
    redacts: NotRequired[str]
    unsigned: NotRequired[Json]


class Page(TypedDict):
    """An answer of /messages or /relations."""

    chunk: list[MatrixEvent]
    start: NotRequired[str]
    end: NotRequired[str]
    next_batch: NotRequired[str]


class Unavailable(Exception):
    """No answer, or one that a later try may better. retry_after: seconds, where it said so."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Refused(Exception):
    """The homeserver says no. status, errcode, message: its answer; body: the whole of it."""

    def __init__(self, status: int, errcode: str, message: str, body: Json) -> None:
        super().__init__(f"{status} {errcode}: {message}")
        self.status = status
        self.errcode = errcode
        self.message = message
        self.body = body


class Homeserver(Protocol):
    """What the decision protocol needs of a homeserver; tests have one in memory."""

    async def send(
        self, room_id: str, event_type: str, txn_id: str, content: bytes, ts: int | None = None
    ) -> str:
        """Sends a message event, at most once per txn_id; its id."""

    async def event(self, room_id: str, event_id: str) -> MatrixEvent | None:
        """An event, None where there is none that we may see."""

    async def messages(
        self,
        room_id: str,
        *,
        start: str | None = None,
        backwards: bool = False,
        limit: int = 100,
        accept: Json | None = None,
    ) -> Page:
        """A page of a room's log. start: where to begin; None: at its oldest or newest end."""

    async def room_state(self, room_id: str) -> list[MatrixEvent]:
        """The current state of a room."""

    async def state_content(self, room_id: str, event_type: str, key: str) -> Json | None:
        """What one key of the state says."""

    async def joined_rooms(self) -> list[str]:
        """The rooms that we are in."""

    async def join(self, room_id: str) -> None:
        """Joins a room."""

    async def invite(self, room_id: str, user_id: str) -> None:
        """Invites somebody; nothing happens to who is in the room or invited already."""

    async def profile(self, user_id: str) -> Json | None:
        """Somebody's profile, None where there is no such account."""

    async def redact(self, room_id: str, event_id: str, txn_id: str, reason: str | None) -> str:
        """Takes back what an event says, at most once per txn_id."""


class MatrixClient:
    """One way to speak to the homeserver: a token, and whom it speaks for.

    token: None speaks for nobody. user_id: a user of our namespace; None: whoever the token belongs
    to.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        token: str | None,
        user_id: str | None = None,
    ) -> None:
        self._session = session
        self._url = url.rstrip("/")
        self._token = token
        self._user_id = user_id

    def speaking(self, token: str | None) -> MatrixClient:
        """The same homeserver, with the rights of the person whose token it is, or of nobody."""
        return MatrixClient(self._session, self._url, token)

    def as_user(self, user_id: str) -> MatrixClient:
        """The same token in the name of a user of our namespace."""
        return MatrixClient(self._session, self._url, self._token, user_id)

    async def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Json:
        """One request; path: below the homeserver's address, already quoted. body: JSON, or bytes
        as they are. Raises Refused, Unavailable."""
        params = dict(query or {})
        if self._user_id is not None:
            params["user_id"] = self._user_id
        sent = dict(headers or {})
        if self._token is not None:
            sent["Authorization"] = f"Bearer {self._token}"
        data: bytes | None = None
        if body is not None:
            data = body if isinstance(body, bytes) else orjson.dumps(body)
            sent["Content-Type"] = "application/json"
        limits = _TIMEOUT if timeout is None else aiohttp.ClientTimeout(total=timeout, connect=5)
        try:
            async with self._session.request(
                method, self._url + path, data=data, headers=sent, params=params, timeout=limits
            ) as response:
                return await _read(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(f"{type(error).__name__}: {error}") from error

    async def send(
        self, room_id: str, event_type: str, txn_id: str, content: bytes, ts: int | None = None
    ) -> str:
        path = f"/_matrix/client/v3/rooms/{_q(room_id)}/send/{_q(event_type)}/{_q(txn_id)}"
        query = {} if ts is None else {"ts": str(ts)}
        return _text(await self.request("PUT", path, content, query=query), "event_id")

    async def send_json(
        self, room_id: str, event_type: str, txn_id: str, content: Json, ts: int | None = None
    ) -> str:
        """`send`, of a value."""
        return await self.send(room_id, event_type, txn_id, orjson.dumps(content), ts)

    async def event(self, room_id: str, event_id: str) -> MatrixEvent | None:
        path = f"/_matrix/client/v3/rooms/{_q(room_id)}/event/{_q(event_id)}"
        try:
            found: Any = await self.request("GET", path)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise
        event: MatrixEvent = found
        event.setdefault("room_id", room_id)
        return event

    async def messages(
        self,
        room_id: str,
        *,
        start: str | None = None,
        backwards: bool = False,
        limit: int = 100,
        accept: Json | None = None,
    ) -> Page:
        query = {"dir": "b" if backwards else "f", "limit": str(limit)}
        if start is not None:
            query["from"] = start
        if accept is not None:
            query["filter"] = orjson.dumps(accept).decode()
        path = f"/_matrix/client/v3/rooms/{_q(room_id)}/messages"
        page: Any = await self.request("GET", path, query=query)
        found: Page = page
        for event in found["chunk"]:
            event.setdefault("room_id", room_id)
        return found

    async def thread(
        self, room_id: str, root: str, *, start: str | None, limit: int, backwards: bool = True
    ) -> Page:
        """A page of the messages of a thread."""
        query = {"dir": "b" if backwards else "f", "limit": str(limit)}
        if start is not None:
            query["from"] = start
        path = f"/_matrix/client/v1/rooms/{_q(room_id)}/relations/{_q(root)}/m.thread"
        page: Any = await self.request("GET", path, query=query)
        found: Page = page
        return found

    async def room_state(self, room_id: str) -> list[MatrixEvent]:
        path = f"/_matrix/client/v3/rooms/{_q(room_id)}/state"
        found: Any = await self.request("GET", path)
        events: list[MatrixEvent] = found
        return events

    async def state_content(self, room_id: str, event_type: str, key: str) -> Json | None:
        try:
            return await self.request("GET", _state_path(room_id, event_type, key))
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    async def set_state(self, room_id: str, event_type: str, content: Json, key: str = "") -> str:
        """Sets one key of a room's state; the id of the event."""
        path = _state_path(room_id, event_type, key)
        return _text(await self.request("PUT", path, content), "event_id")

    async def joined_rooms(self) -> list[str]:
        found = await self.request("GET", "/_matrix/client/v3/joined_rooms")
        rooms: list[str] = found["joined_rooms"]
        return rooms

    async def create_room(self, body: Json) -> str:
        """A new room; its id."""
        return _text(await self.request("POST", "/_matrix/client/v3/createRoom", body), "room_id")

    async def join(self, room_id: str) -> None:
        """Joins a room."""
        await self.request("POST", f"/_matrix/client/v3/rooms/{_q(room_id)}/join", {})

    async def leave(self, room_id: str) -> None:
        """Leaves a room."""
        await self.request("POST", f"/_matrix/client/v3/rooms/{_q(room_id)}/leave", {})

    async def invite(self, room_id: str, user_id: str) -> None:
        path = f"/_matrix/client/v3/rooms/{_q(room_id)}/invite"
        try:
            await self.request("POST", path, {"user_id": user_id})
        except Refused as refused:
            # Who is in the room cannot be invited: 403 by the authorisation rules.
            if refused.status != 403:
                raise
            content = await self.state_content(room_id, "m.room.member", user_id)
            if (content or {}).get("membership") not in ("join", "invite"):
                raise

    async def profile(self, user_id: str) -> Json | None:
        try:
            return await self.request("GET", f"/_matrix/client/v3/profile/{_q(user_id)}")
        except Refused as refused:
            # 400: what somebody wrote for a user ID is none.
            if refused.status in (400, 403, 404):
                return None
            raise

    async def redact(self, room_id: str, event_id: str, txn_id: str, reason: str | None) -> str:
        path = f"/_matrix/client/v3/rooms/{_q(room_id)}/redact/{_q(event_id)}/{_q(txn_id)}"
        body = {} if reason is None else {"reason": reason}
        return _text(await self.request("PUT", path, body), "event_id")

    async def account_data(self, user_id: str, kind: str) -> Json | None:
        """A person's global account data of one type."""
        path = f"/_matrix/client/v3/user/{_q(user_id)}/account_data/{_q(kind)}"
        try:
            return await self.request("GET", path)
        except Refused as refused:
            if refused.status == 404:
                return None
            raise

    async def set_account_data(self, user_id: str, kind: str, content: Json) -> None:
        """Replaces it."""
        path = f"/_matrix/client/v3/user/{_q(user_id)}/account_data/{_q(kind)}"
        await self.request("PUT", path, content)


async def _read(response: aiohttp.ClientResponse) -> Json:
    raw = await response.read()
    try:
        body = orjson.loads(raw) if raw else {}
    except orjson.JSONDecodeError:
        body = {}
    if response.status < 300:
        answer: Json = body
        return answer
    said: Json = body if isinstance(body, dict) else {}
    errcode = str(said.get("errcode", "M_UNKNOWN"))
    if response.status == 429:
        wait = said.get("retry_after_ms")
        raise Unavailable("limited", wait / 1000 if isinstance(wait, (int, float)) else None)
    if response.status >= 500:
        raise Unavailable(f"{response.status} {errcode}")
    raise Refused(response.status, errcode, str(said.get("error", "")), said)


def _q(part: str) -> str:
    return quote(part, safe="")


def _state_path(room_id: str, event_type: str, key: str) -> str:
    return f"/_matrix/client/v3/rooms/{_q(room_id)}/state/{_q(event_type)}/{_q(key)}"


def _text(answer: Json, key: str) -> str:
    value = answer.get(key)
    if not isinstance(value, str):
        raise Unavailable(f"an answer without {key}")
    return value


def senders_filter(types: Sequence[str], senders: Sequence[str] | None = None) -> Json:
    """A filter of /messages."""
    made: Json = {"types": list(types)}
    if senders is not None:
        made["senders"] = list(senders)
    return made
