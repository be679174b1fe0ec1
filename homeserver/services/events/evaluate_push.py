"""Whom an event notifies, decided before it is committed, so that count and event appear together.

The predefined rules are asked once for all members who keep them; members with rules of their own
are asked each. What everybody shares is two bits of the event; only the rest becomes rows.
"""

from __future__ import annotations

import orjson

from homeserver.protocol.event import Event
from homeserver.protocol.power_levels import PowerLevels
from homeserver.protocol.push_rules import (
    PushRules,
    evaluate,
    evaluate_default_class,
    mentioned_users,
)
from homeserver.services.events.room_heads import MEMBER, RoomHead, RoomHeads
from homeserver.storage import account_data
from homeserver.storage.commit import LogRow
from homeserver.storage.database import Database
from homeserver.storage.events import HIGHLIGHT_ALL, NOTIFY
from homeserver.storage.notifications import Notice

PUSH_RULES = "m.push_rules"

_NO_LEVELS = PowerLevels(None)


class EvaluatePush:
    """Keeps the rules of those who changed them, and asks them."""

    def __init__(self, database: Database, heads: RoomHeads) -> None:
        self._database = database
        self._heads = heads
        self._rules: dict[str, PushRules] = {}

    def learn(self, rows: list[LogRow]) -> None:
        """A listener of the feed: changed rules hold from the next event on."""
        for row in rows:
            if row.kind != "account_data" or row.user_id is None:
                continue
            if account_data.is_of_type(row.fact, row.data, PUSH_RULES):
                self._rules.pop(row.user_id, None)
                self._heads.push_changed(row.user_id)

    async def rules_of(self, user_id: str) -> PushRules:
        """The rules of a user, as they are now."""
        rules = self._rules.get(user_id)
        if rules is None:
            async with self._database.read() as conn:
                content = await account_data.stored_push_rules(conn, user_id)
            rules = (
                PushRules.default(user_id)
                if content is None
                else PushRules.from_stored(user_id, orjson.loads(content))
            )
            self._rules[user_id] = rules
        return rules

    async def prepare(self, head: RoomHead) -> None:
        """Loads the rules of the members whose rules differ, so that ``evaluate`` need not wait."""
        for user_id in head.custom_push - self._rules.keys():
            await self.rules_of(user_id)

    def evaluate(self, head: RoomHead, event: Event) -> tuple[int, list[Notice]]:
        """(bits for everyone: NOTIFY, HIGHLIGHT_ALL; notices of single members)."""
        count = len(head.joined)
        levels = head.power if head.state else _NO_LEVELS
        outcome = evaluate_default_class(event, member_count=count, levels=levels)
        bits = (NOTIFY if outcome.notify else 0) | (HIGHLIGHT_ALL if outcome.highlight else 0)
        notices: list[Notice] = []
        custom = head.custom_push
        if not outcome.highlight and "m.mentions" in event.content:
            notices += [
                Notice(user_id, notify=True, highlight=True)
                for user_id in mentioned_users(event, head.joined)
                if user_id not in custom
            ]
        for user_id in custom:
            if user_id in head.joined and user_id in self._rules:
                mine = evaluate(
                    self._rules[user_id],
                    event,
                    display_name=head.joined[user_id],
                    member_count=count,
                    levels=levels,
                )
                if mine.notify:
                    notices.append(Notice(user_id, notify=True, highlight=mine.highlight))
        if event.type == MEMBER and event.membership == "invite":
            bits = 0  # told to the one who is invited, by the invite itself
        return bits, notices
