"""Whom a person ignores: ``m.ignored_user_list`` of their account data."""

from __future__ import annotations

from collections import OrderedDict

import orjson

from homeserver.storage import account_data
from homeserver.storage.commit import LogRow
from homeserver.storage.database import Database

TYPE = "m.ignored_user_list"
_MAX = 50_000
NOBODY: frozenset[str] = frozenset()


class IgnoredUsers:
    """Answers from memory; told of changes by the feed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lists: OrderedDict[str, frozenset[str]] = OrderedDict()

    def learn(self, rows: list[LogRow]) -> None:
        """A listener of the feed."""
        for row in rows:
            if row.kind != "account_data" or row.user_id is None:
                continue
            if account_data.is_of_type(row.fact, row.data, TYPE):
                self._lists.pop(row.user_id, None)

    async def of(self, user_id: str) -> frozenset[str]:
        """The ignored user ids; a malformed list ignores nobody."""
        found = self._lists.get(user_id)
        if found is None:
            async with self._database.read() as conn:
                content = await account_data.content(conn, user_id, account_data.GLOBAL, TYPE)
            found = NOBODY if content is None else _parse(content)
            self._lists[user_id] = found
            if len(self._lists) > _MAX:
                self._lists.popitem(last=False)
        return found


def _parse(content: bytes) -> frozenset[str]:
    value = orjson.loads(content)
    users = value.get("ignored_users") if isinstance(value, dict) else None
    return frozenset(users) if isinstance(users, dict) else NOBODY
