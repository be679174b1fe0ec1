"""client-server-api, "Push Rules: API": what a user may change, and what comes of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from homeserver.errors import BadJson, InvalidParam, MatrixError, MissingParam, NotFound
from homeserver.protocol.push_rules import KINDS, PushRules
from tests import eg

RULES = PushRules.default(eg.ANNA)
NOTIFY: dict[str, Any] = {"actions": ["notify"]}


def own_ids(rules: PushRules, kind: str) -> list[str]:
    return [rule.rule_id for rule in rules.rules(kind) if not rule.default]


def test_a_new_rule_is_enabled_and_not_predefined() -> None:
    rules = RULES.put("content", "cake", {**NOTIFY, "pattern": "cake*lie"})
    assert rules.get("content", "cake").to_json(eg.ANNA) == {
        "rule_id": "cake",
        "pattern": "cake*lie",
        "actions": ["notify"],
        "enabled": True,
        "default": False,
    }


def test_changing_makes_new_rules_and_leaves_the_old() -> None:
    RULES.put("room", "!a:b", NOTIFY)
    assert own_ids(RULES, "room") == []


def test_a_new_rule_is_the_most_important_of_its_kind() -> None:
    rules = RULES.put("sender", "@a:b", NOTIFY).put("sender", "@c:d", NOTIFY)
    assert own_ids(rules, "sender") == ["@c:d", "@a:b"]


def test_own_override_rules_stand_between_master_and_the_predefined() -> None:
    rules = RULES.put("override", "mine", {**NOTIFY, "conditions": []})
    ids = [rule.rule_id for rule in rules.rules("override")]
    assert ids[:3] == [".m.rule.master", "mine", ".m.rule.suppress_notices"]


@pytest.fixture
def three() -> PushRules:
    """c, b, a: most important first."""
    rules = RULES
    for name in "abc":
        rules = rules.put("override", name, NOTIFY)
    return rules


@pytest.mark.parametrize(
    ("rule_id", "where", "order"),
    [
        ("new", {"before": "b"}, ["c", "new", "b", "a"]),
        ("new", {"before": "c"}, ["new", "c", "b", "a"]),
        ("new", {"after": "b"}, ["c", "b", "new", "a"]),
        ("new", {"after": "a"}, ["c", "b", "a", "new"]),
        ("new", {"before": "a", "after": "c"}, ["c", "b", "new", "a"]),
        ("a", {"before": "c"}, ["a", "c", "b"]),
        ("c", {"after": "a"}, ["b", "a", "c"]),
        ("b", {}, ["c", "b", "a"]),
    ],
)
def test_before_and_after_give_a_rule_its_place(
    three: PushRules, rule_id: str, where: dict[str, str], order: list[str]
) -> None:
    assert own_ids(three.put("override", rule_id, NOTIFY, **where), "override") == order


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("other", ["unknown", ".m.rule.master", ".m.rule.reaction"])
def test_a_place_beside_no_rule_of_ones_own_is_refused(
    three: PushRules, where: str, other: str
) -> None:
    with pytest.raises(MatrixError) as refusal:
        three.put("override", "new", NOTIFY, **{where: other})
    assert (refusal.value.status, refusal.value.errcode) == (400, "M_UNKNOWN")


def test_a_replaced_rule_stays_switched_off(three: PushRules) -> None:
    off = three.set_enabled("override", "b", {"enabled": False})
    assert off.put("override", "b", {"actions": []}).get("override", "b").enabled is False


@pytest.mark.parametrize(
    "rule_id", ["", ".mine", ".m.rule.master", "a/b", "a\\b", "x" * 256, "\x00"]
)
def test_some_rule_ids_are_not_allowed(rule_id: str) -> None:
    with pytest.raises(InvalidParam):
        RULES.put("override", rule_id, NOTIFY)


@pytest.mark.parametrize(
    ("kind", "body", "refusal"),
    [
        ("override", [], BadJson),
        ("override", {}, MissingParam),
        ("override", {"actions": "notify"}, BadJson),
        ("override", {"actions": ["shout"]}, InvalidParam),
        ("override", {"actions": [5]}, InvalidParam),
        ("override", {"actions": [{"value": "x"}]}, InvalidParam),
        ("override", {"actions": ["notify"] * 101}, BadJson),
        ("override", {**NOTIFY, "conditions": {}}, BadJson),
        ("override", {**NOTIFY, "conditions": ["x"]}, BadJson),
        ("override", {**NOTIFY, "conditions": [{}]}, BadJson),
        ("override", {**NOTIFY, "conditions": [{"kind": "x"}] * 101}, BadJson),
        (
            "underride",
            {**NOTIFY, "conditions": [{"kind": "event_match", "pattern": "x" * 256}]},
            InvalidParam,
        ),
        ("content", NOTIFY, MissingParam),
        ("content", {**NOTIFY, "pattern": 5}, MissingParam),
        ("content", {**NOTIFY, "pattern": "x" * 256}, InvalidParam),
        ("device", NOTIFY, InvalidParam),
    ],
)
def test_malformed_rules_are_refused(kind: str, body: object, refusal: type[MatrixError]) -> None:
    with pytest.raises(refusal):
        RULES.put(kind, "mine", body)


def test_historical_actions_are_kept_and_mean_nothing() -> None:
    rules = RULES.put("sender", eg.BOB, {"actions": ["dont_notify", "coalesce"]})
    rule = rules.get("sender", eg.BOB)
    assert rule.to_json(eg.ANNA)["actions"] == ["dont_notify", "coalesce"]
    assert not rule.outcome.notify


def test_there_is_a_bound_on_rules() -> None:
    rules = RULES
    for number in range(1000):
        rules = rules.put("room", f"!{number}:b", NOTIFY)
    with pytest.raises(InvalidParam):
        rules.put("sender", eg.BOB, NOTIFY)
    rules.put("room", "!5:b", {"actions": []})


def test_a_rule_of_ones_own_can_be_removed(three: PushRules) -> None:
    assert own_ids(three.delete("override", "b"), "override") == ["c", "a"]


def test_a_predefined_rule_cannot() -> None:
    with pytest.raises(InvalidParam):
        RULES.delete("override", ".m.rule.master")


@pytest.mark.parametrize(("kind", "rule_id"), [("override", "x"), ("sender", ".m.rule.master")])
def test_unknown_rules_are_not_found(kind: str, rule_id: str) -> None:
    for change in (
        lambda: RULES.get(kind, rule_id),
        lambda: RULES.delete(kind, rule_id),
        lambda: RULES.set_enabled(kind, rule_id, {"enabled": True}),
        lambda: RULES.set_actions(kind, rule_id, NOTIFY),
    ):
        with pytest.raises(NotFound):
            change()


def test_predefined_rules_can_be_switched_and_given_other_actions() -> None:
    rules = RULES.set_enabled("override", ".m.rule.master", {"enabled": True}).set_actions(
        "underride", ".m.rule.message", {"actions": []}
    )
    shown = rules.to_json()["global"]
    assert shown["override"][0]["enabled"] is True
    message = next(r for r in shown["underride"] if r["rule_id"] == ".m.rule.message")
    assert (message["actions"], message["default"]) == ([], True)


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ([], BadJson),
        ({}, MissingParam),
        ({"enabled": "true"}, InvalidParam),
        ({"enabled": 1}, InvalidParam),
    ],
)
def test_enabled_is_a_boolean(body: object, refusal: type[MatrixError]) -> None:
    with pytest.raises(refusal):
        RULES.set_enabled("override", ".m.rule.master", body)


@pytest.mark.parametrize(("body", "refusal"), [([], BadJson), ({}, MissingParam)])
def test_actions_are_given_in_an_object(body: object, refusal: type[MatrixError]) -> None:
    with pytest.raises(refusal):
        RULES.set_actions("override", ".m.rule.master", body)


def test_what_is_stored_gives_the_same_rules(three: PushRules) -> None:
    rules = (
        three.set_enabled("override", "b", {"enabled": False})
        .put("content", "cake", {"actions": ["notify"], "pattern": "cake"})
        .set_actions("underride", ".m.rule.message", {"actions": []})
    )
    stored = json.loads(json.dumps(rules.to_stored()))
    assert PushRules.from_stored(eg.ANNA, stored).to_json() == rules.to_json()


def test_nothing_needs_to_be_stored_for_a_new_user() -> None:
    assert RULES.to_stored() == {"own": {}, "changed": {}}
    assert PushRules.from_stored(eg.ANNA, {}).to_json() == RULES.to_json()


def test_stored_changes_of_rules_that_are_gone_are_dropped() -> None:
    stored = {"changed": {".m.rule.gone": {"enabled": False, "actions": []}}}
    assert PushRules.from_stored(eg.ANNA, stored).to_json() == RULES.to_json()


# Who must be asked apart.

ROOM, OTHER = "!room:a.example", "!other:a.example"


def test_a_user_with_the_predefined_rules_is_like_all_others() -> None:
    assert not RULES.differs_in(ROOM)


@pytest.mark.parametrize("kind", KINDS)
def test_a_rule_about_one_room_matters_there_only(kind: str) -> None:
    condition = {"kind": "event_match", "key": "room_id", "pattern": ROOM}
    body = {"actions": [], "pattern": "x", "conditions": [condition]}
    rules = RULES.put(kind, ROOM, body)
    assert rules.differs_in(ROOM)
    assert rules.differs_in(OTHER) is (kind in ("content", "sender"))


def test_a_glob_of_rooms_matters_everywhere() -> None:
    condition = {"kind": "event_match", "key": "room_id", "pattern": "!*"}
    rules = RULES.put("override", "x", {"actions": [], "conditions": [condition]})
    assert rules.differs_in(OTHER)


def test_a_disabled_rule_does_not_matter() -> None:
    rules = RULES.put("sender", eg.BOB, NOTIFY).set_enabled("sender", eg.BOB, {"enabled": False})
    assert not rules.differs_in(ROOM)


def test_a_changed_predefined_rule_matters_until_it_is_changed_back() -> None:
    on = RULES.set_enabled("override", ".m.rule.master", {"enabled": True})
    assert on.differs_in(ROOM)
    assert not on.set_enabled("override", ".m.rule.master", {"enabled": False}).differs_in(ROOM)


def test_there_are_no_other_kinds() -> None:
    with pytest.raises(NotFound):
        RULES.get("device", ".m.rule.master")
    with pytest.raises(InvalidParam):
        RULES.put("device", "mine", NOTIFY)
