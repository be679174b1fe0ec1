"""What the workloads share: people, rooms, and bounded work on a given number of connections.

A workload makes its own people and rooms, so that no workload's figures depend on the others.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import itertools
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import orjson

from tests.load.connection import V3, Account, Client, Connection, Refused
from tests.load.measure import Meter

SETUP_WIDTH = 8
"""Connections used to make people and rooms."""

_SETUP_SECONDS = 900.0

Job = Callable[[Connection], Awaitable[None]]


@dataclass(frozen=True)
class Extent:
    """How much is done. seconds: of the long spans, the short ones take half of it.

    scale: 1 for figures, less for a trial: of numbers of people, rooms and messages. rest: seconds
    in which the server settles before a span.
    """

    seconds: float = 20.0
    scale: float = 1.0
    rest: float = 1.0

    def of(self, full: int, least: int = 1) -> int:
        """A number of people, rooms or messages, scaled."""
        return max(least, round(full * self.scale))


class Bench:
    """A homeserver under load.

    base: its address, plain HTTP on the loopback: no one else's server is to be burdened.
    registration: `dummy`, `token:TOKEN` (m.login.registration_token) or `secret:SECRET` (Synapse's
    and Dendrite's /_synapse/admin/v1/register).
    """

    def __init__(
        self, base: str, meter: Meter, extent: Extent, *, registration: str = "dummy"
    ) -> None:
        self._host, self._port = loopback(base)
        self.meter = meter
        self.extent = extent
        self._registration, _, self._secret = registration.partition(":")
        self._connections: list[Connection] = []
        self._stem = f"load-{secrets.token_hex(4)}"
        self._numbers = itertools.count()

    def connection(self) -> Connection:
        """A new connection, closed by `close`."""
        connection = Connection(self._host, self._port)
        self._connections.append(connection)
        return connection

    def client(self, account: Account, connection: Connection | None = None) -> Client:
        """A person on a connection of their own, or on a given one."""
        return Client(connection or self.connection(), account)

    def close(self) -> None:
        """Close every connection."""
        for connection in self._connections:
            connection.close()
        self._connections.clear()

    async def each(self, jobs: Iterable[Job], width: int = SETUP_WIDTH) -> None:
        """Run jobs on `width` connections; TimeoutError after a quarter of an hour."""
        ahead = iter(jobs)

        async def work() -> None:
            connection = self.connection()
            for job in ahead:
                await job(connection)

        async with asyncio.timeout(_SETUP_SECONDS):
            await asyncio.gather(*(work() for _ in range(width)))

    async def server_name(self) -> str:
        """What the server says of itself: its software and version; empty if it does not say."""
        answer = await Client(self.connection()).request("GET", "/_matrix/federation/v1/version")
        if answer.status != 200:
            return ""
        server: dict[str, Any] = orjson.loads(answer.body).get("server", {})
        return f"{server.get('name', '')} {server.get('version', '')}".strip()

    # People

    async def people(self, number: int) -> list[Account]:
        """New accounts with a session each."""
        made: dict[int, Account] = {}

        def job(n: int) -> Job:
            async def register(connection: Connection) -> None:
                made[n] = await self.register(connection)

            return register

        await self.each(job(n) for n in range(number))
        return [made[n] for n in range(number)]

    async def register(self, connection: Connection) -> Account:
        """One new account. Raises Refused."""
        client = Client(connection)
        name = f"{self._stem}-{next(self._numbers)}"
        if self._registration == "secret":
            made = await self._register_with_secret(client, name)
        else:
            made = await self._register_openly(client, name)
        return Account(made["user_id"], made["access_token"])

    async def _register_openly(self, client: Client, name: str) -> dict[str, Any]:
        dummy = {"type": "m.login.dummy"}
        auth = dummy
        if self._registration == "token":
            auth = {"type": "m.login.registration_token", "token": self._secret}
        body: dict[str, Any] = {"username": name, "password": f"pw-{name}", "auth": auth}
        for _ in range(4):
            answer = await client.request("POST", f"{V3}/register", body)
            if answer.status != 401:
                break
            # User-interactive authentication: carry the session on, then a dummy stage.
            asked = orjson.loads(answer.body)
            stage = dummy if auth["type"] in asked.get("completed", ()) else auth
            body["auth"] = {**stage, "session": asked.get("session")}
        if answer.status != 200:
            raise Refused("register", answer)
        made: dict[str, Any] = orjson.loads(answer.body)
        return made

    async def _register_with_secret(self, client: Client, name: str) -> dict[str, Any]:
        path = "/_synapse/admin/v1/register"
        nonce: str = (await client.json("GET", path))["nonce"]
        password = f"pw-{name}"
        signed = f"{nonce}\0{name}\0{password}\0notadmin".encode()
        mac = hmac.new(self._secret.encode(), signed, hashlib.sha1).hexdigest()
        body = {"nonce": nonce, "username": name, "password": password, "admin": False, "mac": mac}
        return await client.json("POST", path, body)

    # Rooms

    async def create_room(self, client: Client, preset: str = "private_chat", **more: Any) -> str:
        """The id of a new room."""
        answer = await client.json("POST", f"{V3}/createRoom", {"preset": preset, **more})
        room_id: str = answer["room_id"]
        return room_id

    async def join(self, client: Client, room_id: str) -> None:
        await client.call("POST", f"{V3}/join/{quote(room_id)}", {}, timeout=120)

    async def join_all(
        self, room_id: str, people: Iterable[Account], width: int = SETUP_WIDTH
    ) -> list[float]:
        """Everybody joins; how many seconds each of them took."""
        took: list[float] = []

        def job(account: Account) -> Job:
            async def join(connection: Connection) -> None:
                started = time.perf_counter()
                await self.join(self.client(account, connection), room_id)
                took.append(time.perf_counter() - started)

            return join

        await self.each((job(account) for account in people), width)
        return took

    async def send(self, client: Client, room_id: str, text: str = "") -> None:
        """One message under a new transaction id."""
        number = next(self._numbers)
        path = f"{V3}/rooms/{quote(room_id)}/send/m.room.message/{self._stem}.{number}"
        text = text or f"message {number}: the quick brown fox jumps over the lazy dog"
        await client.call("PUT", path, {"msgtype": "m.text", "body": text})


def loopback(base: str) -> tuple[str, int]:
    """Host and port of an address. Raises ValueError for anything but http on the loopback."""
    parts = urlsplit(base)
    host = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname or ""
    if parts.scheme != "http" or not host or not ipaddress.ip_address(host).is_loopback:
        raise ValueError(f"{base} is not http://127.0.0.1:PORT: only this machine is burdened")
    return host, parts.port or 80


def compact(value: object) -> str:
    """JSON for a query parameter."""
    return quote(orjson.dumps(value).decode())
