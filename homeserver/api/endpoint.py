"""How a handler declares itself.

    class RoomSendApi:
        @endpoint(
            "PUT", "/_matrix/client/v3/rooms/{room_id}/send/{event_type}/{txn_id}",
            auth=Auth.ACCESS_TOKEN, limit=Limit.MESSAGES,
            spec="client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid",
        )
        async def send(
            self, who: Requester, room_id: RoomId, event_type: str, txn_id: str, body: JsonObject
        ) -> Json:

The parameters of the handler are filled by name: ``who`` (the Requester; ``Requester | None`` with
``Auth.OPTIONAL``), names in the path (percent-decoded; annotated with an identifier type they are
parsed and checked), ``body`` (a JSON object, or a ``msgspec.Struct`` that it is decoded into),
``query`` (:class:`Query`) and ``request`` (the raw one). The value returned is JSON (``dict``),
ready bytes of JSON, or a :class:`Reply`.
"""

from __future__ import annotations

import enum
import inspect
import typing
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from homeserver import ids
from homeserver.errors import InvalidParam, MissingParam

Json = Mapping[str, Any] | list[Any] | bytes
JsonObject = dict[str, Any]


class Auth(enum.Enum):
    """Who may call."""

    NONE = "none"
    OPTIONAL = "optional"  # a token is checked if there is one
    ACCESS_TOKEN = "access_token"
    APPSERVICE = "appservice"
    ADMIN = "admin"  # a server administrator


class Limit(enum.Enum):
    """The class of rate limit an endpoint counts in; its sizes stand in the configuration."""

    NONE = "none"
    MESSAGES = "messages"
    LOGIN = "login"
    REGISTRATION = "registration"
    JOINS = "joins"
    INVITES = "invites"
    ROOMS = "rooms"
    MEDIA = "media"
    SEARCH = "search"
    ACCOUNT = "account"


@dataclass(frozen=True)
class Reply:
    """An answer that is not plain JSON with status 200."""

    body: Json | str | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


class Query:
    """Query parameters with types. A value that does not fit is InvalidParam, naming the
    parameter."""

    __slots__ = ("__weakref__", "_values")

    def __init__(self, values: Mapping[str, list[str]]) -> None:
        self._values = values

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def all(self, name: str) -> list[str]:
        return self._values.get(name, [])

    def text(self, name: str) -> str | None:
        values = self._values.get(name)
        return values[0] if values else None

    def required(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise MissingParam(f"Missing query parameter {name}")
        return value

    def integer(self, name: str, default: int, *, low: int = 0, high: int = 2**53 - 1) -> int:
        """An integer; clamped to ``high``, refused below ``low``."""
        value = self.text(name)
        if value is None:
            return default
        try:
            number = int(value)
        except ValueError:
            raise InvalidParam(f"Query parameter {name} is not an integer") from None
        if number < low or len(value) > 20:
            raise InvalidParam(f"Query parameter {name} is out of range")
        return min(number, high)

    def boolean(self, name: str, *, default: bool = False) -> bool:
        value = self.text(name)
        if value is None:
            return default
        if value not in ("true", "false"):
            raise InvalidParam(f"Query parameter {name} is not a boolean")
        return value == "true"

    def choice(self, name: str, options: tuple[str, ...], default: str | None = None) -> str | None:
        value = self.text(name)
        if value is None:
            return default
        if value not in options:
            raise InvalidParam(f"Query parameter {name} is not one of {', '.join(options)}")
        return value


Handler = Callable[..., Awaitable[Json | Reply | Any]]


@dataclass(frozen=True)
class Endpoint:
    """A declaration. ``paths`` holds every spelling under which clients reach it."""

    method: str
    paths: tuple[str, ...]
    auth: Auth
    limit: Limit
    spec: str
    max_body: int
    raw_body: bool
    eager: bool = False
    name: str = ""
    handler: Handler | None = None
    arguments: tuple[Argument, ...] = ()


@dataclass(frozen=True)
class Argument:
    """Where one parameter of a handler comes from: who, body, query, request, or the path."""

    name: str
    source: str
    convert: Callable[[str], Any] | None = None
    struct: type[msgspec.Struct] | None = None


_PARSERS: dict[Any, Callable[[str], Any]] = {
    ids.UserId: ids.parse_user_id,
    ids.RoomId: ids.parse_room_id,
    ids.EventId: ids.parse_event_id,
    ids.RoomAlias: ids.parse_room_alias,
    ids.DeviceId: ids.parse_device_id,
    ids.ServerName: ids.parse_server_name,
}

MAX_JSON = 1024 * 1024
"""Bytes of a JSON request body, unless the endpoint says otherwise. Events have their own,
smaller limit."""


def endpoint(
    method: str,
    *paths: str,
    auth: Auth,
    spec: str,
    limit: Limit = Limit.NONE,
    max_body: int = MAX_JSON,
    raw_body: bool = False,
    eager: bool = False,
) -> Callable[[Handler], Handler]:
    """Declares the decorated method an endpoint. A v3 path of the client API answers at r0 too.

    raw_body: the handler reads the request's body itself (uploads).
    eager: with several processes, done with what this one knows, for what it writes is checked when
    it is committed; a refusal alone is thought over once it knows what others wrote. Others wait
    for that first.
    """

    def declare(handler: Handler) -> Handler:
        every = list(paths)
        every += [
            path.replace("/v3/", "/r0/", 1)
            for path in paths
            if path.startswith(("/_matrix/client/v3/", "/_matrix/media/v3/"))
        ]
        declaration = Endpoint(method, tuple(every), auth, limit, spec, max_body, raw_body, eager)
        handler.__endpoint__ = declaration  # type: ignore[attr-defined]
        return handler

    return declare


def endpoints_of(api: object) -> list[Endpoint]:
    """The endpoints that an object's methods declare, bound to it."""
    found: list[Endpoint] = []
    for name, function in inspect.getmembers(type(api), inspect.isfunction):
        declared: Endpoint | None = getattr(function, "__endpoint__", None)
        if declared is None:
            continue
        found.append(
            Endpoint(
                declared.method,
                declared.paths,
                declared.auth,
                declared.limit,
                declared.spec,
                declared.max_body,
                declared.raw_body,
                declared.eager,
                name=f"{type(api).__name__.removesuffix('Api')}.{name}",
                handler=getattr(api, name),
                arguments=_arguments(function, declared),
            )
        )
    return found


def _arguments(function: Any, declared: Endpoint) -> tuple[Argument, ...]:
    hints = typing.get_type_hints(function)
    arguments: list[Argument] = []
    for name in list(inspect.signature(function).parameters)[1:]:
        hint = hints[name]
        if name in ("who", "query", "request"):
            arguments.append(Argument(name, name))
        elif name == "body":
            is_struct = inspect.isclass(hint) and issubclass(hint, msgspec.Struct)
            arguments.append(Argument(name, "body", struct=hint if is_struct else None))
        elif all("{" + name + "}" in path for path in declared.paths):
            arguments.append(Argument(name, "path", convert=_PARSERS.get(hint)))
        else:
            raise TypeError(f"{function.__qualname__}: nothing fills parameter {name!r}")
    return tuple(arguments)
