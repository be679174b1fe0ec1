"""Requests that another service on this machine answers: /v1, /ws and /socket.io go to the tasks
service.

They pass through as they are, WebSockets too. While the service is down the answer says so and
when to come back; the rest of the server does not notice.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

import aiohttp
import orjson
from aiohttp import web
from multidict import CIMultiDict

from homeserver.observe import get_logger

log = get_logger(__name__)

_PREFIXES = ("/v1", "/ws", "/socket.io")
_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "host",
        "content-length",
    }
)
_RETRY_AFTER = 5
_CONNECT_SECONDS = 2
_MAX_MESSAGE = 1024 * 1024


class Forward:
    """Passes requests on. url: of the service, on loopback.

    client_address: tells the service where a request came from.
    """

    def __init__(self, url: str, client_address: Callable[[web.BaseRequest], str]) -> None:
        self._url = url.rstrip("/")
        self._client_address = client_address
        self._session: aiohttp.ClientSession | None = None
        self._sockets: set[web.WebSocketResponse] = set()

    async def start(self) -> None:
        """Opens the pool of connections."""
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def close_sockets(self) -> None:
        """Ends every WebSocket, so that a stop does not wait for them."""
        for socket in list(self._sockets):
            with contextlib.suppress(ConnectionError):
                await socket.close(code=aiohttp.WSCloseCode.GOING_AWAY)

    async def stop(self) -> None:
        """Closes the pool."""
        if self._session is not None:
            await self._session.close()

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse | None:
        """The service's answer; None if the path is none of its own. A fallback of HttpApi."""
        path = request.rel_url.raw_path
        if not any(path == prefix or path.startswith(f"{prefix}/") for prefix in _PREFIXES):
            return None
        assert self._session is not None
        try:
            if request.headers.get("Upgrade", "").lower() == "websocket":
                return await self._socket(self._session, request)
            return await self._pass(self._session, request)
        except (aiohttp.ClientConnectionError, TimeoutError) as error:
            log.warning("service_down", path=path, error=repr(error))
            return _unavailable(path)

    def _headers(self, request: web.BaseRequest) -> CIMultiDict[str]:
        headers = CIMultiDict(
            (name, value)
            for name, value in request.headers.items()
            if name.lower() not in _HOP_BY_HOP and not name.lower().startswith("sec-websocket")
        )
        headers["X-Forwarded-For"] = self._client_address(request)
        headers["X-Forwarded-Host"] = request.headers.get("Host", "")
        headers.setdefault("X-Forwarded-Proto", "https" if request.secure else "http")
        return headers

    async def _pass(
        self, session: aiohttp.ClientSession, request: web.BaseRequest
    ) -> web.StreamResponse:
        has_body = request.can_read_body
        headers = self._headers(request)
        if has_body and request.content_length is not None:
            headers["Content-Length"] = str(request.content_length)
        async with session.request(
            request.method,
            self._url + str(request.rel_url),
            headers=headers,
            data=request.content if has_body else None,
            allow_redirects=False,
        ) as answer:
            response = web.StreamResponse(status=answer.status, reason=answer.reason)
            for name, value in answer.headers.items():
                if name.lower() not in _HOP_BY_HOP:
                    response.headers.add(name, value)
            if answer.content_length is not None and "Content-Encoding" not in answer.headers:
                response.content_length = answer.content_length
            await response.prepare(request)
            async for chunk in answer.content.iter_any():
                await response.write(chunk)
            await response.write_eof()
            return response

    async def _socket(
        self, session: aiohttp.ClientSession, request: web.BaseRequest
    ) -> web.StreamResponse:
        async with session.ws_connect(
            self._url + str(request.rel_url),
            headers=self._headers(request),
            max_msg_size=_MAX_MESSAGE,
            autoping=False,
        ) as theirs:
            ours = web.WebSocketResponse(max_msg_size=_MAX_MESSAGE, autoping=False)
            await ours.prepare(request)
            self._sockets.add(ours)
            ways = [
                asyncio.create_task(_pump(ours, theirs)),
                asyncio.create_task(_pump(theirs, ours)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
                await asyncio.gather(*ways, return_exceptions=True)
                self._sockets.discard(ours)
                await ours.close()
            return ours


_Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


async def _pump(source: _Socket, target: _Socket) -> None:
    """Carries messages one way until either side ends."""
    async for message in source:
        if message.type is aiohttp.WSMsgType.TEXT:
            await target.send_str(message.data)
        elif message.type is aiohttp.WSMsgType.BINARY:
            await target.send_bytes(message.data)
        elif message.type is aiohttp.WSMsgType.PING:
            await target.ping(message.data)
        elif message.type is aiohttp.WSMsgType.PONG:
            await target.pong(message.data)


def _unavailable(path: str) -> web.Response:
    problem = {
        "type": "about:blank",
        "title": "The tasks service is not running; it is started again on its own",
        "status": 503,
        "code": "unavailable",
        "instance": path,
    }
    return web.Response(
        body=orjson.dumps(problem),
        status=503,
        headers={
            "Content-Type": "application/problem+json",
            "Retry-After": str(_RETRY_AFTER),
            "Access-Control-Allow-Origin": "*",
        },
    )
