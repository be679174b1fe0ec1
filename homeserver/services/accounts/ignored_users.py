"""Whom a person ignores: ``m.ignored_user_list`` of their account data."""

from __future__ import annotations

import orjson

from homeserver.services.ground.bounded_cache import BoundedCache
from homeserver.storage import account_data
from homeserver.storage.commit import LogRow
from homeserver.storage.database import Database

TYPE = "m.ignored_user_list"
_LIST_BYTES = 200
_NAME_BYTES = 160
NOBODY: frozenset[str] = frozenset()


class IgnoredUsers:
    """Answers from memory; told of changes by the feed."""

    def __init__(self, database: Database, *, max_bytes: int) -> None:
        self._database = database
        self._lists: BoundedCache[str, frozenset[str]] = BoundedCache(
            "ignored",
            max_bytes=max_bytes,
            weigh=lambda _, users: _LIST_BYTES + _NAME_BYTES * len(users),
        )
        self._changes = 0

    def learn(self, rows: list[LogRow]) -> None:
        """A listener of the feed."""
        for row in rows:
            if row.kind != "account_data" or row.user_id is None:
                continue
            if account_data.is_of_type(row.fact, row.data, TYPE):
                self._changes += 1
                self._lists.pop(row.user_id)

    async def of(self, user_id: str) -> frozenset[str]:
        """The ignored user ids; a malformed list ignores nobody."""
        found = self._lists.get(user_id)
        if found is None:
            changes = self._changes
            async with self._database.read() as conn:
                content = await account_data.content(conn, user_id, account_data.GLOBAL, TYPE)
            found = NOBODY if content is None else _parse(content)
            if changes == self._changes:  # else perhaps theirs, while it was being read
                self._lists.put(user_id, found)
        return found


def _parse(content: bytes) -> frozenset[str]:
    value = orjson.loads(content)
    users = value.get("ignored_users") if isinstance(value, dict) else None
    return frozenset(users) if isinstance(users, dict) else NOBODY
