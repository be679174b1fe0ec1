"""The whole server in this process, on a database of its own and a clock that the test sets."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from aiohttp.test_utils import RawTestServer, TestClient

from homeserver import installation
from homeserver.compose.accounts import Accounts
from homeserver.compose.server import Server, build_server
from homeserver.config import Config, load
from homeserver.services.accounts import provision
from tests.harness.client_api import Answer

PASSWORD = "correct horse"
SECRET = "shared secret"

Json = dict[str, Any]


class Clock:
    """Stands still unless told."""

    def __init__(self) -> None:
        self.ms = 1_700_000_000_000

    def __call__(self) -> int:
        return self.ms

    def forward(self, seconds: float) -> None:
        """Lets time pass."""
        self.ms += round(seconds * 1000)


class Person:
    """Someone who is signed in."""

    def __init__(self, server: WholeServer, session: Json) -> None:
        self.server = server
        self.session = session
        self.user_id: str = session["user_id"]
        self.device_id: str = session["device_id"]
        self.token: str = session["access_token"]

    async def call(self, method: str, path: str, body: Any = None, **query: str | int) -> Answer:
        """A request with their token. path: whole, or below /_matrix/client/v3/."""
        return await self.server.call(method, path, body, token=self.token, **query)

    async def get(self, path: str, **query: str | int) -> Answer:
        return await self.call("GET", path, **query)

    async def post(self, path: str, body: Any = None, **query: str | int) -> Answer:
        return await self.call("POST", path, {} if body is None else body, **query)

    async def put(self, path: str, body: Any, **query: str | int) -> Answer:
        return await self.call("PUT", path, body, **query)

    async def delete(self, path: str, body: Any = None) -> Answer:
        return await self.call("DELETE", path, body)

    def proof(self, password: str = PASSWORD) -> Json:
        """`auth` for interactive authentication, without a session."""
        identifier = {"type": "m.id.user", "user": self.user_id}
        return {"type": "m.login.password", "identifier": identifier, "password": password}


class WholeServer:
    """A server to talk to as any client does."""

    def __init__(self, server: Server, client: TestClient[Any, Any], clock: Clock) -> None:
        self.engine = server.engine
        self.accounts: Accounts = server.accounts
        self.retention = server.purging.retention
        self.clock = clock
        self._client = client

    @property
    def config(self) -> Config:
        return self.engine.config

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        **query: str | int,
    ) -> Answer:
        """One request. path: whole, or below /_matrix/client/v3/. body: JSON, or text as it is."""
        return await self.request(method, path, body, token=token, query=query)

    async def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        query: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Like `call`, with headers."""
        """One request. path: whole, or below /_matrix/client/v3/. body: JSON, or text as it is, or
        its pieces as they come."""
        is_json = isinstance(body, (dict, list))
        data: Any = json.dumps(body) if is_json else body
        if isinstance(data, (bytes, str)) and len(data) > 1_000_000:
            data = io.BytesIO(data.encode() if isinstance(data, str) else data)
        bearer = {} if token is None else {"Authorization": f"Bearer {token}"}
        async with self._client.request(
            method,
            path if path.startswith("/") else f"/_matrix/client/v3/{path}",
            data=data,
            params={name: str(value) for name, value in (query or {}).items()},
            headers=bearer | dict(headers or {}),
        ) as response:
            return Answer(response.status, await response.json())

    async def register(self, username: str, **extra: Any) -> Person:
        """A new account, signed in."""
        body = {"username": username, "password": PASSWORD, "auth": {"type": "m.login.dummy"}}
        answer = await self.call("POST", "register", body | extra)
        return Person(self, answer.ok)

    async def try_login(self, user: str, password: str = PASSWORD, **extra: Any) -> Answer:
        """What `POST /login` answers."""
        identifier = {"type": "m.id.user", "user": user}
        body = {"type": "m.login.password", "identifier": identifier, "password": password}
        return await self.call("POST", "login", body | extra)

    async def login(self, user: str, password: str = PASSWORD, **extra: Any) -> Person:
        """One more session of an account."""
        return Person(self, (await self.try_login(user, password, **extra)).ok)

    async def admin(self) -> Person:
        """The administrator, signed in."""
        await provision.ensure_admin(self.config, PASSWORD)
        return await self.login("admin")


@contextlib.asynccontextmanager
async def whole_server(
    folder: Path,
    database_url: str,
    settings: Json | None = None,
    *,
    appservices: list[Json] | None = None,
) -> AsyncIterator[WholeServer]:
    """A server at `a.example`: open, and without limits unless `settings` say so.

    appservices: contents of registration files. A folder used before keeps its keys.
    """
    values: Json = {
        "server_name": "a.example",
        "database": {"url": None if database_url.startswith("sqlite") else database_url},
        "accounts": {"bcrypt_cost": 4},
        "registration": {"open": True, "shared_secret": SECRET},
        "rate_limits": {"enabled": False},
        "appservices": {"registration_files": ["*.appservice.yaml"]},
        "logging": {"level": "warning"},
    }
    (folder / "config.yaml").write_text(yaml.safe_dump(values | (settings or {})))
    for number, registration in enumerate(appservices or []):
        (folder / f"{number}.appservice.yaml").write_text(yaml.safe_dump(registration))
    config = load(folder / "config.yaml", {})
    for path in (config.keys.signing_key, config.keys.token_key):
        if not path.exists():
            installation.make_key(path)
    clock = Clock()
    server = await build_server(config, clock=clock)
    await server.start()
    raw = RawTestServer(server.http)
    client: TestClient[Any, Any] = TestClient(raw)
    try:
        async with raw, client:
            yield WholeServer(server, client, clock)
            server.close()
    finally:
        await server.stop()
