"""What is passed on to the tasks service, and what is answered for it while it is down."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import RawTestServer, TestClient
from multidict import CIMultiDict
from yarl import URL

from homeserver.api.endpoint import Limit, Query
from homeserver.api.forward import Forward
from homeserver.api.router import Router
from homeserver.api.server import HttpApi, first_of
from homeserver.services.ground.requester import Requester

ADDRESS = "203.0.113.7"

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


class Nobody:
    """No endpoint is reached here, so nobody is asked who they are or counted."""

    async def authenticate(self, token: str, query: Query, address: str) -> Requester:
        raise AssertionError

    def check(self, limit: Limit, who: Requester | None, address: str, token: str | None) -> None:
        raise AssertionError

    async def check_everywhere(self, limit: Limit, address: str, token: str | None) -> None:
        raise AssertionError


@dataclass
class Told:
    """A request as the service saw it."""

    method: str
    target: str
    headers: CIMultiDict[str]
    body: bytes


@dataclass
class Service:
    """Stands where the tasks service would, and does what `handler` says."""

    told: list[Told] = field(default_factory=list)
    handler: Handler | None = None

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        if self.handler is not None:
            return await self.handler(request)
        headers = CIMultiDict(request.headers)
        body = b"".join([chunk async for chunk in request.content.iter_any()])
        told = Told(request.method, request.raw_path, headers, body)
        self.told.append(told)
        return web.json_response({"length": len(told.body)})


@dataclass
class Passage:
    """A homeserver's listener before a service."""

    service: Service
    client: TestClient[Any, Any]
    forward: Forward
    url: URL

    async def raw(self, request: bytes) -> bytes:
        """The first bytes of the answer to bytes that no client library would send."""
        reader, writer = await asyncio.open_connection(self.url.host, self.url.port)
        writer.write(request)
        answer = await reader.read(4096)
        writer.close()
        return answer


@contextlib.asynccontextmanager
async def _listening(forward: Forward) -> AsyncIterator[tuple[TestClient[Any, Any], URL]]:
    async def page(request: web.BaseRequest) -> web.StreamResponse | None:
        is_page = request.path == "/page"
        return web.Response(text="a page of the web client") if is_page else None

    http = HttpApi(
        Router([]),
        Nobody(),
        Nobody(),
        body_timeout=5,
        client_address=lambda request: ADDRESS,
        fallback=first_of(forward, None, page),
    )
    await forward.start()
    raw = RawTestServer(http)
    try:
        client: TestClient[Any, Any] = TestClient(raw, auto_decompress=False)
        async with raw, client:
            yield client, raw.make_url("/")
            forward.close()
    finally:
        await forward.stop()


@pytest.fixture
async def passage() -> AsyncIterator[Passage]:
    service = Service()
    async with RawTestServer(service) as upstream:
        forward = Forward(str(upstream.make_url("")), lambda request: ADDRESS)
        async with _listening(forward) as (client, url):
            yield Passage(service, client, forward, url)


@pytest.fixture
async def nobody() -> AsyncIterator[TestClient[Any, Any]]:
    """A listener whose service is down."""
    async with RawTestServer(Service()) as upstream:
        url = str(upstream.make_url(""))
    async with _listening(Forward(url, lambda request: ADDRESS)) as (client, _):
        yield client


async def test_method_path_query_and_body_arrive_to_the_letter(passage: Passage) -> None:
    path = "/v1/rooms/%21a%2Fb%3Aa.example/tasks-config?q=%D0%B0+b&q=%2F"
    async with passage.client.put(URL(path, encoded=True), data=b"{}") as answer:
        assert (answer.status, await answer.json()) == (200, {"length": 2})
    (told,) = passage.service.told
    assert (told.method, told.target, told.body) == ("PUT", path, b"{}")


async def test_the_service_learns_who_asked_and_where(passage: Passage) -> None:
    forged = {"X-Forwarded-For": "10.0.0.1", "Forwarded": "for=10.0.0.1", "Host": "chat.example"}
    await passage.client.get("/v1/tasks", headers=forged)
    headers = passage.service.told[0].headers
    assert headers["X-Forwarded-For"] == ADDRESS
    assert headers["X-Forwarded-Host"] == "chat.example"
    assert headers["X-Forwarded-Proto"] == "http"
    assert "Forwarded" not in headers
    assert headers["Host"] != "chat.example"


async def test_headers_of_one_connection_stay_there(passage: Passage) -> None:
    request = (
        b'GET /v1/tasks HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer t\r\nIf-Match: "r1"\r\n'
        b"Connection: close, X-Mine\r\nX-Mine: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\n"
        b"Proxy-Authorization: x\r\nExpect: 100-continue\r\n\r\n"
    )
    assert (await passage.raw(request)).startswith(b"HTTP/1.1 200")
    headers = passage.service.told[0].headers
    assert (headers["Authorization"], headers["If-Match"]) == ("Bearer t", '"r1"')
    gone = {"x-mine", "keep-alive", "te", "proxy-authorization", "expect", "user-agent", "accept"}
    assert not gone & {name.lower() for name in headers}


async def test_the_answer_comes_back_as_it_is(passage: Passage) -> None:
    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        headers = {
            "ETag": '"r7"',
            "Content-Encoding": "gzip",
            "Connection": "X-Inner",
            "X-Inner": "1",
        }
        return web.Response(body=b"packed", status=412, reason="No", headers=headers)

    passage.service.handler = handler
    async with passage.client.get("/v1/tasks/OPS-1") as answer:
        assert (answer.status, answer.reason, await answer.read()) == (412, "No", b"packed")
        assert (answer.headers["ETag"], answer.headers["Content-Encoding"]) == ('"r7"', "gzip")
        assert "X-Inner" not in answer.headers


@pytest.mark.parametrize("chunked", [True, False])
async def test_big_bodies_pass(passage: Passage, *, chunked: bool) -> None:
    size = 5_000_000

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(size // 50_000):
            yield bytes(50_000)

    headers = {} if chunked else {"Content-Length": str(size)}
    async with passage.client.post("/v1/import", data=pieces(), headers=headers) as answer:
        assert (await answer.json())["length"] == size
    assert ("Transfer-Encoding" in passage.service.told[0].headers) is chunked


async def test_an_answer_streams(passage: Passage) -> None:
    more = asyncio.Event()

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"first")
        await more.wait()
        await response.write(b"second")
        return response

    passage.service.handler = handler
    async with passage.client.get("/v1/feed") as answer:
        assert await answer.content.readany() == b"first"
        more.set()
        assert await answer.content.read() == b"second"


async def test_a_head_request_has_no_body(passage: Passage) -> None:
    async with passage.client.head("/v1/tasks") as answer:
        assert (answer.status, await answer.read()) == (200, b"")
        assert answer.headers["Content-Length"] == "13"


async def test_a_refusal_before_the_body_was_read_closes_the_connection(passage: Passage) -> None:
    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        refusal = web.Response(status=413)
        refusal.force_close()
        return refusal

    passage.service.handler = handler
    head = b"POST /v1/tasks HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"
    answer = await passage.raw(head + b"x" * 100)
    assert answer.startswith(b"HTTP/1.1 413")
    assert b"connection: close" in answer.lower()


async def test_an_answer_that_breaks_off_is_not_taken_for_whole(passage: Passage) -> None:
    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "100"})
        await response.prepare(request)
        await response.write(b"half")
        assert request.transport is not None
        request.transport.close()
        return response

    passage.service.handler = handler
    with pytest.raises(aiohttp.ClientError):
        async with passage.client.get("/v1/tasks") as answer:
            await answer.read()


async def test_a_client_that_does_not_wait_for_the_answer_is_no_error(
    passage: Passage, caplog: pytest.LogCaptureFixture
) -> None:
    asked, answers = asyncio.Event(), asyncio.Event()

    async def handler(_request: web.BaseRequest) -> web.StreamResponse:
        asked.set()
        await answers.wait()
        return web.json_response({})

    passage.service.handler = handler
    _reader, writer = await asyncio.open_connection(passage.url.host, passage.url.port)
    writer.write(b"GET /v1/feed?wait=30 HTTP/1.1\r\nHost: a\r\n\r\n")
    await asked.wait()
    writer.transport.abort()
    await asyncio.sleep(0.02)
    answers.set()
    passage.service.handler = None
    async with passage.client.get("/v1/tasks") as answer:
        assert answer.status == 200
    await asyncio.sleep(0.02)
    assert [each for each in caplog.records if each.levelno >= logging.WARNING] == []


async def _echo(request: web.BaseRequest) -> web.StreamResponse:
    socket = web.WebSocketResponse(autoping=False)
    await socket.prepare(request)
    async for message in socket:
        if message.type is aiohttp.WSMsgType.TEXT:
            if message.data == "bye":
                await socket.close(code=4001)
                break
            await socket.send_str(message.data + "!")
        elif message.type is aiohttp.WSMsgType.BINARY:
            await socket.send_bytes(message.data[::-1])
        elif message.type is aiohttp.WSMsgType.PING:
            await socket.pong(message.data)
    return socket


@pytest.mark.parametrize("path", ["/ws/?EIO=4&transport=websocket", "/socket.io/?EIO=4"])
async def test_sockets_pass(passage: Passage, path: str) -> None:
    passage.service.handler = _echo
    async with passage.client.ws_connect(path, autoping=False) as socket:
        await socket.send_str("hello")
        assert (await socket.receive()).data == "hello!"
        await socket.send_bytes(b"ab")
        assert (await socket.receive()).data == b"ba"
        await socket.ping(b"p")
        assert (await socket.receive()).type is aiohttp.WSMsgType.PONG
        await socket.send_str("bye")
        await socket.receive()
        assert socket.close_code == 4001


async def test_a_client_that_goes_is_gone_for_the_service(passage: Passage) -> None:
    gone = asyncio.Event()

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        async for _ in socket:
            pass
        gone.set()
        return socket

    passage.service.handler = handler
    async with passage.client.ws_connect("/ws/"):
        pass
    await asyncio.wait_for(gone.wait(), 5)


async def test_a_refused_socket_says_why(passage: Passage) -> None:
    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        return web.Response(status=401)

    passage.service.handler = handler
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await passage.client.ws_connect("/ws/")
    assert refusal.value.status == 401


async def test_a_stop_ends_sockets_and_polls(passage: Passage) -> None:
    arrived = asyncio.Event()

    async def handler(request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/ws/":
            return await _echo(request)
        arrived.set()
        await asyncio.sleep(60)
        return web.Response()

    passage.service.handler = handler
    async with passage.client.ws_connect("/ws/") as socket:
        poll = asyncio.create_task(passage.client.get("/v1/feed?wait=30"))
        await asyncio.wait_for(arrived.wait(), 5)
        passage.forward.close()
        await asyncio.wait_for(socket.receive(), 5)
        assert socket.close_code == aiohttp.WSCloseCode.GOING_AWAY
        assert (await asyncio.wait_for(poll, 5)).status == 503
    async with passage.client.get("/v1/tasks") as late:
        assert late.status == 503


@pytest.mark.parametrize("path", ["/v1/tasks", "/v1", "/socket.io/?EIO=4&transport=polling"])
async def test_while_the_service_is_down_the_answer_says_when_to_come_back(
    nobody: TestClient[Any, Any], path: str
) -> None:
    async with nobody.post(path, data=b"{}") as answer:
        assert (answer.status, answer.content_type) == (503, "application/problem+json")
        assert int(answer.headers["Retry-After"]) > 0
        problem = await answer.json()
        assert (problem["status"], problem["code"]) == (503, "unavailable")


async def test_while_the_service_is_down_a_socket_is_refused(nobody: TestClient[Any, Any]) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
        await nobody.ws_connect("/ws/")
    assert refusal.value.status == 503


async def test_while_the_service_is_down_the_rest_is_not(nobody: TestClient[Any, Any]) -> None:
    async with nobody.get("/page") as answer:
        assert await answer.text() == "a page of the web client"


@pytest.mark.parametrize(
    "target",
    [
        "/_matrix/app/v1/transactions/1",
        "/v1/../_matrix/app/v1/transactions/1",
        "/v1/%2e%2e/_matrix/app/v1/transactions/1",
        "/v1/%2E./_matrix/app/v1/transactions/1",
        "/v1/..%2f_matrix/app/v1/transactions/1",
        "/v1/..%5c_matrix/app/v1/transactions/1",
        "/v1/x/./../../_matrix/app/v1/ping",
        "/v10/tasks",
        "/health",
        "/metrics",
    ],
)
async def test_nothing_else_of_the_service_is_reachable(passage: Passage, target: str) -> None:
    answer = await passage.raw(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    assert answer.startswith(b"HTTP/1.1 404")
    assert passage.service.told == []


async def test_a_browser_may_send_what_the_service_understands(passage: Passage) -> None:
    async with passage.client.options("/v1/tasks/OPS-1") as answer:
        allowed = answer.headers["Access-Control-Allow-Headers"]
    assert {"If-Match", "Idempotency-Key", "Authorization"} <= set(allowed.split(", "))
