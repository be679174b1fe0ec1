"""What clients say on the socket, and what they are answered.

The token comes in `auth` and is checked before the namespace opens. Every event is acknowledged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Protocol, cast

import socketio
from socketio.exceptions import ConnectionRefusedError as Refusal

from appservice_tasks import shapes
from appservice_tasks.contracts import CommandRequest, Fault, FeedItem, Outcome
from appservice_tasks.errors import Problem
from appservice_tasks.matrix_client import MatrixClient, Refused, Unavailable
from appservice_tasks.observe import get_logger, metrics
from appservice_tasks.realtime.people import Listener, People
from appservice_tasks.services.limits import Limit, Limits
from appservice_tasks.services.messages import Messages, NewMessage
from appservice_tasks.services.refusals import problem_of
from appservice_tasks.services.who import Caller, Who

log = get_logger(__name__)

NAMESPACE: Final = "/ws"

_sockets = metrics.gauge("teammessenger_tasks_sockets", "Open sockets")

Ack = dict[str, Any]


class Commander(Protocol):
    """Decides commands."""

    async def run_one(self, caller: Caller, command: CommandRequest) -> Outcome:
        """The outcome, once there is one. Raises Problem."""


class FeedReader(Protocol):
    """Reads the feed for a person."""

    async def page(self, user_id: str, since: int | None, limit: int) -> tuple[list[FeedItem], int]:
        """Items after a position, and the position to go on from. Raises Problem `resync`."""


class TasksNamespace(socketio.AsyncNamespace):  # type: ignore[misc]
    """The events of `/ws`."""

    def __init__(
        self,
        people: People,
        who: Who,
        homeserver: MatrixClient,
        messages: Messages,
        commands: Commander,
        feed: FeedReader,
        limits: Limits,
    ) -> None:
        super().__init__(NAMESPACE)
        self._people = people
        self._who = who
        self._homeserver = homeserver
        self._messages = messages
        self._commands = commands
        self._feed = feed
        self._limits = limits
        self._events: Mapping[str, tuple[str, Callable[[Listener, Any], Awaitable[Ack]]]] = {
            "send_message": ("SocketMessage", self._send_message),
            "task_command": ("CommandRequest", self._task_command),
            "subscribe": ("SocketSubscribe", self._subscribe),
            "resume": ("SocketResume", self._resume),
        }

    async def trigger_event(self, event: object, *args: Any) -> Any:
        """Whatever a client sends comes here; only what is known is done."""
        sid = args[0]
        listener = self._people.listener(sid)
        if event == "connect" and listener is None and len(args) == 3:
            return await self._connect(sid, args[2])
        if event == "disconnect":
            self._disconnected(sid)
            return None
        if listener is None:
            return {"ok": False, "code": "token_missing"}
        if not isinstance(event, str) or event not in self._events:
            return _refused(Problem("invalid", "No such event"))
        shape, handler = self._events[event]
        body = args[1] if len(args) == 2 else None
        try:
            self._limits.check(Limit.WRITE, listener.caller.user_id)
            faults: list[Fault] = shapes.check(body, shape)
            if faults:
                raise Problem("invalid", "The event does not fit", errors=faults)
            async with listener.turn:  # in the order in which they were sent
                return await handler(listener, body)
        except Problem as problem:
            return _refused(problem)
        except Exception:
            log.exception("socket_event_failed", socket_event=event)
            return _refused(Problem("internal"))

    async def _connect(self, sid: str, auth: object) -> None:
        token = auth.get("token") if isinstance(auth, dict) else None
        try:
            caller = await self._who.is_asking(token if isinstance(token, str) else None)
            if caller.must_change_password:
                raise Problem("password_change_required")
        except Problem as problem:
            raise _refusal(problem) from problem
        self._people.expect(caller.user_id)
        try:
            rooms = await self._homeserver.speaking(caller.token).joined_rooms()
        except (Refused, Unavailable) as error:
            self._people.give_up(caller.user_id)
            raise _refusal(problem_of(error)) from error
        except BaseException:
            self._people.give_up(caller.user_id)
            raise
        self._people.add(Listener(sid, caller), set(rooms))
        _sockets.inc()
        log.info("socket_opened", user_id=caller.user_id)

    def _disconnected(self, sid: str) -> None:
        if self._people.listener(sid) is not None:
            self._people.remove(sid)
            _sockets.dec()

    async def _send_message(self, listener: Listener, body: Any) -> Ack:
        sent = await self._messages.send(
            listener.caller, body["room_id"], NewMessage(body["body"]), txn_id=body.get("txn_id")
        )
        return {"ok": True, "event_id": sent["event_id"]}

    async def _task_command(self, listener: Listener, body: Any) -> Ack:
        outcome = await self._commands.run_one(listener.caller, cast(CommandRequest, body))
        return {"ok": outcome["state"] != "rejected", **outcome}

    async def _subscribe(self, listener: Listener, body: Any) -> Ack:
        wanted = frozenset(body["room_ids"])
        unknown = wanted - self._people.rooms_of(listener.caller.user_id)
        if unknown:
            raise Problem("not_found", f"Not in {min(unknown)}")
        listener.only = wanted
        return {"ok": True}

    async def _resume(self, listener: Listener, body: Any) -> Ack:
        """Tells again what happened since a position."""
        since: int = body["since"]
        try:
            while True:
                items, following = await self._feed.page(listener.caller.user_id, since, 200)
                for item in items:
                    await self.tell(listener, item)
                if not items or following == since:
                    return {"ok": True, "next": following}
                since = following
                await asyncio.sleep(0)
        except Problem as problem:
            if problem.code == "resync":
                await self.say(listener, "resync_required", {"since": body["since"]})
            raise

    async def tell(self, listener: Listener, item: FeedItem, *, created: bool = False) -> None:
        """Sends an item of the feed, unless it is of a room that was not subscribed to."""
        if item["kind"] == "task":
            task = item["task"]
            if listener.wants(task["room_id"]):
                name = "task_created" if created or task["rev"] == 1 else "task_updated"
                shown = {"seq": item["seq"], "rev": task["rev"], "task": task}
                await self.say(listener, name, shown)
        elif item["kind"] == "gone" and listener.wants(item["room_id"]):
            gone = {key: item[key] for key in ("seq", "task_id", "room_id")}
            await self.say(listener, "task_gone", gone)

    async def say(self, listener: Listener, name: str, data: object) -> None:
        """Sends one event to one socket."""
        await self.emit(name, data, to=listener.sid)


def _refused(problem: Problem) -> Ack:
    ack: Ack = {"ok": False, "code": problem.code}
    if problem.detail:
        ack["detail"] = problem.detail
    if problem.errors:
        ack["errors"] = problem.errors
    if problem.retry_after is not None:
        ack["retry_after"] = problem.retry_after
    return ack


def _refusal(problem: Problem) -> Refusal:
    """Shown to the client as the message and data of `connect_error`."""
    return Refusal(problem.code, {"code": problem.code, "detail": problem.detail})
