"""client-server-api, "Predefined Rules" (v1.19): ours are the specification's, in its order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from homeserver.protocol.push_rules import PushRules

# The JSON of the specification's text, rule after rule.
SPECIFIED: dict[str, list[dict[str, Any]]] = json.loads(
    Path(__file__).with_name("predefined_push_rules.json").read_text()
)
USER = "@anna:a.example"


def with_user(rule: dict[str, Any]) -> dict[str, Any]:
    filled: dict[str, Any] = json.loads(json.dumps(rule).replace("[the user's Matrix ID]", USER))
    return filled


@pytest.mark.parametrize("kind", ["override", "underride"])
def test_a_new_users_rules_are_those_of_the_specification(kind: str) -> None:
    shown = PushRules.default(USER).to_json()["global"][kind]
    assert shown == [with_user(rule) for rule in SPECIFIED[kind]]


@pytest.mark.parametrize("kind", ["content", "room", "sender"])
def test_other_kinds_start_empty(kind: str) -> None:
    assert PushRules.default(USER).to_json()["global"][kind] == []


def test_each_rule_evaluates_the_same_from_its_json() -> None:
    """The two rules that name the reader are compiled apart; their JSON must mean the same."""
    from homeserver.protocol.power_levels import PowerLevels
    from homeserver.protocol.push_conditions import Reader, compile_condition
    from tests import eg

    events = [
        eg.event("m.room.member", {"membership": "invite"}, state_key=USER, sender=eg.BOB),
        eg.event("m.room.member", {"membership": "invite"}, state_key=eg.CAROL, sender=eg.BOB),
        eg.event(content={"body": "x", "m.mentions": {"user_ids": [USER]}}, sender=eg.BOB),
        eg.event(content={"body": "x", "m.mentions": {"user_ids": [eg.CAROL]}}, sender=eg.BOB),
        eg.event(content={"body": "x", "m.mentions": {"user_ids": USER}}, sender=eg.BOB),
        eg.event(content={"body": "x"}, sender=eg.BOB),
    ]
    rules = {rule.rule_id: rule for rule in PushRules.default(USER).rules("override")}
    reader = Reader(USER, "Anna", 3, PowerLevels(None))
    for specified in map(with_user, SPECIFIED["override"]):
        tests = [compile_condition(condition) for condition in specified["conditions"]]
        for event in events:
            from_json = all(test(event, reader) for test in tests)
            assert rules[specified["rule_id"]].matches(event, reader) == from_json
