"""Requests that another service on this machine answers: /v1, /ws and /socket.io go to the tasks
service.

They pass through as they are, WebSockets too. While the service is down the answer says so and
when to come back; the rest of the server does not notice.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from urllib.parse import unquote

import aiohttp
import orjson
from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from homeserver.observe import get_logger
from homeserver.remote.authorities import authorities, is_secure

log = get_logger(__name__)

_PREFIXES = ("/v1", "/ws", "/socket.io")
_HOP_BY_HOP = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""RFC 9110, section 7.6.1: these speak of one connection."""
_OURS = frozenset({"host", "content-length", "expect", "forwarded"})
"""What is said anew to the service."""
_RETRY_AFTER = 2
_CONNECT_SECONDS = 2
_MAX_MESSAGE = 1024 * 1024


class Forward:
    """Passes requests on. url: of the service, on loopback.

    client_address: tells the service where a request came from.
    """

    def __init__(self, url: str, client_address: Callable[[web.BaseRequest], str]) -> None:
        self._url = URL(url.rstrip("/"))
        self._client_address = client_address
        self._session: aiohttp.ClientSession | None = None
        self._waiting: set[asyncio.Timeout] = set()
        self._closed = False

    async def start(self) -> None:
        """Opens the pool of connections."""
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_CONNECT_SECONDS),
            connector=aiohttp.TCPConnector(
                limit=0, ssl=authorities() if is_secure(str(self._url)) else True
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    def close(self) -> None:
        """Ends every socket and every wait for an answer, and lets none begin any more."""
        self._closed = True
        now = asyncio.get_running_loop().time()
        for deadline in self._waiting:
            deadline.reschedule(now)

    async def stop(self) -> None:
        """Closes the pool. No request may be under way any more."""
        if self._session is not None:
            await self._session.close()

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse | None:
        """The service's answer; None if the path is none of its own. A fallback of HttpApi."""
        path = request.rel_url.raw_path
        if not _is_forwarded(path):
            return None
        assert self._session is not None
        try:
            if request.headers.get("Upgrade", "").lower() == "websocket":
                return await self._socket(self._session, request)
            return await self._pass(self._session, request)
        except aiohttp.WSServerHandshakeError as error:
            return web.Response(status=error.status)
        except (aiohttp.ClientConnectionError, TimeoutError) as error:
            if not _is_gone(request):
                log.warning("service_down", path=path, error=repr(error))
            return _unavailable(path)

    @contextlib.asynccontextmanager
    async def _until_closed(self) -> AsyncIterator[None]:
        """Raises TimeoutError in the block when the server stops."""
        if self._closed:
            raise TimeoutError
        async with asyncio.timeout(None) as deadline:
            self._waiting.add(deadline)
            try:
                yield
            finally:
                self._waiting.discard(deadline)

    def _target(self, request: web.BaseRequest) -> URL:
        """The same path and query there, to the letter."""
        return URL.build(
            scheme=self._url.scheme,
            authority=self._url.raw_authority,
            path=request.rel_url.raw_path,
            query_string=request.rel_url.raw_query_string,
            encoded=True,
        )

    def _headers(self, request: web.BaseRequest) -> CIMultiDict[str]:
        headers = CIMultiDict(
            (name, value)
            for name, value in _end_to_end(request.headers).items()
            if name.lower() not in _OURS and not name.lower().startswith("sec-websocket")
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
        async with self._until_closed():
            answer = await session.request(
                request.method,
                self._target(request),
                headers=headers,
                data=request.content if has_body else None,
                allow_redirects=False,
            )
        async with answer:
            response = web.StreamResponse(status=answer.status, reason=answer.reason)
            for name, value in _end_to_end(answer.headers).items():
                response.headers.add(name, value)
            if has_body and not request.content.at_eof():
                # What was not read of the body must not be taken for the next request.
                response.force_close()
            try:
                await response.prepare(request)
                if request.method != "HEAD":
                    async for chunk in answer.content.iter_any():
                        await response.write(chunk)
                await response.write_eof()
            except aiohttp.ClientError as error:
                if request.transport is None or _is_gone(request):
                    return response
                # Half an answer is out: only a broken connection says that it is not whole.
                log.warning("service_broke_off", path=request.rel_url.raw_path, error=repr(error))
                request.transport.abort()
            return response

    async def _socket(
        self, session: aiohttp.ClientSession, request: web.BaseRequest
    ) -> web.StreamResponse:
        async with self._until_closed():
            theirs = await session.ws_connect(
                self._target(request),
                headers=self._headers(request),
                max_msg_size=_MAX_MESSAGE,
                autoping=False,
            )
        ours = web.WebSocketResponse(max_msg_size=_MAX_MESSAGE, autoping=False)
        code: int = aiohttp.WSCloseCode.GOING_AWAY
        try:
            with contextlib.suppress(TimeoutError, ConnectionError):
                await ours.prepare(request)
                async with self._until_closed():
                    await _carry(ours, theirs)
                    code = theirs.close_code or aiohttp.WSCloseCode.OK
        finally:
            await theirs.close()
            if ours.prepared:
                with contextlib.suppress(ConnectionError):
                    await ours.close(code=code)
        return ours


_Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


async def _carry(ours: _Socket, theirs: _Socket) -> None:
    """Carries messages both ways until either side ends."""
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


def _is_gone(request: web.BaseRequest) -> bool:
    """Whether the client has closed its connection: nobody waits for the answer."""
    return request.transport is None or request.transport.is_closing()


def _is_forwarded(path: str) -> bool:
    """Whether the path is the service's; one that climbs out of it by dots is nobody's."""
    if not any(path == prefix or path.startswith(f"{prefix}/") for prefix in _PREFIXES):
        return False
    segments = unquote(path).replace("\\", "/").split("/")
    return ".." not in segments and "." not in segments


def _end_to_end(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    """Without what speaks of one connection, and what `Connection` names."""
    named = {
        name.strip().lower()
        for value in headers.getall("Connection", ())
        for name in value.split(",")
    }
    return CIMultiDict(
        (name, value)
        for name, value in headers.items()
        if name.lower() not in _HOP_BY_HOP and name.lower() not in named
    )


def _unavailable(path: str) -> web.Response:
    problem = {
        "type": "about:blank",
        "title": "The tasks service is not running; it is started again on its own",
        "status": 503,
        "code": "unavailable",
        "instance": path,
        "retry_after": _RETRY_AFTER,
    }
    return web.Response(
        body=orjson.dumps(problem),
        status=503,
        headers={
            "Content-Type": "application/problem+json",
            "Retry-After": str(_RETRY_AFTER),
            "Access-Control-Allow-Origin": "*",
            "Access-Control-Expose-Headers": "Retry-After",
        },
    )
