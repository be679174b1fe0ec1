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
"""That a filter takes, parsed, and how much of it each byte of its JSON brings."""


class Filters:
    """Stores filters and gives them parsed. max_timeline: the largest ``limit`` that is
    honoured. max_bytes: for parsed ones."""

    def __init__(
        self, database: Database, committer: Committer, *, max_timeline: int, max_bytes: int
    ) -> None:
        self._database = database
        self._committer = committer
        self._max = max_timeline
        self._parsed: BoundedCache[str, SyncFilter] = BoundedCache(
            "filters",
            max_bytes=max_bytes,
            weigh=lambda key, parsed: _FILTER_BYTES + len(key) + _TIMES * parsed.size,
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
            return found
        if inline:
            content = decode(text.encode())
        else:
            try:
                content = await self.get(user_id, text)
            except NotFound:
                raise InvalidParam("There is no such filter") from None
        size = len(orjson.dumps(content))
        parsed = replace(parse_filter(content, max_limit=self._max), size=size)
        self._parsed.put(key, parsed)
        return parsed
