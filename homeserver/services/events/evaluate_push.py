"""Whom an event notifies, decided before it is committed, so that count and event appear together.

The predefined rules are asked once for all members who keep them; members with rules of their own
are asked each. What everybody shares is two bits of the event; only the rest becomes rows.
"""

from __future__ import annotations

from weakref import WeakValueDictionary

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
from homeserver.services.ground.bounded_cache import BoundedCache
from homeserver.storage import account_data
from homeserver.storage.commit import LogRow
from homeserver.storage.database import Database
from homeserver.storage.events import HIGHLIGHT_ALL, NOTIFY
from homeserver.storage.notifications import Notice

PUSH_RULES = "m.push_rules"

_NO_LEVELS = PowerLevels(None)


class EvaluatePush:
    """Keeps the rules of those who changed them, and asks them."""

    def __init__(self, database: Database, heads: RoomHeads, *, max_bytes: int) -> None:
        self._database = database
        self._heads = heads
        self._kept: BoundedCache[str, PushRules] = BoundedCache(
            "push_rules", max_bytes=max_bytes, weigh=_weigh
        )
        self._rules: WeakValueDictionary[str, PushRules] = WeakValueDictionary()
        self._changes = 0

    def learn(self, rows: list[LogRow]) -> None:
        """A listener of the feed: changed rules hold from the next event on."""
        for row in rows:
            if row.kind != "account_data" or row.user_id is None:
                continue
            if account_data.is_of_type(row.fact, row.data, PUSH_RULES):
                self._changes += 1
                self._kept.pop(row.user_id)
                self._rules.pop(row.user_id, None)
                self._heads.push_changed(row.user_id)

    async def rules_of(self, user_id: str) -> PushRules:
        """The rules of a user, as they are now."""
        rules = self._kept.get(user_id) or self._rules.get(user_id)
        while rules is None:
            changes = self._changes
            async with self._database.read() as conn:
                content = await account_data.stored_push_rules(conn, user_id)
            rules = (
                PushRules.default(user_id)
                if content is None
                else PushRules.from_stored(user_id, orjson.loads(content))
            )
            if changes != self._changes:
                rules = None  # perhaps theirs, while they were being read
                continue
            self._rules[user_id] = rules
            self._kept.put(user_id, rules)
        return rules

    async def prepare(self, head: RoomHead) -> list[PushRules]:
        """Loads the rules of the members whose rules differ, so that ``evaluate`` need not wait.

        They stay at hand for as long as somebody has what this returns.
        """
        rules = [(user_id, self._kept.get(user_id)) for user_id in head.custom_push]
        return [known or await self.rules_of(user_id) for user_id, known in rules]

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
            rules = self._rules.get(user_id)
            if user_id in head.joined and rules is not None:
                mine = evaluate(
                    rules,
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


_RULES_BYTES = 1_500
_RULE_BYTES = 3_500
"""A person's rules without any, and one of them, with the expressions that it is compiled into."""


def _weigh(_user_id: str, rules: PushRules) -> int:
    own = sum(len(of_kind) for of_kind in rules.own.values())
    conditions = sum(
        len(rule.conditions or ()) for of_kind in rules.own.values() for rule in of_kind
    )
    return _RULES_BYTES + _RULE_BYTES * (own + conditions + len(rules.changed))
