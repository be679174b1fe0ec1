"""How a handler declares itself.

    class TasksApi:
        @endpoint("POST", "/v1/tasks", "createTask", limit=Limit.WRITE)
        async def create(self, call: Call) -> Answer:

The third word is the operationId of `schema/openapi.yaml`, which says what path, query, header and
body may be; a handler sees only what fits.
"""

from __future__ import annotations

import enum
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from appservice_tasks.services.limits import Limit
from appservice_tasks.services.who import Caller


class Auth(enum.Enum):
    """Who may call."""

    NONE = "none"
    TOKEN = "token"
    ADMIN = "admin"  # an administrator of the organisation


MAX_JSON = 1024 * 1024
"""Bytes of a request's body, unless the endpoint says otherwise."""


@dataclass(frozen=True, slots=True)
class Call:
    """A request that passed every check of the contract.

    path, query, headers: the values that openapi.yaml names, with their types and defaults.
    body: JSON of the operation's shape; None where it has no body. base_url: the address that the
    caller used, without a trailing slash.
    """

    by: Caller | None
    path: Mapping[str, Any]
    query: Mapping[str, Any]
    headers: Mapping[str, Any]
    body: Any
    address: str
    base_url: str

    @property
    def who(self) -> Caller:
        """The caller, of an endpoint that wants a token."""
        assert self.by is not None
        return self.by


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back. body: JSON, or ready text with a content type of its own."""

    body: object = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


Handler = Callable[[Call], Awaitable[Answer]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A declaration, and the method that it is about once bound."""

    method: str
    path: str
    operation: str
    auth: Auth
    limit: Limit
    max_body: int
    handler: Handler | None = None


def endpoint(
    method: str,
    path: str,
    operation: str,
    *,
    auth: Auth = Auth.TOKEN,
    limit: Limit = Limit.READ,
    max_body: int = MAX_JSON,
) -> Callable[[Any], Any]:
    """Declares the decorated method an endpoint. `{name}` in the path is one segment."""

    def declare(handler: Any) -> Any:
        handler.__endpoint__ = Endpoint(method, path, operation, auth, limit, max_body)
        return handler

    return declare


def endpoints_of(api: object) -> list[Endpoint]:
    """The endpoints that an object's methods declare, bound to it."""
    found: list[Endpoint] = []
    for name, function in inspect.getmembers(type(api), inspect.isfunction):
        declared: Endpoint | None = getattr(function, "__endpoint__", None)
        if declared is not None:
            found.append(
                Endpoint(
                    declared.method,
                    declared.path,
                    declared.operation,
                    declared.auth,
                    declared.limit,
                    declared.max_body,
                    getattr(api, name),
                )
            )
    return found
