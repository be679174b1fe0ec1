"""HTTP: from a request to a handler and back, in one place.

It parses, authenticates, limits, checks against the contract, calls, and renders every refusal.
Nothing above it knows status codes, nothing below it knows HTTP.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import Iterable
from typing import Any, Final

import orjson
from aiohttp import web

from appservice_tasks import shapes
from appservice_tasks.api import problems
from appservice_tasks.api.endpoint import Answer, Auth, Call, Endpoint
from appservice_tasks.api.router import Match, Router
from appservice_tasks.errors import Problem
from appservice_tasks.observe import get_logger, metrics, request_id
from appservice_tasks.services.limits import Limits
from appservice_tasks.services.who import Caller, Who

log = get_logger(__name__)

CORS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Location, Retry-After, X-Request-ID",
}
_PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": (
        "Authorization, Content-Type, Delegated-Token, Idempotency-Key, If-Match, If-None-Match,"
        " X-Request-ID"
    ),
    "Access-Control-Max-Age": "86400",
}
_JSON_TYPES: Final = ("application/json", "application/merge-patch+json")
_BODY_SECONDS: Final = 60
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")

_requests = metrics.histogram(
    "teammessenger_tasks_request_seconds", "Time to answer, by operation", ["operation", "status"]
)


class HttpApi:
    """Everything below /v1.

    bases: what the address that a client used is read from; None: each request says it.
    """

    def __init__(
        self,
        apis: Iterable[list[Endpoint]],
        who: Who,
        limits: Limits,
        *,
        public_url: str | None = None,
    ) -> None:
        self.router = Router(each for api in apis for each in api)
        self._who = who
        self._limits = limits
        self._public_url = None if public_url is None else public_url.rstrip("/")

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answers any request below /v1."""
        given = request.headers.get("X-Request-ID", "")
        own = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        token = request_id.set(own)
        started = time.perf_counter()
        operation = "none"
        try:
            if request.method == "OPTIONS":
                return web.Response(status=204, headers={**CORS, **_PREFLIGHT})
            try:
                match = self._match(request)
                operation = match.endpoint.operation
                response = await self._answer(request, match)
            except Problem as problem:
                response = self._refuse(request, operation, problem)
            except (asyncio.CancelledError, ConnectionResetError):
                raise
            except Exception:
                log.exception("request_failed", operation=operation)
                response = self._refuse(request, operation, Problem("internal"))
            response.headers.update(CORS)
            response.headers["X-Request-ID"] = own
            took = time.perf_counter() - started
            _requests.labels(operation, str(response.status)).observe(took)
            return response
        finally:
            request_id.reset(token)

    def _match(self, request: web.Request) -> Match:
        found = self.router.find(request.method, request.rel_url.raw_path)
        if isinstance(found, Match):
            return found
        if found:
            raise MethodNotAllowed(found)
        raise Problem("not_found", "No such address")

    def _refuse(self, request: web.Request, operation: str, problem: Problem) -> web.Response:
        log.info(
            "request_refused",
            operation=operation,
            status=problem.status,
            code=problem.code,
            reason=problem.detail,
        )
        response = problems.render(problem, request.rel_url.raw_path)
        if isinstance(problem, MethodNotAllowed):
            response.headers["Allow"] = ", ".join(problem.allowed)
        if not request.content.at_eof():
            # What was not read of the body must not be taken for the next request.
            response.force_close()
        return response

    async def _answer(self, request: web.Request, match: Match) -> web.Response:
        declared = match.endpoint
        address = request.headers.get("X-Forwarded-For") or request.remote or ""
        caller = await self._caller(request, declared)
        self._limits.check(declared.limit, caller.user_id if caller else address)
        call = Call(
            by=caller,
            path=_parameters(declared, "path", match.values),
            query=_parameters(declared, "query", request.rel_url.query.items()),
            headers=_parameters(declared, "header", request.headers.items()),
            body=await _body(request, declared),
            address=address,
            base_url=self._public_url or _base_url(request),
        )
        assert declared.handler is not None
        return _render(await declared.handler(call))

    async def _caller(self, request: web.Request, declared: Endpoint) -> Caller | None:
        if declared.auth is Auth.NONE:
            return None
        caller = await self._who.is_asking(bearer(request.headers.get("Authorization")))
        if caller.must_change_password and declared.operation != "logout":
            raise Problem("password_change_required")
        if declared.auth is Auth.ADMIN and not caller.admin:
            raise Problem("forbidden", "Only an administrator may do this")
        return caller


class MethodNotAllowed(Problem):
    """The path is there, the method is not. allowed: those that are."""

    def __init__(self, allowed: list[str]) -> None:
        super().__init__("method_not_allowed", f"Use {' or '.join(allowed)}")
        self.allowed = allowed


def bearer(header: str | None) -> str | None:
    """The token of an `Authorization` header."""
    if header is None or header[:7].lower() != "bearer ":
        return None
    return header[7:].strip() or None


def _parameters(declared: Endpoint, place: str, pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    values, faults = shapes.read_parameters(declared.operation, place, pairs)
    if faults:
        # A path that cannot be is no path.
        raise Problem("invalid", f"Wrong {place} parameters", errors=faults)
    return values


async def _body(request: web.Request, declared: Endpoint) -> Any:
    if not shapes.has_body(declared.operation):
        return None
    if request.content_type not in _JSON_TYPES:
        raise Problem("unsupported_media_type", "Send Content-Type: application/json")
    raw = await _read(request, declared.max_body)
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Problem(
            "invalid", "The body is not JSON", errors=[{"pointer": "", "code": "json"}]
        ) from error
    faults = shapes.check_body(body, declared.operation)
    if faults:
        raise Problem("invalid", "The body does not fit", errors=faults)
    return body


async def _read(request: web.Request, limit: int) -> bytes:
    length = request.content_length
    if length is not None and length > limit:
        raise Problem("too_large", f"At most {limit} bytes")
    read = bytearray()
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            async for chunk in request.content.iter_any():
                read += chunk
                if len(read) > limit:
                    raise Problem("too_large", f"At most {limit} bytes")
    except TimeoutError:
        raise Problem("invalid", "The body took too long") from None
    return bytes(read)


def _base_url(request: web.Request) -> str:
    scheme = request.headers.get("X-Forwarded-Proto", request.scheme)
    host = request.headers.get("X-Forwarded-Host") or request.host
    return f"{'https' if scheme == 'https' else 'http'}://{host}"


def _render(answer: Answer) -> web.Response:
    if answer.body is None:
        return web.Response(status=answer.status, headers=answer.headers)
    raw = answer.body.encode() if isinstance(answer.body, str) else orjson.dumps(answer.body)
    return web.Response(
        body=raw,
        status=answer.status,
        headers={**answer.headers, "Content-Type": answer.content_type},
    )
