"""Refusals on the wire: RFC 9457, `application/problem+json`."""

from __future__ import annotations

from typing import Any, Final

import orjson
from aiohttp import web

from appservice_tasks.errors import Problem

_TITLES: Final = {
    "invalid": "The request does not fit",
    "token_missing": "Sign in first",
    "token_invalid": "The access token is not one of this server",
    "token_expired": "The access token has expired",
    "token_revoked": "The session has ended",
    "bad_credentials": "Wrong user name or password",
    "forbidden": "Not allowed",
    "assignee_not_allowed": "This person may not be assigned",
    "password_change_required": "Choose a password of your own first",
    "not_found": "Not found",
    "method_not_allowed": "Method not allowed",
    "conflict": "Changed meanwhile",
    "transition_not_allowed": "The workflow has no such step",
    "blocked": "Other tasks block it",
    "assignee_not_member": "This person is not in the room",
    "dependency_missing": "A command that this one depends on is unknown",
    "dependency_rejected": "A command that this one depends on was refused",
    "tasks_disabled": "The room is not set up for tasks",
    "encrypted_room_not_enabled": "An encrypted room cannot have tasks",
    "resync": "Too far back: read everything again",
    "too_large": "Too large",
    "limit_exceeded": "Too many",
    "unsupported_media_type": "Send JSON",
    "idempotency_key_reused": "This key came with another request before",
    "rate_limited": "Too many requests",
    "internal": "Something went wrong",
    "unavailable": "Not available now",
}
"""For people who read logs; clients render from the code."""

TYPE: Final = "application/problem+json"


def as_json(problem: Problem, instance: str | None = None) -> dict[str, Any]:
    """The body of an answer. instance: the path that was asked for."""
    body: dict[str, Any] = {
        "type": f"/problems/{problem.code}",
        "title": _TITLES[problem.code],
        "status": problem.status,
        "code": problem.code,
    }
    if problem.detail:
        body["detail"] = problem.detail
    if instance is not None:
        body["instance"] = instance
    if problem.errors:
        body["errors"] = problem.errors
    if problem.current_rev is not None:
        body["current"] = {"rev": problem.current_rev}
    if problem.conflicts:
        body["conflicts"] = problem.conflicts
    if problem.retry_after is not None:
        body["retry_after"] = problem.retry_after
    return body


def render(problem: Problem, instance: str) -> web.Response:
    """The answer to a request that was refused."""
    response = web.Response(
        body=orjson.dumps(as_json(problem, instance)),
        status=problem.status,
        content_type=TYPE,
    )
    if problem.retry_after is not None:
        response.headers["Retry-After"] = str(problem.retry_after)
    if problem.status == 401:
        # RFC 6750, section 3: a refusal names the scheme.
        error = "" if problem.code == "token_missing" else ' error="invalid_token"'
        response.headers["WWW-Authenticate"] = "Bearer" + error
    return response
