"""rooms/v1, "State resolution"."""

from __future__ import annotations

from hashlib import sha1
from typing import Any

import pytest

from homeserver.protocol.event import Event
from homeserver.protocol.room_versions import V1
from tests import eg
from tests.forks import Branch, History

DAVE = "@dave:a.example"
LEVELS = ("m.room.power_levels", "")
RULES = ("m.room.join_rules", "")
TOPIC = ("m.room.topic", "")


def member(user: str) -> tuple[str, str]:
    return "m.room.member", user


@pytest.fixture
def trunk() -> Branch:
    """Anna made a public room; Bob has power 100, Carol 50, Dave none."""
    trunk = History(V1).start(users={eg.BOB: 100, eg.CAROL: 50}, state_default=50)
    for user in (eg.BOB, eg.CAROL, DAVE):
        trunk.join(user)
    return trunk


def with_power(branch: Branch, **users: int) -> dict[str, Any]:
    by_name = {"carol": eg.CAROL, "dave": DAVE}
    old = branch.state[LEVELS].content["users"]
    return {"users": {**old, **{by_name[name]: power for name, power in users.items()}}}


def by_hash(*events: Event) -> list[Event]:
    return sorted(events, key=lambda event: sha1(event.event_id.encode()).digest())


def test_r_begins_with_the_union_of_the_states(trunk: Branch) -> None:
    """A key that only one state has is no conflict, and is not judged again."""
    one, other = trunk.fork(), trunk.fork()
    one.topic("Dave may not", sender=DAVE)
    other.join(eg.STRANGER)
    assert trunk.history.resolve(one, other) == {**one.ids, **other.ids}
    assert trunk.history.resolve(other, one) == {**one.ids, **other.ids}


def test_power_levels_the_least_deep_is_taken_unseen(trunk: Branch) -> None:
    one, other = trunk.fork(), trunk.fork()
    by_dave = one.power(users={DAVE: 100}, sender=DAVE, depth=50)
    other.power(**with_power(trunk, carol=0), sender=eg.CAROL, depth=60)
    assert trunk.history.resolve(one, other)[LEVELS] == by_dave.event_id


def test_power_levels_each_next_one_must_be_allowed_by_the_one_before(trunk: Branch) -> None:
    one, other, third = trunk.fork(), trunk.fork(), trunk.fork()
    one.power(**with_power(trunk, carol=0), depth=50)
    allowed = other.power(**with_power(trunk, carol=0, dave=10), sender=eg.BOB, depth=60)
    third.power(**with_power(trunk, dave=20), sender=eg.CAROL, depth=70)
    assert trunk.history.resolve(one, other, third)[LEVELS] == allowed.event_id


def test_power_levels_the_first_that_is_not_allowed_ends_the_list(trunk: Branch) -> None:
    one, other, third = trunk.fork(), trunk.fork(), trunk.fork()
    first = one.power(**with_power(trunk, carol=0), depth=50)
    other.power(**with_power(trunk, dave=20), sender=eg.CAROL, depth=60)
    third.power(**with_power(trunk, dave=30), sender=eg.BOB, depth=70)
    assert trunk.history.resolve(one, other, third)[LEVELS] == first.event_id


def test_equal_depth_descending_hash(trunk: Branch) -> None:
    """Both are allowed, so that the last of the list stays: that of the lesser hash."""
    one, other = trunk.fork(), trunk.fork()
    a = one.power(**with_power(trunk, dave=10), depth=50)
    b = other.power(**with_power(trunk, dave=20), depth=50)
    assert trunk.history.resolve(one, other)[LEVELS] == by_hash(a, b)[0].event_id


def test_join_rules_are_judged_by_the_power_levels_just_resolved(trunk: Branch) -> None:
    one, other = trunk.fork(), trunk.fork()
    one.power(**with_power(trunk, carol=0), depth=50)
    one.join_rule("invite", depth=60)
    other.power(**with_power(trunk, carol=0, dave=10), depth=60)
    other.join_rule("knock", sender=eg.CAROL, depth=70)
    assert trunk.history.resolve(one, other)[RULES] == one.ids[RULES]


def test_members_are_judged_by_the_join_rules_just_resolved(trunk: Branch) -> None:
    one, other = trunk.fork(), trunk.fork()
    left = one.member(DAVE, "leave", depth=50)
    one.join_rule("invite", depth=60)
    other.join_rule("invite", depth=50)
    other.join(DAVE, depth=70)
    assert trunk.history.resolve(one, other)[member(DAVE)] == left.event_id


def test_each_member_is_resolved_in_the_state_before_the_pass(trunk: Branch) -> None:
    """Carol's ban and what she did herself do not see each other."""
    one, other = trunk.fork(), trunk.fork()
    one.join(eg.CAROL, depth=50)
    one.join(DAVE, depth=50)
    other.ban(eg.CAROL, depth=60)
    kick = other.member(DAVE, "leave", sender=eg.CAROL, depth=60)
    for branch in (one, other):
        branch.state[LEVELS] = trunk.state[LEVELS]
    trunk_members = {member(user) for user in (eg.CAROL, DAVE)}
    assert trunk_members <= trunk.ids.keys()
    resolved = trunk.history.resolve(one, other)
    assert resolved[member(eg.CAROL)] == other.ids[member(eg.CAROL)]
    # Carol is in neither conflict-free state, so that nobody knows her as a member yet.
    assert resolved[member(DAVE)] != kick.event_id


def test_others_the_deepest_that_is_allowed(trunk: Branch) -> None:
    one, other, third = trunk.fork(), trunk.fork(), trunk.fork()
    one.topic("not so deep", depth=50)
    deeper = other.topic("deeper", sender=eg.CAROL, depth=60)
    third.topic("Dave may not", sender=DAVE, depth=70)
    assert trunk.history.resolve(one, other, third)[TOPIC] == deeper.event_id


def test_others_of_equal_depth_the_lesser_hash(trunk: Branch) -> None:
    one, other = trunk.fork(), trunk.fork()
    a, b = one.topic("a", depth=50), other.topic("b", depth=50)
    assert trunk.history.resolve(one, other)[TOPIC] == by_hash(a, b)[0].event_id


def test_others_of_which_none_is_allowed_the_least_deep(trunk: Branch) -> None:
    """The text is silent here; this is what servers do."""
    one, other = trunk.fork(), trunk.fork()
    least = one.topic("Dave may not", sender=DAVE, depth=50)
    other.topic("nor here", sender=DAVE, depth=60)
    assert trunk.history.resolve(one, other)[TOPIC] == least.event_id
