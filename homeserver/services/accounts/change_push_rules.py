"""Push rules, as their owner reads and changes them.

Source: client-server-api, "Push Rules".
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import orjson

from homeserver.ids import UserId
from homeserver.protocol.canonical_json import exact
from homeserver.protocol.push_rules import PushRules
from homeserver.services.ground.keyed_locks import KeyedLocks
from homeserver.storage import account_data, accounts
from homeserver.storage.account_data import GLOBAL, AccountData
from homeserver.storage.commit import Committer, LogRow, LostClaim, Write
from homeserver.storage.database import Args, Database, Sql

PUSH_RULES = "m.push_rules"


class ChangePushRules:
    """Changes rules one change at a time; the first marks since when a user's rules differ."""

    def __init__(self, database: Database, committer: Committer) -> None:
        self._database = database
        self._committer = committer
        self._locks = KeyedLocks()

    async def rules(self, user_id: UserId) -> PushRules:
        """The user's rules as they are committed."""
        async with self._database.read() as conn:
            stored = await account_data.stored_push_rules(conn, user_id)
        if stored is None:
            return PushRules.default(user_id)
        return PushRules.from_stored(user_id, orjson.loads(stored))

    async def change(self, user_id: UserId, change: Callable[[PushRules], PushRules]) -> None:
        """Replaces the rules by what ``change`` makes of them; raises what it raises."""
        async with self._locks.holding(user_id):
            changed = False
            while not changed:
                with contextlib.suppress(LostClaim):  # another process changed them meanwhile
                    await self._change(user_id, change)
                    changed = True

    async def _change(self, user_id: UserId, change: Callable[[PushRules], PushRules]) -> None:
        async with self._database.read() as conn:
            seen = await account_data.position(conn, user_id, GLOBAL, PUSH_RULES)
        rules = await self.rules(user_id)
        changed = change(rules)
        if changed == rules:
            return
        content = exact(orjson.dumps(changed.to_stored()))
        row = LogRow("account_data", user_id=user_id, data=PUSH_RULES.encode())

        def bind() -> list[tuple[Sql, list[Args]]]:
            row.fact = AccountData(GLOBAL, PUSH_RULES, content, row.position)
            args = (user_id, GLOBAL, PUSH_RULES, content, row.position)
            since = accounts.SET_CUSTOM_PUSH_FROM.args(
                {"user_id": user_id, "position": row.position}
            )
            return [(account_data.UPSERT, [args]), (accounts.SET_CUSTOM_PUSH_FROM, [since])]

        claim = account_data.unchanged(user_id, GLOBAL, PUSH_RULES, seen)
        await self._committer.commit(Write([row], bind, claim=claim))
