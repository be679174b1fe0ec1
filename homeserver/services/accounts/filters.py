"""Filters: stored by clients, and parsed once for many polls."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import orjson

from homeserver.errors import InvalidParam, NotFound
from homeserver.protocol.canonical_json import decode, encode
from homeserver.protocol.sync_filter import ACCEPT_ALL, SyncFilter, parse_filter
from homeserver.services.ground.bounded_cache import BoundedCache
from homeserver.storage import filters
from homeserver.storage.commit import Committer, Write, statements
from homeserver.storage.database import Database

_FILTER_BYTES = 700
_TIMES = 3
_WILDCARD_BYTES = 700
_MOST_WILDCARDS = 10
"""That a filter takes, parsed; how much of it each byte of its JSON brings; and what a set of types
with wildcards remembers, of which there are so many at most."""


class Filters:
    """Stores filters and gives them parsed. max_timeline: the largest ``limit`` that is
    honoured. max_bytes: for parsed ones."""

    def __init__(
        self, database: Database, committer: Committer, *, max_timeline: int, max_bytes: int
    ) -> None:
        self._database = database
        self._committer = committer
        self._max = max_timeline
        self._parsed: BoundedCache[str, tuple[SyncFilter, int]] = BoundedCache(
            "filters",
            max_bytes=max_bytes,
            weigh=lambda key, entry: _weigh(key, *entry),
        )

    async def add(self, user_id: str, content: dict[str, Any]) -> str:
        """Stores a filter; its id. Raises BadJson for a malformed one."""
        parse_filter(content, max_limit=self._max)
        raw = encode(content)
        filter_id = hashlib.sha256(raw).hexdigest()[:24]
        async with self._database.read() as conn:
            known = await filters.content(conn, user_id, filter_id)
        if known is None:
            await self._committer.commit(
                Write(
                    bind=statements(
                        (
                            filters.INSERT,
                            {"user_id": user_id, "filter_id": filter_id, "json": raw},
                        )
                    )
                )
            )
        return filter_id

    async def get(self, user_id: str, filter_id: str) -> dict[str, Any]:
        """A stored filter as it was given; NotFound."""
        async with self._database.read() as conn:
            raw = await filters.content(conn, user_id, filter_id)
        if raw is None:
            raise NotFound("There is no such filter")
        content: dict[str, Any] = orjson.loads(raw)
        return content

    async def resolve(self, user_id: str, text: str | None) -> SyncFilter:
        """The ``filter`` parameter of /sync: absent, inline JSON, or the id of a stored one."""
        if not text:
            return ACCEPT_ALL
        inline = text.startswith("{")
        key = text if inline else f"{user_id} {text}"
        found = self._parsed.get(key)
        if found is not None:
            return found[0]
        if inline:
            content = decode(text.encode())
        else:
            try:
                content = await self.get(user_id, text)
            except NotFound:
                raise InvalidParam("There is no such filter") from None
        raw = orjson.dumps(content)
        parsed = replace(parse_filter(content, max_limit=self._max), size=len(raw))
        self._parsed.put(key, (parsed, raw.count(b"*")))
        return parsed


def _weigh(key: str, parsed: SyncFilter, wildcards: int) -> int:
    remembered = _WILDCARD_BYTES * min(wildcards, _MOST_WILDCARDS)
    return _FILTER_BYTES + len(key) + _TIMES * parsed.size + remembered
