"""What an administrator sees of a running server: structured logs, request ids and figures.

Everything logged passes `drop_secrets`, so a token or password under its usual name never reaches
a log. Figures live in one registry per process and are rendered for Prometheus.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import secrets
import sys
import time
from collections.abc import MutableMapping, Sequence
from contextvars import ContextVar
from typing import Any, Literal

import prometheus_client
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

Log = structlog.stdlib.BoundLogger

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request being served by this task, which every log line of it carries."""

SECRET_KEYS = frozenset(
    {
        "access_token",
        "as_token",
        "authorization",
        "cookie",
        "hs_token",
        "login_token",
        "mac",
        "new_password",
        "password",
        "password_hash",
        "private_key",
        "refresh_token",
        "secret",
        "set-cookie",
        "shared_secret",
        "signing_key",
        "token",
        "welcome_token",
    }
)
_HIDDEN = "[hidden]"

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def drop_secrets(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A structlog processor that hides the values of secret keys, nested ones included."""
    for key, value in event.items():
        event[key] = _HIDDEN if _is_secret(key) else _without_secrets(value)
    return event


def _is_secret(key: object) -> bool:
    return isinstance(key, str) and key.lower() in SECRET_KEYS


def _without_secrets(value: object) -> object:
    if isinstance(value, dict):
        return {k: _HIDDEN if _is_secret(k) else _without_secrets(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_secrets(item) for item in value]
    return value


_name: str | None = None


def begin_process(name: str) -> None:
    """After a fork: this process, one of several, has a name, which every line of its log carries,
    and request ids of its own."""
    global _name, _process
    _name, _process = name, secrets.token_hex(4)


def _add_process(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    if _name is not None:
        event["process"] = _name
    return event


def _add_request_id(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    current = request_id.get()
    if current is not None:
        event.setdefault("request_id", current)
    return event


def configure_logging(level: str, style: Literal["auto", "console", "json"]) -> None:
    """Send structlog's and the standard library's records to standard error, in one form.

    level: debug, info, warning or error. style: `auto` is `console` at a terminal, else `json`.
    May be called again; the last call wins.
    """
    as_json = style == "json" or (style == "auto" and not sys.stderr.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_process,
        _add_request_id,
        structlog.processors.StackInfoRenderer(),
        drop_secrets,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )
    renderers: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if as_json
        else [
            # Plain: the prettier form shows local variables, and those may be secrets.
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        ]
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("aiosqlite", "asyncio", "PIL", "alembic"):
        logging.getLogger(noisy).setLevel(max(root.level, logging.WARNING))


def get_logger(name: str) -> Log:
    """A logger: `log.info("what_happened", room_id=room_id)`. name: usually `__name__`."""
    logger: Log = structlog.stdlib.get_logger(name)
    return logger


_process = secrets.token_hex(4)
_numbers = itertools.count(1)


def begin_request(given: str | None = None) -> str:
    """Give this task a request id: the one that a proxy sent, when it is plain, or a new one.

    New ones are unique, but no secret.
    """
    plain = given is not None and len(given) <= 64 and given.isascii() and given.isprintable()
    current = given if given and plain else f"{_process}{next(_numbers):08x}"
    request_id.set(current)
    return current


class Metrics:
    """The figures of one process. A metric asked for twice by one name is the same one."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        prometheus_client.ProcessCollector(registry=self.registry)
        prometheus_client.PlatformCollector(registry=self.registry)
        prometheus_client.GCCollector(registry=self.registry)
        self._made: dict[str, Counter | Gauge | Histogram] = {}

    def counter(self, name: str, meaning: str, labels: Sequence[str] = ()) -> Counter:
        """A figure that only grows. name: without the `_total` that Prometheus adds."""
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = Counter(name, meaning, labels, registry=self.registry)
        assert isinstance(made, Counter), f"{name} is not a counter"
        return made

    def gauge(self, name: str, meaning: str, labels: Sequence[str] = ()) -> Gauge:
        """A figure that rises and falls."""
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = Gauge(name, meaning, labels, registry=self.registry)
        assert isinstance(made, Gauge), f"{name} is not a gauge"
        return made

    def histogram(
        self,
        name: str,
        meaning: str,
        labels: Sequence[str] = (),
        *,
        buckets: Sequence[float] = _FAST,
    ) -> Histogram:
        """How a figure is distributed; durations in seconds. buckets: their upper bounds."""
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = Histogram(
                name, meaning, labels, buckets=buckets, registry=self.registry
            )
        assert isinstance(made, Histogram), f"{name} is not a histogram"
        return made

    def render(self) -> bytes:
        """All figures in Prometheus's text format (content type: `CONTENT_TYPE`)."""
        return prometheus_client.generate_latest(self.registry)


# Else every counter has a second line that nobody reads.
prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]

CONTENT_TYPE = prometheus_client.CONTENT_TYPE_LATEST

metrics = Metrics()
"""The figures of this process: `metrics.counter("teammessenger_events", "Events written")`."""

_lag = metrics.histogram(
    "teammessenger_loop_lag_seconds", "How late the loop comes to what is due: what holds it"
)
_LOOK_S = 0.5


async def watch_loop() -> None:
    """Measures, until cancelled, how long work keeps the loop from other work."""
    while True:
        due = time.perf_counter() + _LOOK_S
        await asyncio.sleep(_LOOK_S)
        _lag.observe(max(0.0, time.perf_counter() - due))
