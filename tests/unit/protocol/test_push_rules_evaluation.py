"""client-server-api, "Push Rules": what an event means to its readers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeserver.protocol.event import Event
from homeserver.protocol.power_levels import PowerLevels
from homeserver.protocol.push_rules import (
    Outcome,
    PushRules,
    evaluate,
    evaluate_default_class,
    mentioned_users,
)
from tests import eg

LEVELS = PowerLevels({"users": {eg.BOB: 50}})
DEFAULT = PushRules.default(eg.ANNA)


def ask(
    event: Event,
    rules: PushRules = DEFAULT,
    *,
    display_name: str | None = "Anna",
    member_count: int = 5,
    levels: PowerLevels = LEVELS,
) -> Outcome:
    return evaluate(
        rules, event, display_name=display_name, member_count=member_count, levels=levels
    )


def from_bob(
    content: dict[str, Any] | None = None, type: str = "m.room.message", **said: Any
) -> Event:
    return eg.event(type, content, sender=eg.BOB, **said)


def with_condition(**condition: Any) -> PushRules:
    """Rules that notify with the sound "hit" exactly when the condition holds."""
    actions = ["notify", {"set_tweak": "sound", "value": "hit"}]
    return DEFAULT.put("override", "mine", {"actions": actions, "conditions": [condition]})


def holds(event: Event, condition: dict[str, Any], **said: Any) -> bool:
    return ask(event, with_condition(**condition), **said).sound == "hit"


def mention(*users: str, **content: Any) -> dict[str, Any]:
    return {"msgtype": "m.text", "body": "hi", "m.mentions": {"user_ids": list(users)}, **content}


# The predefined rules.


def test_a_message_notifies_without_sound_in_a_group() -> None:
    outcome = ask(from_bob())
    assert (outcome.notify, outcome.highlight, outcome.sound) == (True, False, None)
    assert outcome.rule_id == ".m.rule.message"


def test_a_message_sounds_in_a_room_of_two() -> None:
    assert ask(from_bob(), member_count=2).sound == "default"


def test_an_encrypted_event_counts_like_a_message() -> None:
    assert ask(from_bob({}, "m.room.encrypted")).notify
    assert ask(from_bob({}, "m.room.encrypted"), member_count=2).sound == "default"


def test_a_call_rings() -> None:
    assert ask(from_bob({}, "m.call.invite")).sound == "ring"


@pytest.mark.parametrize(
    "event",
    [
        from_bob({"msgtype": "m.notice", "body": "x"}),
        from_bob({"m.relates_to": {}}, "m.reaction"),
        from_bob({"membership": "join"}, "m.room.member", state_key=eg.BOB),
        from_bob({"membership": "invite"}, "m.room.member", state_key=eg.CAROL),
        from_bob({}, "m.room.server_acl", state_key=""),
        from_bob({"topic": "x"}, "m.room.topic", state_key=""),
        from_bob({}, "org.example.anything"),
        from_bob(
            {
                "body": "* x",
                "m.new_content": {},
                "m.relates_to": {"rel_type": "m.replace", "event_id": "$x"},
            }
        ),
        from_bob(mention(eg.ANNA, msgtype="m.notice")),
    ],
)
def test_some_events_are_silent(event: Event) -> None:
    assert not ask(event).notify


def test_a_mention_highlights_and_sounds() -> None:
    outcome = ask(from_bob(mention(eg.CAROL, eg.ANNA)))
    assert (outcome.notify, outcome.highlight, outcome.sound) == (True, True, "default")


def test_a_mention_in_an_edit_highlights() -> None:
    relation = {"rel_type": "m.replace", "event_id": "$x"}
    assert ask(from_bob(mention(eg.ANNA, **{"m.relates_to": relation}))).highlight


@pytest.mark.parametrize(
    "mentions", [eg.ANNA, {"user_ids": eg.ANNA}, {"user_ids": [[eg.ANNA]]}, []]
)
def test_malformed_mentions_mention_nobody(mentions: object) -> None:
    event = from_bob({"body": "x", "m.mentions": mentions})
    assert not ask(event).highlight
    assert mentioned_users(event, {eg.ANNA}) == set()


def test_a_name_in_the_body_is_no_mention() -> None:
    """Since v1.17 only m.mentions mentions."""
    assert not ask(from_bob({"body": "Anna, @anna:a.example, anna!"})).highlight


def test_a_room_mention_highlights_everyone_if_the_sender_may() -> None:
    content = {"body": "@room", "m.mentions": {"room": True}}
    by_bob, by_carol = from_bob(content), eg.event(content=content, sender=eg.CAROL)
    assert ask(by_bob).highlight
    assert evaluate_default_class(by_bob, member_count=5, levels=LEVELS).highlight
    assert ask(by_carol).notify
    assert not ask(by_carol).highlight
    assert not evaluate_default_class(by_carol, member_count=5, levels=LEVELS).highlight


def test_only_true_mentions_the_room() -> None:
    assert not ask(from_bob({"body": "x", "m.mentions": {"room": 1}})).highlight


def test_a_tombstone_highlights_everyone() -> None:
    event = from_bob({}, "m.room.tombstone", state_key="")
    assert evaluate_default_class(event, member_count=5, levels=LEVELS).highlight
    assert not ask(from_bob({}, "m.room.tombstone", state_key="x")).notify


def test_an_invite_of_ones_own_notifies() -> None:
    invite = from_bob({"membership": "invite"}, "m.room.member", state_key=eg.ANNA)
    assert (ask(invite).notify, ask(invite).sound) == (True, "default")


def test_nobody_is_notified_of_their_own_events() -> None:
    assert ask(eg.event(content=mention(eg.ANNA))) == Outcome()
    assert mentioned_users(eg.event(content=mention(eg.ANNA)), {eg.ANNA}) == set()


def test_master_silences_everything() -> None:
    rules = DEFAULT.put("override", "mine", {"actions": ["notify"]}).set_enabled(
        "override", ".m.rule.master", {"enabled": True}
    )
    assert not ask(from_bob(mention(eg.ANNA)), rules).notify


# One evaluation for all.

MEMBERS = [eg.ANNA, eg.BOB, eg.CAROL, eg.STRANGER]
contents = st.fixed_dictionaries(
    {},
    optional={
        "msgtype": st.sampled_from(["m.text", "m.notice", "M.NOTICE"]),
        "body": st.sampled_from(["hi", "Anna", "@room"]),
        "membership": st.sampled_from(["invite", "join"]),
        "m.mentions": st.fixed_dictionaries(
            {},
            optional={
                "user_ids": st.lists(st.sampled_from([*MEMBERS, "@gone:a.example", 5]), max_size=4),
                "room": st.sampled_from([True, False, 1]),
            },
        ),
        "m.relates_to": st.just({"rel_type": "m.replace", "event_id": "$x"}),
    },
)
types = st.sampled_from(
    ["m.room.message", "m.room.encrypted", "m.reaction", "m.room.tombstone", "m.call.invite", "m.x"]
)


@given(types, contents, st.sampled_from(MEMBERS), st.sampled_from([None, ""]), st.integers(1, 4))
def test_class_and_mentions_say_what_asking_everyone_would(
    type: str, content: dict[str, Any], sender: str, state_key: str | None, count: int
) -> None:
    event = eg.event(type, content, sender=sender, state_key=state_key)
    shared = evaluate_default_class(event, member_count=count, levels=LEVELS)
    mentioned = mentioned_users(event, set(MEMBERS))
    for user in MEMBERS:
        asked = ask(event, PushRules.default(user), member_count=count)
        if user == sender:
            assert asked == Outcome()
        else:
            assert asked.notify == (shared.notify or user in mentioned)
            assert asked.highlight == (shared.highlight or user in mentioned)


# Order and kinds.


def test_a_muted_room_is_silent_except_for_mentions() -> None:
    rules = DEFAULT.put("room", eg.ROOM_ID, {"actions": []})
    assert not ask(from_bob(), rules).notify
    assert ask(from_bob(mention(eg.ANNA)), rules).highlight
    assert ask(from_bob(room_id="!other:a.example"), rules).notify


def test_a_muted_sender_is_silent() -> None:
    rules = DEFAULT.put("sender", eg.BOB, {"actions": ["dont_notify"]})
    assert not ask(from_bob(), rules).notify
    assert ask(eg.event(sender=eg.CAROL), rules).notify


def test_kinds_are_asked_in_order() -> None:
    rules = DEFAULT
    for kind in ("underride", "sender", "room", "content", "override"):
        rule_id = {"sender": eg.BOB, "room": eg.ROOM_ID}.get(kind, kind)
        rules = rules.put(
            kind,
            rule_id,
            {"actions": ["notify", {"set_tweak": "sound", "value": kind}], "pattern": "hello"},
        )
        assert ask(from_bob({"body": "hello"}), rules).sound == kind


def test_the_first_rule_of_a_kind_decides() -> None:
    rules = DEFAULT.put("override", "later", {"actions": []}).put(
        "override", "first", {"actions": ["notify", {"set_tweak": "highlight"}]}
    )
    assert ask(from_bob(), rules).highlight


@pytest.mark.parametrize(
    ("action", "highlight"),
    [
        ({"set_tweak": "highlight"}, True),
        ({"set_tweak": "highlight", "value": True}, True),
        ({"set_tweak": "highlight", "value": False}, False),
        ({"set_tweak": "other"}, False),
    ],
)
def test_highlight_without_value_is_true(action: dict[str, Any], highlight: bool) -> None:
    rules = DEFAULT.put("override", "mine", {"actions": ["notify", action]})
    assert ask(from_bob(), rules).highlight is highlight


def test_unknown_tweaks_are_passed_on() -> None:
    tweak = {"set_tweak": "flash", "value": "red"}
    rules = DEFAULT.put("override", "mine", {"actions": ["notify", tweak]})
    assert ask(from_bob(), rules).tweaks == {"flash": "red"}


# Conditions.


@pytest.mark.parametrize(
    ("topic", "matches"),
    [("Lunch plans", True), ("LUNCH", True), (" lunch", False), ("lunc", False), (None, False)],
)
def test_event_match_the_specifications_example(topic: object, matches: bool) -> None:
    event = from_bob({"topic": topic}, "m.room.topic", state_key="")
    condition = {"kind": "event_match", "key": "content.topic", "pattern": "lunc?*"}
    assert holds(event, condition) is matches


@pytest.mark.parametrize(
    ("key", "pattern"),
    [
        ("type", "m.room.*"),
        ("sender", "@BOB:a.example"),
        ("room_id", eg.ROOM_ID),
        (r"content.org\.example.a", "x"),
        ("event_id", "$*"),
    ],
)
def test_event_match_reaches_every_property(key: str, pattern: str) -> None:
    event = from_bob({"org.example": {"a": "x"}})
    assert holds(event, {"kind": "event_match", "key": key, "pattern": pattern})


@pytest.mark.parametrize(
    "key", ["state_key", "content.missing", "content", "content.list", "nothing", "", "signatures"]
)
def test_event_match_needs_text(key: str) -> None:
    event = from_bob({"list": ["x"]})
    assert not holds(event, {"kind": "event_match", "key": key, "pattern": "*"})


FLAT = {"text": "x", "yes": True, "one": 1, "null": None, "list": ["x", 1, True, None, {}, [1]]}


@pytest.mark.parametrize(
    ("key", "value", "matches"),
    [
        ("text", "x", True),
        ("text", "X", False),
        ("yes", True, True),
        ("yes", 1, False),
        ("yes", "true", False),
        ("one", 1, True),
        ("one", True, False),
        ("null", None, True),
        ("missing", None, False),
        ("list", ["x"], False),
    ],
)
def test_event_property_is_exact(key: str, value: object, matches: bool) -> None:
    condition = {"kind": "event_property_is", "key": f"content.{key}", "value": value}
    assert holds(from_bob(FLAT), condition) is matches


@pytest.mark.parametrize(
    ("key", "value", "matches"),
    [
        ("list", "x", True),
        ("list", "y", False),
        ("list", 1, True),
        ("list", True, True),
        ("list", None, True),
        ("list", {}, False),
        ("list", [1], False),
        ("text", "x", False),
        ("missing", "x", False),
    ],
)
def test_event_property_contains_is_exact(key: str, value: object, matches: bool) -> None:
    condition = {"kind": "event_property_contains", "key": f"content.{key}", "value": value}
    assert holds(from_bob(FLAT), condition) is matches


@pytest.mark.parametrize(
    ("body", "name", "matches"),
    [
        ("Hi Anna!", "Anna", True),
        ("hi ANNA", "Anna", True),
        ("Annabel", "Anna", False),
        ("Hi A*", "A*", True),
        ("Hi Anna", "A*", False),
        ("Hi Anna", None, False),
        ("Hi Anna", "", False),
        (5, "Anna", False),
    ],
)
def test_contains_display_name(body: object, name: str | None, matches: bool) -> None:
    event = from_bob({"body": body})
    assert holds(event, {"kind": "contains_display_name"}, display_name=name) is matches


@pytest.mark.parametrize(
    ("wanted", "counts"),
    [
        ("3", [3]),
        ("==3", [3]),
        ("<3", [1, 2]),
        ("<=3", [1, 2, 3]),
        (">3", [4]),
        (">=3", [3, 4]),
        ("=3", []),
        ("x", []),
        ("-1", []),
        (3, []),
        ("", []),
    ],
)
def test_room_member_count(wanted: object, counts: list[int]) -> None:
    condition = {"kind": "room_member_count", "is": wanted}
    found = [n for n in (1, 2, 3, 4) if holds(from_bob({}), condition, member_count=n)]
    assert found == counts


def test_sender_notification_permission() -> None:
    condition = {"kind": "sender_notification_permission", "key": "fire"}
    for needed, allowed in ((50, True), (51, False)):
        levels = PowerLevels({"users": {eg.BOB: 50}, "notifications": {"fire": needed}})
        assert holds(from_bob({}), condition, levels=levels) is allowed


@pytest.mark.parametrize(
    "condition",
    [
        {"kind": "unknown"},
        {"kind": "event_match"},
        {"kind": "event_match", "key": "type"},
        {"kind": "event_match", "key": 5, "pattern": "*"},
        {"kind": "event_property_is", "key": "type"},
        {"kind": "event_property_is", "value": "x"},
        {"kind": "event_property_is", "key": "type", "value": 2**60},
        {"kind": "event_property_contains", "key": "type"},
        {"kind": "event_property_contains", "value": "x"},
        {"kind": "sender_notification_permission"},
        {"kind": "room_member_count"},
    ],
)
def test_malformed_and_unknown_conditions_never_hold(condition: dict[str, Any]) -> None:
    assert not holds(from_bob(FLAT), condition)


def test_all_conditions_must_hold() -> None:
    body: dict[str, Any] = {
        "actions": [],
        "conditions": [
            {"kind": "event_match", "key": "type", "pattern": "m.room.message"},
            {"kind": "event_match", "key": "content.body", "pattern": "beer"},
        ],
    }
    rules = DEFAULT.put("override", "mine", body)
    assert not ask(from_bob({"body": "a beer"}), rules).notify
    assert ask(from_bob({"body": "water"}), rules).notify
