"""Endpoints over HTTP in this process, where a user's id is their access token."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp.test_utils import RawTestServer, TestClient

from homeserver.api.endpoint import Limit, Query, endpoints_of
from homeserver.api.router import Router
from homeserver.api.server import HttpApi
from homeserver.ids import DeviceId, UserId
from homeserver.services.ground.requester import Requester


class _EverybodyIsWhoTheySay:
    async def authenticate(self, token: str, query: Query, address: str) -> Requester:
        user_id, _, device = token.partition("|")
        return Requester(UserId(user_id), DeviceId(device or "PHONE"))


class _NoLimits:
    def check(self, limit: Limit, who: Requester | None, address: str, token: str | None) -> None:
        """Nothing is too much."""

    async def check_everywhere(self, limit: Limit, address: str, token: str | None) -> None:
        """Nor anywhere else."""


@dataclass(frozen=True)
class Answer:
    """A status, and the JSON that came with it."""

    status: int
    body: Any

    @property
    def ok(self) -> Any:
        """The body of a success."""
        assert self.status == 200, self.body
        return self.body

    @property
    def refusal(self) -> tuple[int, str]:
        """Status and errcode of a refusal."""
        assert self.status >= 400, self.body
        return self.status, self.body["errcode"]


class ClientApi:
    """Calls endpoints as anybody. A user is named by their id, or by `id|device`."""

    def __init__(self, client: TestClient[Any, Any]) -> None:
        self._client = client

    @property
    def http(self) -> TestClient[Any, Any]:
        """For what is not JSON."""
        return self._client

    async def call(
        self, method: str, user: str, path: str, body: Any = None, **query: str | int
    ) -> Answer:
        """path: below /_matrix/client, already quoted."""
        async with self._client.request(
            method,
            f"/_matrix/client/{path}",
            json=body,
            params={name.rstrip("_"): str(value) for name, value in query.items()},
            headers={"Authorization": f"Bearer {user}"},
        ) as response:
            return Answer(response.status, await response.json())

    async def get(self, user: str, path: str, **query: str | int) -> Answer:
        """A GET. A query parameter that is a Python keyword is written with a trailing `_`."""
        return await self.call("GET", user, path, **query)

    async def post(self, user: str, path: str, body: Any) -> Answer:
        """A POST."""
        return await self.call("POST", user, path, body)

    async def put(self, user: str, path: str, body: Any) -> Answer:
        """A PUT."""
        return await self.call("PUT", user, path, body)


@contextlib.asynccontextmanager
async def client_api(apis: Sequence[object]) -> AsyncIterator[ClientApi]:
    """Serves these endpoints for as long as the block runs."""
    http = HttpApi(
        Router([endpoint for api in apis for endpoint in endpoints_of(api)]),
        _EverybodyIsWhoTheySay(),
        _NoLimits(),
        body_timeout=5,
        client_address=lambda request: "127.0.0.1",
    )
    server = RawTestServer(http)
    client: TestClient[Any, Any] = TestClient(server)
    async with server, client:
        yield ClientApi(client)
