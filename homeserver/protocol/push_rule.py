"""One push rule: its parts, its JSON, what it does when it matches; and the predefined rules.

Source: client-server-api, "Push Rules", "Predefined Rules" (v1.19).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from types import MappingProxyType
from typing import Any, Final

from homeserver.errors import BadJson, InvalidParam, MissingParam
from homeserver.protocol.event import Event
from homeserver.protocol.push_conditions import (
    Reader,
    Test,
    compile_condition,
    event_match,
    mentions_reader,
    state_key_is_reader,
)

KINDS: Final = ("override", "content", "room", "sender", "underride")
"""In the order in which they are asked."""

READER: Final = "[the reader's user ID]"
"""Stands for each user's own ID in the predefined rules."""

MAX_CONDITIONS: Final = 100
MAX_ACTIONS: Final = 100
MAX_PATTERN: Final = 255
"""Characters of a glob: matching takes time in proportion to it and to the text."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of an event for one reader.

    notify: count it, and push it. highlight: count it as one that mentions the reader. tweaks: as
    sent to a push gateway. rule_id: the rule that decided, None when none matched.
    """

    notify: bool = False
    highlight: bool = False
    tweaks: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    rule_id: str | None = None

    @property
    def sound(self) -> str | None:
        """The sound to play, `default` or a name."""
        sound = self.tweaks.get("sound")
        return sound if isinstance(sound, str) else None


NOTHING: Final = Outcome()


@dataclass(frozen=True)
class PushRule:
    """A rule. conditions: of override and underride rules; pattern: of content rules."""

    kind: str
    rule_id: str
    actions: tuple[Any, ...]
    default: bool = False
    enabled: bool = True
    conditions: tuple[Mapping[str, Any], ...] | None = None
    pattern: str | None = None

    def to_json(self, user_id: str) -> dict[str, Any]:
        """The PushRule object that clients see."""
        shown: dict[str, Any] = {
            "rule_id": self.rule_id,
            "default": self.default,
            "enabled": self.enabled,
            "actions": list(self.actions),
        }
        if self.conditions is not None:
            shown["conditions"] = [
                {key: user_id if value is READER else value for key, value in condition.items()}
                for condition in self.conditions
            ]
        if self.pattern is not None:
            shown["pattern"] = self.pattern
        return shown

    def matches(self, event: Event, reader: Reader) -> bool:
        """Whether the enabled rule holds for the event."""
        return self._test(event, reader)

    @cached_property
    def outcome(self) -> Outcome:
        """What happens when the rule is the first to match."""
        tweaks: dict[str, Any] = {}
        for action in self.actions:
            if isinstance(action, Mapping) and isinstance(action.get("set_tweak"), str):
                name = action["set_tweak"]
                # "If a highlight tweak is given with no value, its value is ... true."
                default = True if name == "highlight" else None
                tweaks[name] = action.get("value", default)
        notify = "notify" in self.actions
        return Outcome(
            notify=notify,
            highlight=notify and tweaks.get("highlight", False) is True,
            tweaks=MappingProxyType(tweaks),
            rule_id=self.rule_id,
        )

    @cached_property
    def room(self) -> str | None:
        """The only room in which the rule can match, None where that is not plain to see."""
        if self.kind == "room":
            return self.rule_id
        for condition in self.conditions or ():
            if condition.get("kind") == "event_match" and condition.get("key") == "room_id":
                pattern = condition.get("pattern")
                if isinstance(pattern, str) and not set(pattern) & {"*", "?"}:
                    return pattern
        return None

    @cached_property
    def _test(self) -> Test:
        match self.kind:
            case "content":
                return event_match("content.body", self.pattern or "")
            case "room":
                return lambda event, reader: event.room_id == self.rule_id
            case "sender":
                return lambda event, reader: event.sender == self.rule_id
            case _:
                tests = [_compile(condition) for condition in self.conditions or ()]
                return reduce(_both, tests) if tests else _always


def _always(event: Event, reader: Reader) -> bool:
    return True


def _both(first: Test, second: Test) -> Test:
    return lambda event, reader: first(event, reader) and second(event, reader)


def _compile(condition: Mapping[str, Any]) -> Test:
    # The predefined rules are compiled once for all readers.
    if condition.get("pattern") is READER:
        return state_key_is_reader
    if condition.get("value") is READER:
        return mentions_reader
    return compile_condition(condition)


def parse_rule(kind: str, rule_id: str, body: object) -> PushRule:
    """The rule that a client puts under this kind and ID.

    Raises InvalidParam for a kind that does not exist and an ID that is not allowed, MissingParam
    or BadJson for the body.
    """
    if kind not in KINDS:
        raise InvalidParam("Unknown kind of push rule")
    if not rule_id or rule_id.startswith(".") or "/" in rule_id or "\\" in rule_id:
        raise InvalidParam("A rule ID must not be empty, start with a dot or contain a slash")
    if len(rule_id.encode("utf-8", "surrogatepass")) > 255 or "\x00" in rule_id:
        raise InvalidParam("A rule ID has at most 255 bytes and no NUL")
    if not isinstance(body, dict):
        raise BadJson("A push rule must be an object")
    if "actions" not in body:
        raise MissingParam("A push rule needs actions")
    rule = PushRule(kind, rule_id, parse_actions(body["actions"]))
    if kind in ("override", "underride"):
        return replace(rule, conditions=_parse_conditions(body.get("conditions", [])))
    if kind == "content":
        pattern = body.get("pattern")
        if not isinstance(pattern, str):
            raise MissingParam("A content rule needs a pattern")
        if len(pattern) > MAX_PATTERN:
            raise InvalidParam(f"A pattern has at most {MAX_PATTERN} characters")
        return replace(rule, pattern=pattern)
    return rule


def parse_actions(value: object) -> tuple[Any, ...]:
    """A list of actions; the historical `dont_notify` and `coalesce` are kept and mean nothing."""
    if not isinstance(value, list) or len(value) > MAX_ACTIONS:
        raise BadJson(f"actions must be a list of at most {MAX_ACTIONS}")
    for action in value:
        if isinstance(action, str):
            if action not in ("notify", "dont_notify", "coalesce"):
                raise InvalidParam(f"Unknown action {action[:50]}")
        elif not isinstance(action, dict) or not isinstance(action.get("set_tweak"), str):
            raise InvalidParam("An action is notify or an object with set_tweak")
    return tuple(value)


def _parse_conditions(value: object) -> tuple[Mapping[str, Any], ...]:
    if not isinstance(value, list) or len(value) > MAX_CONDITIONS:
        raise BadJson(f"conditions must be a list of at most {MAX_CONDITIONS}")
    for condition in value:
        if not isinstance(condition, dict) or not isinstance(condition.get("kind"), str):
            raise BadJson("A condition is an object with a kind")
        pattern = condition.get("pattern")
        if isinstance(pattern, str) and len(pattern) > MAX_PATTERN:
            raise InvalidParam(f"A pattern has at most {MAX_PATTERN} characters")
    return tuple(value)


_SOUND: Final = {"set_tweak": "sound", "value": "default"}
_RING: Final = {"set_tweak": "sound", "value": "ring"}
_HIGHLIGHT: Final = {"set_tweak": "highlight"}


def _glob(key: str, pattern: str) -> dict[str, Any]:
    return {"kind": "event_match", "key": key, "pattern": pattern}


def _predefined(kind: str, name: str, conditions: list[Any], *actions: Any) -> PushRule:
    return PushRule(kind, f".m.rule.{name}", actions, default=True, conditions=tuple(conditions))


MASTER: Final = replace(_predefined("override", "master", []), enabled=False)
"""Switched on, it silences everything; it alone comes before the rules of users."""

_TWO_MEMBERS: Final = {"kind": "room_member_count", "is": "2"}

PREDEFINED: Final[Mapping[str, tuple[PushRule, ...]]] = {
    "override": (
        _predefined("override", "suppress_notices", [_glob("content.msgtype", "m.notice")]),
        _predefined(
            "override",
            "invite_for_me",
            [
                _glob("type", "m.room.member"),
                _glob("content.membership", "invite"),
                _glob("state_key", READER),
            ],
            "notify",
            _SOUND,
        ),
        _predefined("override", "member_event", [_glob("type", "m.room.member")]),
        _predefined(
            "override",
            "is_user_mention",
            [
                {
                    "kind": "event_property_contains",
                    "key": r"content.m\.mentions.user_ids",
                    "value": READER,
                }
            ],
            "notify",
            _SOUND,
            _HIGHLIGHT,
        ),
        _predefined(
            "override",
            "is_room_mention",
            [
                {"kind": "event_property_is", "key": r"content.m\.mentions.room", "value": True},
                {"kind": "sender_notification_permission", "key": "room"},
            ],
            "notify",
            _HIGHLIGHT,
        ),
        _predefined(
            "override",
            "tombstone",
            [_glob("type", "m.room.tombstone"), _glob("state_key", "")],
            "notify",
            _HIGHLIGHT,
        ),
        _predefined("override", "reaction", [_glob("type", "m.reaction")]),
        _predefined(
            "override",
            "room.server_acl",
            [_glob("type", "m.room.server_acl"), _glob("state_key", "")],
        ),
        _predefined(
            "override",
            "suppress_edits",
            [
                {
                    "kind": "event_property_is",
                    "key": r"content.m\.relates_to.rel_type",
                    "value": "m.replace",
                }
            ],
        ),
    ),
    "content": (),
    "room": (),
    "sender": (),
    "underride": (
        _predefined("underride", "call", [_glob("type", "m.call.invite")], "notify", _RING),
        _predefined(
            "underride",
            "encrypted_room_one_to_one",
            [_TWO_MEMBERS, _glob("type", "m.room.encrypted")],
            "notify",
            _SOUND,
        ),
        _predefined(
            "underride",
            "room_one_to_one",
            [_TWO_MEMBERS, _glob("type", "m.room.message")],
            "notify",
            _SOUND,
        ),
        _predefined("underride", "message", [_glob("type", "m.room.message")], "notify"),
        _predefined("underride", "encrypted", [_glob("type", "m.room.encrypted")], "notify"),
    ),
}
