"""A user's push rules: reading, changing and asking them.

Most users keep the predefined rules, and those say the same of an event to nearly everyone.
`evaluate_default_class` is therefore asked once for each event, `mentioned_users` names those for
whom it is more, and only users with rules of their own are asked one by one.
Source: client-server-api, "Push Rules".
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final, Self

from homeserver.errors import BadJson, InvalidParam, MissingParam, NotFound, Unknown
from homeserver.protocol.event import Event
from homeserver.protocol.power_levels import PowerLevels
from homeserver.protocol.property_path import lookup
from homeserver.protocol.push_conditions import Reader
from homeserver.protocol.push_rule import (
    KINDS,
    MASTER,
    NOTHING,
    PREDEFINED,
    Outcome,
    PushRule,
    parse_actions,
    parse_rule,
)

__all__ = [
    "KINDS",
    "Outcome",
    "PushRule",
    "PushRules",
    "evaluate",
    "evaluate_default_class",
    "mentioned_users",
]

MAX_USER_RULES: Final = 1000


@dataclass(frozen=True)
class PushRules:
    """All rules of one user, immutable: changes return new ones.

    own: the user's rules of each kind, most important first. changed: predefined rules that the
    user switched or gave other actions, by ID.
    """

    user_id: str
    own: Mapping[str, tuple[PushRule, ...]]
    changed: Mapping[str, PushRule]

    @classmethod
    def default(cls, user_id: str) -> Self:
        """The rules of a user who never changed any."""
        return cls(user_id, {}, {})

    @classmethod
    def from_stored(cls, user_id: str, stored: Mapping[str, Any]) -> Self:
        """What `to_stored` made. Entries about rules that are no longer predefined are dropped."""
        own: dict[str, tuple[PushRule, ...]] = {}
        for kind, bodies in stored.get("own", {}).items():
            own[kind] = tuple(
                replace(
                    parse_rule(kind, body["rule_id"], body),
                    enabled=body["enabled"],
                )
                for body in bodies
            )
        changed: dict[str, PushRule] = {}
        for rule_id, change in stored.get("changed", {}).items():
            rule = _PREDEFINED_BY_ID.get(rule_id)
            if rule is not None:
                changed[rule_id] = replace(
                    rule, enabled=change["enabled"], actions=tuple(change["actions"])
                )
        return cls(user_id, own, changed)

    def to_stored(self) -> dict[str, Any]:
        """What differs from the predefined rules, as JSON; so those can change with the server."""
        return {
            "own": {
                kind: [rule.to_json(self.user_id) for rule in rules]
                for kind, rules in self.own.items()
                if rules
            },
            "changed": {
                rule_id: {"enabled": rule.enabled, "actions": list(rule.actions)}
                for rule_id, rule in self.changed.items()
            },
        }

    def to_json(self) -> dict[str, Any]:
        """`{"global": {kind: [PushRule]}}`: content of m.push_rules, answer of GET /pushrules/."""
        return {
            "global": {
                kind: [rule.to_json(self.user_id) for rule in self.rules(kind)] for kind in KINDS
            }
        }

    def rules(self, kind: str) -> list[PushRule]:
        """The rules of a kind, most important first; InvalidParam for unknown kinds."""
        if kind not in KINDS:
            raise InvalidParam("Unknown kind of push rule")
        first = [MASTER] if kind == "override" else []
        return [
            *(self.changed.get(rule.rule_id, rule) for rule in first),
            *self.own.get(kind, ()),
            *(self.changed.get(rule.rule_id, rule) for rule in PREDEFINED[kind]),
        ]

    def get(self, kind: str, rule_id: str) -> PushRule:
        """One rule; NotFound when the kind has none of this ID, or does not exist."""
        for rule in self.rules(kind) if kind in KINDS else ():
            if rule.rule_id == rule_id:
                return rule
        raise NotFound("There is no such push rule")

    def put(
        self,
        kind: str,
        rule_id: str,
        body: object,
        *,
        before: str | None = None,
        after: str | None = None,
    ) -> Self:
        """Add or replace a rule of the user.

        before, after: IDs of the user's own rules of this kind next to which it goes; with both,
        `before` decides. Without them a new rule becomes the most important one and a replaced
        rule keeps its place. A replaced rule stays switched on or off.
        """
        rule = parse_rule(kind, rule_id, body)
        rules = list(self.own.get(kind, ()))
        index = next((i for i, other in enumerate(rules) if other.rule_id == rule_id), None)
        if index is None:
            if sum(map(len, self.own.values())) >= MAX_USER_RULES:
                raise InvalidParam(f"There are at most {MAX_USER_RULES} push rules")
            place = 0
        else:
            rule = replace(rule, enabled=rules.pop(index).enabled)
            place = index
        if before is not None:
            place = _index_of(rules, before)
        elif after is not None:
            place = _index_of(rules, after) + 1
        rules.insert(place, rule)
        return replace(self, own={**self.own, kind: tuple(rules)})

    def delete(self, kind: str, rule_id: str) -> Self:
        """Remove a rule of the user; predefined ones cannot be removed (InvalidParam)."""
        if self.get(kind, rule_id).default:
            raise InvalidParam("A predefined push rule cannot be removed")
        rules = tuple(rule for rule in self.own[kind] if rule.rule_id != rule_id)
        return replace(self, own={**self.own, kind: rules})

    def set_enabled(self, kind: str, rule_id: str, body: object) -> Self:
        """Switch a rule. body: `{"enabled": bool}`."""
        if not isinstance(body, dict):
            raise BadJson("The body must be an object")
        if "enabled" not in body:
            raise MissingParam("enabled is missing")
        if not isinstance(body["enabled"], bool):
            raise InvalidParam("enabled must be true or false")
        return self._with(replace(self.get(kind, rule_id), enabled=body["enabled"]))

    def set_actions(self, kind: str, rule_id: str, body: object) -> Self:
        """Give a rule other actions. body: `{"actions": [...]}`."""
        if not isinstance(body, dict):
            raise BadJson("The body must be an object")
        if "actions" not in body:
            raise MissingParam("actions is missing")
        actions = parse_actions(body["actions"])
        return self._with(replace(self.get(kind, rule_id), actions=actions))

    def _with(self, changed: PushRule) -> Self:
        if changed.default:
            return replace(self, changed={**self.changed, changed.rule_id: changed})
        rules = tuple(
            changed if rule.rule_id == changed.rule_id else rule for rule in self.own[changed.kind]
        )
        return replace(self, own={**self.own, changed.kind: rules})

    def differs_in(self, room_id: str) -> bool:
        """Whether this user must be asked apart from the others for events of this room.

        False for users who keep the predefined rules or changed only what is about other rooms.
        """
        return self._differs_everywhere or room_id in self._own_rooms

    @cached_property
    def _differs_everywhere(self) -> bool:
        if any(rule != _PREDEFINED_BY_ID[rule_id] for rule_id, rule in self.changed.items()):
            return True
        return any(rule.room is None for rule in self._own_enabled)

    @cached_property
    def _own_rooms(self) -> frozenset[str]:
        return frozenset(rule.room for rule in self._own_enabled if rule.room is not None)

    @property
    def _own_enabled(self) -> Iterable[PushRule]:
        return (rule for rules in self.own.values() for rule in rules if rule.enabled)

    @cached_property
    def in_order(self) -> tuple[PushRule, ...]:
        """The enabled rules as they are asked."""
        return tuple(rule for kind in KINDS for rule in self.rules(kind) if rule.enabled)


_PREDEFINED_BY_ID: Final[Mapping[str, PushRule]] = {
    rule.rule_id: rule for rules in ((MASTER,), *PREDEFINED.values()) for rule in rules
}

# Nobody's ID, so that no mention and no invite is its own.
_ORDINARY: Final = PushRules.default("")
_NO_LEVELS: Final = PowerLevels(None)


def evaluate(
    rules: PushRules,
    event: Event,
    *,
    display_name: str | None,
    member_count: int,
    levels: PowerLevels,
    user_id: str | None = None,
) -> Outcome:
    """What the first matching rule says of an event; nothing for one's own events.

    display_name: the reader's in that room. member_count: joined members. levels: the room's power
    levels. user_id: another reader of the same rules than `rules.user_id`.
    """
    reader = Reader(
        rules.user_id if user_id is None else user_id, display_name, member_count, levels
    )
    if event.sender == reader.user_id:
        return NOTHING
    for rule in rules.in_order:
        if rule.matches(event, reader):
            return rule.outcome
    return NOTHING


def evaluate_default_class(event: Event, *, member_count: int, levels: PowerLevels) -> Outcome:
    """What the predefined rules say to a member whom the event neither mentions nor invites.

    `notify` is bit 1 of an event, `highlight` bit 2: `@room` or a tombstone highlights everyone.
    """
    return evaluate(_ORDINARY, event, display_name=None, member_count=member_count, levels=levels)


def mentioned_users(event: Event, members: Container[str]) -> set[str]:
    """The members, sender excluded, whom the predefined rules highlight the event by name.

    members: user IDs of the room's members. Events that highlight everyone are not told here.
    """
    users = lookup(event.content, ("m.mentions", "user_ids"))
    if not isinstance(users, list):
        return set()
    candidates = {user for user in users if isinstance(user, str) and user in members}
    # Some rules come before the mention: a notice mentions nobody. None of them asks for members
    # or levels.
    return {
        user
        for user in candidates
        if evaluate(
            _ORDINARY,
            event,
            display_name=None,
            member_count=0,
            levels=_NO_LEVELS,
            user_id=user,
        ).rule_id
        == ".m.rule.is_user_mention"
    }


def _index_of(rules: list[PushRule], rule_id: str) -> int:
    for index, rule in enumerate(rules):
        if rule.rule_id == rule_id:
            return index
    raise Unknown(f"before/after rule not found: {rule_id[:100]}", status=400)
