"""HTTP: from bytes to a handler and back, in one fused step.

One place parses, authenticates, limits, calls, and renders every refusal. Nothing above it knows
status codes, nothing below it knows HTTP.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import Any, Protocol, TypeVar

import msgspec
import orjson
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from homeserver import observe
from homeserver.api.body import as_struct
from homeserver.api.endpoint import Auth, Endpoint, Limit, Query, Reply
from homeserver.api.ready_json import ReadyHead, ReadyJson, fits
from homeserver.api.router import Match, Router
from homeserver.errors import (
    BadJson,
    Forbidden,
    MatrixError,
    MissingToken,
    TooLarge,
    Unrecognized,
)
from homeserver.protocol.canonical_json import decode
from homeserver.services.ground.requester import Requester

log = observe.get_logger(__name__)

CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": (
        "X-Requested-With, Content-Type, Authorization, Date,"
        # Of the tasks service, whose preflight requests are answered here too.
        " If-Match, If-None-Match, Idempotency-Key, Delegated-Token, X-Request-ID"
    ),
    "Access-Control-Expose-Headers": "Retry-After",
}

_HEAD = ReadyHead(CORS)

_requests = observe.metrics.histogram(
    "teammessenger_request_seconds", "Time to answer, by endpoint", ["endpoint", "status"]
)
_in_flight = observe.metrics.gauge("teammessenger_requests_in_flight", "Requests being served")

_PASSWORD_CHANGE = frozenset(
    {"Account.change_password", "Account.whoami", "Login.logout", "Login.logout_all"}
)
"""What someone who must change their password may call."""


class Authenticator(Protocol):
    """Turns the token of a request into who makes it."""

    async def authenticate(self, token: str, query: Query, address: str) -> Requester:
        """Raises UnknownToken, Forbidden (an appservice that may not act as this user)."""


class Limiter(Protocol):
    """Counts requests."""

    def check(self, limit: Limit, who: Requester | None, address: str, token: str | None) -> None:
        """Raises LimitExceeded. token: what came with a request that needs none."""

    async def check_everywhere(self, limit: Limit, address: str, token: str | None) -> None:
        """What all processes count together: attempts of those who are nobody yet."""


Fallback = Callable[[web.BaseRequest], Awaitable[web.StreamResponse | None]]


def first_of(*fallbacks: Fallback | None) -> Fallback:
    """Asks each in turn until one answers; None stands for one that there is not."""

    async def ask(request: web.BaseRequest) -> web.StreamResponse | None:
        for fallback in fallbacks:
            answer = None if fallback is None else await fallback(request)
            if answer is not None:
                return answer
        return None

    return ask


class HttpApi:
    """The request handler of the listener.

    fallback: asked for paths that no endpoint has (the web client, forwarded services); None: a
    404. log_requests: whether each answer is logged. catch_up: returns once this process knows what
    others have committed before; None where it is alone.
    """

    def __init__(
        self,
        router: Router,
        authenticator: Authenticator,
        limiter: Limiter,
        *,
        body_timeout: float,
        client_address: Callable[[web.BaseRequest], str],
        fallback: Fallback | None = None,
        log_requests: bool = False,
        catch_up: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._catch_up = catch_up
        self._router = router
        self._authenticator = authenticator
        self._limiter = limiter
        self._body_timeout = body_timeout
        self._client_address = client_address
        self._fallback = fallback
        self._log_requests = log_requests
        self._timers: dict[tuple[str, int], Callable[[float], None]] = {}
        self.in_flight = 0
        _in_flight.set_function(lambda: self.in_flight)

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.method == "OPTIONS":
            return web.Response(status=204, headers=CORS)
        observe.begin_request(request.headers.get("X-Request-ID"))
        started = time.perf_counter()
        self.in_flight += 1
        name = "none"
        try:
            path = request.rel_url.raw_path
            match = self._router.find(request.method, path)
            if isinstance(match, Match):
                name = match.endpoint.name
                response = await self._answer(request, match)
            else:
                response = await self._no_endpoint(request, match)
        except MatrixError as error:
            response = self._refuse(request, name, error)
        except (asyncio.CancelledError, ConnectionResetError):
            raise
        except Exception:
            log.exception("request_failed", endpoint=name, method=request.method)
            response = self._refuse(request, name, MatrixError())
        finally:
            self.in_flight -= 1
        took = time.perf_counter() - started
        self._timer(name, response.status)(took)
        if self._log_requests:
            log.info("request", endpoint=name, status=response.status, seconds=round(took, 4))
        return response

    def _timer(self, name: str, status: int) -> Callable[[float], None]:
        timer = self._timers.get((name, status))
        if timer is None:
            timer = self._timers[name, status] = _requests.labels(name, str(status)).observe
        return timer

    async def _no_endpoint(self, request: web.BaseRequest, methods: set[str]) -> web.StreamResponse:
        if not methods and self._fallback is not None:
            answer = await self._fallback(request)
            if answer is not None:
                return answer
        if methods:
            raise Unrecognized("Method not allowed", status=405)
        raise Unrecognized

    def _refuse(self, request: web.BaseRequest, name: str, error: MatrixError) -> web.Response:
        cause = error.__cause__
        log.info(
            "request_refused",
            endpoint=name,
            status=error.status,
            errcode=error.errcode,
            reason=error.message,
            cause=None if cause is None else repr(cause),
        )
        response = _json(orjson.dumps(error.body()), error.status, error.headers())
        if not request.content.at_eof():
            # What was not read of the body must not be taken for the next request.
            response.force_close()
        return response

    async def _answer(self, request: web.BaseRequest, match: Match) -> web.StreamResponse:
        declared = match.endpoint
        query = _query(request)
        address = self._client_address(request)
        catch_up = self._catch_up if declared.auth is not Auth.NONE else None
        if catch_up is not None and not declared.eager:
            await catch_up()
            catch_up = None
        try:
            who = await self._who(request, declared, query, address)
        except MatrixError:
            if catch_up is None:
                raise
            await catch_up()
            who = await self._who(request, declared, query, address)
        if declared.limit is not Limit.NONE:
            token = None if who is not None else access_token(request.headers, query)
            self._limiter.check(declared.limit, who, address, token)
            if who is None:
                await self._limiter.check_everywhere(declared.limit, address, token)
        arguments: dict[str, Any] = {}
        for argument in declared.arguments:
            source = argument.source
            if source == "who":
                arguments["who"] = who
            elif source == "path":
                value = match.values[argument.name]
                arguments[argument.name] = argument.convert(value) if argument.convert else value
            elif source == "query":
                arguments["query"] = query
            elif source == "request":
                arguments["request"] = request
            else:
                raw = await self._read(request, declared.max_body)
                arguments["body"] = parse_body(raw, argument.struct)
        assert declared.handler is not None
        try:
            result = await declared.handler(**arguments)
        except MatrixError:
            if catch_up is None:
                raise
            # Perhaps what it was refused for has just been changed by way of another process.
            await catch_up()
            if "who" in arguments:
                arguments["who"] = await self._who(request, declared, query, address)
            result = await declared.handler(**arguments)
        return render(result, request)

    async def _who(
        self, request: web.BaseRequest, declared: Endpoint, query: Query, address: str
    ) -> Requester | None:
        if declared.auth is Auth.NONE:
            return None
        token = access_token(request.headers, query)
        if token is None:
            if declared.auth is Auth.OPTIONAL:
                return None
            raise MissingToken
        who = await self._authenticator.authenticate(token, query, address)
        if who.must_change_password and declared.name not in _PASSWORD_CHANGE:
            raise Forbidden(
                "Change the password first", errcode="ORG.TEAMMESSENGER.PASSWORD_CHANGE_REQUIRED"
            )
        if declared.auth is Auth.ADMIN and not who.admin:
            raise Forbidden("Only a server administrator may do this")
        if declared.auth is Auth.APPSERVICE and who.appservice_id is None:
            raise Forbidden("Only an application service may do this")
        return who

    async def _read(self, request: web.BaseRequest, limit: int) -> bytes:
        length = request.content_length
        if length is not None and length > limit:
            raise _too_large(limit)
        if length == 0 or not request.can_read_body:
            return b""
        content = request.content
        if content.is_eof():  # Most bodies have come with the head: nothing to wait for.
            raw = content.read_nowait()
            if content.at_eof():
                return _bounded(raw, limit)
        else:
            raw = b""
        chunks = bytearray(raw)
        try:
            async with asyncio.timeout(self._body_timeout):
                async for chunk in content.iter_any():
                    chunks += chunk
                    _bounded(chunks, limit)
        except TimeoutError:
            raise MatrixError("The request's body took too long", status=408) from None
        return bytes(chunks)


_NO_QUERY = Query({})


def _query(request: web.BaseRequest) -> Query:
    raw = request.rel_url.raw_query_string
    if not raw:
        return _NO_QUERY
    if len(raw) > _LONGEST_KEPT or _SECRET in raw:
        return _parsed_query(raw)
    return _known_query(raw)


def _parsed_query(raw: str) -> Query:
    values: dict[str, list[str]] = {}
    for name, value in URL.build(path="/", query_string=raw, encoded=True).query.items():
        values.setdefault(name, []).append(value)
    return Query(values)


_LONGEST_KEPT = 400
_SECRET = "token"
"""Of the names of what must not be kept."""
_known_query = lru_cache(512)(_parsed_query)
"""Many wait for the same with the same words."""


_Bytes = TypeVar("_Bytes", bytes, bytearray)


def _bounded(raw: _Bytes, limit: int) -> _Bytes:
    if len(raw) > limit:
        raise _too_large(limit)
    return raw


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The request's body is larger than {limit} bytes")


def access_token(headers: Mapping[str, str], query: Query) -> str | None:
    """The bearer token, or the deprecated query parameter."""
    header = headers.get("Authorization")
    if header is not None and header[:7].lower() == "bearer ":
        return header[7:].strip()
    return query.text("access_token")


def parse_body(raw: bytes, struct: type[msgspec.Struct] | None) -> Any:
    """A JSON object, or one decoded into ``struct``. An empty body is an empty object."""
    value = decode(raw) if raw else {}
    if not isinstance(value, dict):
        raise BadJson("The request's body is not a JSON object")
    return value if struct is None else as_struct(value, struct)


def render(result: Any, request: web.BaseRequest) -> web.StreamResponse:
    """What a handler returned, as a response."""
    if isinstance(result, web.StreamResponse):
        result.headers.update(CORS)
        return result
    if isinstance(result, Reply):
        body = result.body
        if isinstance(body, str):
            raw = body.encode()
        elif isinstance(body, bytes):
            raw = body
        else:
            raw = orjson.dumps({} if body is None else body)
        return web.Response(
            body=raw,
            status=result.status,
            headers={**CORS, **result.headers, "Content-Type": result.content_type},
        )
    raw = result if isinstance(result, bytes) else orjson.dumps(result)
    return ReadyJson(_HEAD, raw) if fits(request) else _json(raw, 200, {})


_JSON_HEADERS = CIMultiDict({**CORS, "Content-Type": "application/json"})


def _json(raw: bytes, status: int, headers: Mapping[str, str]) -> web.Response:
    response = web.Response(body=raw, status=status, headers=_JSON_HEADERS)  # copies them
    if headers:
        response.headers.update(headers)
    return response
