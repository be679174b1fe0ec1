"""What an administrator sees of the running service: structured logs and figures."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping, Sequence
from contextvars import ContextVar
from typing import Any, Literal

import prometheus_client
import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

Log = structlog.stdlib.BoundLogger

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)
"""The id of the request that this task serves, which every log line of it carries."""

_SECRETS = ("token", "password", "secret", "authorization", "cookie")
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


def _drop_secrets(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for key in event:
        if any(word in key.lower() for word in _SECRETS):
            event[key] = "[hidden]"
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

    style: `auto` is `console` at a terminal, else `json`. The last call wins.
    """
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_request_id,
        structlog.processors.StackInfoRenderer(),
        _drop_secrets,
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
    last: list[structlog.typing.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if style == "json" or (style == "auto" and not sys.stderr.isatty())
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
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("aiosqlite", "asyncio", "alembic", "socketio", "engineio", "sqlalchemy"):
        logging.getLogger(noisy).setLevel(max(root.level, logging.WARNING))


def get_logger(name: str) -> Log:
    """A logger: `log.info("what_happened", room_id=room_id)`. name: usually `__name__`."""
    logger: Log = structlog.stdlib.get_logger(name)
    return logger


class Metrics:
    """The figures of one process. A metric asked for twice by one name is the same one."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        prometheus_client.ProcessCollector(registry=self.registry)
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

    def histogram(self, name: str, meaning: str, labels: Sequence[str] = ()) -> Histogram:
        """How durations (seconds) are distributed."""
        made = self._made.get(name)
        if made is None:
            made = self._made[name] = Histogram(
                name, meaning, labels, buckets=_SECONDS, registry=self.registry
            )
        assert isinstance(made, Histogram), f"{name} is not a histogram"
        return made

    def render(self) -> bytes:
        """All figures in Prometheus's text format (content type: `CONTENT_TYPE`)."""
        return prometheus_client.generate_latest(self.registry)


CONTENT_TYPE = prometheus_client.CONTENT_TYPE_LATEST

metrics = Metrics()
"""The figures of this process."""
