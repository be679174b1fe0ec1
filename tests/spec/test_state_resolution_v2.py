"""rooms/v2 and rooms/v12, "State resolution": what both algorithms have in common."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from homeserver.protocol.event import Event
from homeserver.protocol.room_versions import V2, V11, V12, RoomVersion
from homeserver.protocol.state_resolution import Changes, resolution, resolve
from tests import eg
from tests.forks import Branch, History

DAVE = "@dave:a.example"
TOPIC = ("m.room.topic", "")
LEVELS = ("m.room.power_levels", "")
RULES = ("m.room.join_rules", "")


def member(user: str) -> tuple[str, str]:
    return "m.room.member", user


@pytest.fixture(params=[V2, V11, V12], ids=["v2 in 2", "v2 in 11", "v2.1"])
def trunk(request: pytest.FixtureRequest) -> Branch:
    """Anna made a public room; Bob has power 100, Carol 50, Dave none."""
    version: RoomVersion = request.param
    users = {eg.BOB: 100, eg.CAROL: 50}
    trunk = History(version).start(users=users, state_default=50)
    for user in (eg.BOB, eg.CAROL, DAVE):
        trunk.join(user)
    return trunk


def levels(trunk: Branch, **users: int) -> dict[str, Any]:
    """The trunk's power levels with other users' entries."""
    by_name = {"bob": eg.BOB, "carol": eg.CAROL, "dave": DAVE, "zoe": eg.STRANGER}
    old = trunk.state[LEVELS].content["users"]
    return {"users": {**old, **{by_name[name]: power for name, power in users.items()}}}


def test_equal_states_resolve_to_themselves(trunk: Branch) -> None:
    assert trunk.history.resolve(trunk, trunk.fork(), trunk.fork()) == trunk.ids


def test_one_state_resolves_to_itself(trunk: Branch) -> None:
    assert trunk.history.resolve(trunk) == trunk.ids


def test_without_a_state_there_is_nothing_to_resolve() -> None:
    with pytest.raises(ValueError, match="no state"):
        resolve(V12, [], {})


def test_unconflicted_state_stands(trunk: Branch) -> None:
    """5: "replacing any event with the event with the same key from the unconflicted state"."""
    topic = trunk.topic("agreed")
    one, other = trunk.fork(), trunk.fork()
    one.join(eg.STRANGER)
    other.ban(DAVE)
    resolved = trunk.history.resolve(one, other)
    assert resolved[TOPIC] == topic.event_id
    assert resolved == {**one.ids, member(DAVE): other.ids[member(DAVE)]}


def test_a_key_that_only_one_state_has_is_in_conflict(trunk: Branch) -> None:
    """ "If a given key K is present in every S with the same value V ..." """
    one, other = trunk.fork(), trunk.fork()
    topic = one.topic("only here", sender=eg.CAROL)
    assert trunk.history.resolve(one, other)[TOPIC] == topic.event_id
    other.power(**levels(trunk, carol=0))
    assert TOPIC not in trunk.history.resolve(one, other)


def test_the_order_of_the_states_does_not_matter(trunk: Branch) -> None:
    one, other, third = trunk.fork(), trunk.fork(), trunk.fork()
    one.topic("one", sender=eg.CAROL)
    other.power(**levels(trunk, carol=0))
    third.join_rule("invite")
    third.topic("three", sender=eg.BOB)
    resolve = trunk.history.resolve
    assert resolve(one, other, third) == resolve(third, one, other) == resolve(other, third, one)


@pytest.mark.parametrize("membership", ["ban", "leave"])
def test_power_event_bans_and_kicks_come_before_what_they_stop(
    trunk: Branch, membership: str
) -> None:
    one, other = trunk.fork(), trunk.fork()
    one.topic("late", sender=eg.CAROL, ts=0)
    removal = other.member(eg.CAROL, membership, sender=eg.BOB, ts=99_000)
    resolved = trunk.history.resolve(one, other)
    assert resolved[member(eg.CAROL)] == removal.event_id
    assert TOPIC not in resolved


def test_power_event_leaving_oneself_is_none(trunk: Branch) -> None:
    """Carol's leave is ordered as any other event, by time: her topic came first."""
    one, other = trunk.fork(), trunk.fork()
    topic = one.topic("before I go", sender=eg.CAROL, ts=90_000)
    other.member(eg.CAROL, "leave", ts=99_000)
    assert trunk.history.resolve(one, other)[TOPIC] == topic.event_id


def test_power_event_join_rules_come_before_joins(trunk: Branch) -> None:
    one, other = trunk.fork(), trunk.fork()
    one.join(eg.STRANGER, ts=0)
    closed = other.join_rule("invite", ts=99_000)
    resolved = trunk.history.resolve(one, other)
    assert resolved[RULES] == closed.event_id
    assert member(eg.STRANGER) not in resolved


def test_power_event_levels_come_before_what_they_forbid(trunk: Branch) -> None:
    one, other = trunk.fork(), trunk.fork()
    one.topic("I may", sender=eg.CAROL, ts=0)
    demotion = other.power(**levels(trunk, carol=0), ts=99_000)
    resolved = trunk.history.resolve(one, other)
    assert resolved[LEVELS] == demotion.event_id
    assert TOPIC not in resolved


def test_power_ordering_1_the_greater_power_comes_first(trunk: Branch) -> None:
    """Of two who change the levels, the mightier goes first, however late; here that is Bob."""
    one, other = trunk.fork(), trunk.fork()
    one.ban(eg.BOB, sender=eg.CAROL, ts=0)
    by_bob = other.power(**levels(trunk, carol=0), sender=eg.BOB, ts=99_000)
    resolved = trunk.history.resolve(one, other)
    assert resolved[LEVELS] == by_bob.event_id
    assert resolved[member(eg.BOB)] == trunk.ids[member(eg.BOB)]


def test_power_ordering_1_looks_at_the_auth_events_of_each(trunk: Branch) -> None:
    """Dave was given 100 on one branch only, and counts as such there."""
    one, other = trunk.fork(), trunk.fork()
    one.power(**levels(trunk, dave=100), ts=50_000)
    by_dave = one.power(**levels(one, carol=0), sender=DAVE, ts=51_000)
    other.member(DAVE, "leave", sender=eg.CAROL, ts=99_000)
    resolved = trunk.history.resolve(one, other)
    assert resolved[LEVELS] == by_dave.event_id
    assert resolved[member(DAVE)] == trunk.ids[member(DAVE)]


def test_power_ordering_2_the_earlier_comes_first(trunk: Branch) -> None:
    one, other = trunk.fork(), trunk.fork()
    one.power(**levels(trunk, dave=10), sender=eg.BOB, ts=99_000)
    other.power(**levels(trunk, dave=20), sender=eg.BOB, ts=98_000)
    assert trunk.history.resolve(one, other)[LEVELS] == one.ids[LEVELS]


def test_power_ordering_3_the_lesser_event_id_comes_first(trunk: Branch) -> None:
    one, other = trunk.fork(), trunk.fork()
    first = one.power(**levels(trunk, dave=10), sender=eg.BOB, ts=99_000)
    second = other.power(**levels(trunk, dave=20), sender=eg.BOB, ts=99_000)
    last = max(first.event_id, second.event_id)
    assert trunk.history.resolve(one, other)[LEVELS] == last


def test_power_ordering_an_event_follows_what_it_cites(trunk: Branch) -> None:
    """Carol's change cites Bob's though it is older: the order is topological."""
    one, other = trunk.fork(), trunk.fork()
    one.power(**levels(trunk, dave=10), sender=eg.BOB, ts=99_000)
    by_carol = one.power(**levels(one, dave=20), sender=eg.CAROL, ts=0)
    other.join_rule("invite", sender=eg.BOB, ts=50_000)
    assert trunk.history.resolve(one, other)[LEVELS] == by_carol.event_id


def test_auth_difference_events_that_no_state_has_are_replayed(trunk: Branch) -> None:
    """Carol's power rests on levels that have been replaced: they count, though no state has
    them."""
    one, other = trunk.fork(), trunk.fork()
    one.power(**levels(trunk, dave=60), sender=eg.BOB, ts=60_000)
    by_dave = one.power(**levels(one, zoe=60), sender=DAVE, ts=61_000)
    other.power(**levels(trunk, dave=0), sender=eg.BOB, ts=59_000)
    # Bob's demotion of Dave is older; the promotion and what Dave did with it follow.
    assert trunk.history.resolve(one, other)[LEVELS] == by_dave.event_id


def test_auth_difference_may_fill_a_key_that_no_state_has(trunk: Branch) -> None:
    """Both states have forgotten Zoe, but what she said on one rests on her membership: it is
    replayed, and nothing in step 5 takes it away."""
    trunk.power(**levels(trunk, zoe=50))
    one, other = trunk.fork(), trunk.fork()
    join = one.join(eg.STRANGER)
    topic = one.topic("hello", sender=eg.STRANGER)
    del one.state[member(eg.STRANGER)]
    resolved = trunk.history.resolve(one, other)
    assert resolved[TOPIC] == topic.event_id
    assert resolved[member(eg.STRANGER)] == join.event_id


def test_mainline_ordering_1_by_the_levels_that_events_rest_on(trunk: Branch) -> None:
    """The topic that rests on older power levels comes first, though its clock says otherwise."""
    one = trunk.fork()
    one.topic("rests on old levels", ts=99_000)
    other = trunk.fork()
    other.power(**levels(trunk, dave=10), ts=50_000)
    newer = other.topic("rests on new levels", ts=60_000)
    assert trunk.history.resolve(one, other)[TOPIC] == newer.event_id


def test_mainline_ordering_events_without_levels_come_first() -> None:
    """ "Otherwise set i = infinity": before the room had power levels."""
    history = History(V11)
    trunk = Branch(history, {history.create.key: history.create}, [history.create])
    trunk.join(eg.ANNA)
    one, other = trunk.fork(), trunk.fork()
    one.topic("before there were levels", ts=99_000)
    other.power(users={eg.ANNA: 100}, ts=0)
    newer = other.topic("after", ts=1_000)
    assert history.resolve(one, other)[TOPIC] == newer.event_id


def test_mainline_ordering_2_the_later_of_equal_position_wins(trunk: Branch) -> None:
    one, other = trunk.fork(), trunk.fork()
    later = one.topic("later", sender=eg.CAROL, ts=99_000)
    other.topic("earlier", sender=eg.BOB, ts=98_000)
    assert trunk.history.resolve(one, other)[TOPIC] == later.event_id


def test_mainline_ordering_3_the_greater_event_id_of_equal_time_wins(trunk: Branch) -> None:
    one, other = trunk.fork(), trunk.fork()
    topics = [branch.topic(str(branch), ts=99_000) for branch in (one, other)]
    assert trunk.history.resolve(one, other)[TOPIC] == max(topic.event_id for topic in topics)


def test_mainline_position_of_levels_that_lost_is_that_of_their_ancestor(trunk: Branch) -> None:
    """The topic rests on levels that lost; those rest on the mainline's older one."""
    one, other = trunk.fork(), trunk.fork()
    one.power(**levels(trunk, carol=0), sender=eg.BOB, ts=40_000)
    one.topic("on the branch that lost", sender=eg.BOB, ts=99_000)
    other.power(**levels(trunk, dave=10), sender=eg.BOB, ts=50_000)
    newer = other.topic("on the mainline", sender=eg.BOB, ts=60_000)
    assert trunk.history.resolve(one, other)[TOPIC] == newer.event_id


def test_iterative_auth_checks_what_is_not_allowed_is_ignored(trunk: Branch) -> None:
    one, other = trunk.fork(), trunk.fork()
    one.topic("Dave may not", sender=DAVE)
    other.join(eg.STRANGER)
    resolved = trunk.history.resolve(one, other)
    assert TOPIC not in resolved
    assert member(eg.STRANGER) in resolved


def test_rejected_events_are_handled_as_usual(trunk: Branch) -> None:
    """ "Events that have been rejected due to failing auth based on the state at the event ..." """
    one, other = trunk.fork(), trunk.fork()
    topic = one.topic("rejected where it was sent", sender=eg.CAROL)
    trunk.history.rejected.add(topic.event_id)
    assert trunk.history.resolve(one, other)[TOPIC] == topic.event_id


def test_rejected_auth_events_are_not_used(trunk: Branch) -> None:
    """ "... is used if the auth event is not rejected": no state knows of Zoe's join."""
    trunk.power(**levels(trunk, zoe=50))
    join = trunk.join(eg.STRANGER)
    one, other = trunk.fork(), trunk.fork()
    one.topic("hello", sender=eg.STRANGER, ts=98_000)
    last = other.topic("goodbye", sender=eg.STRANGER, ts=99_000)
    for branch in (one, other):
        del branch.state[member(eg.STRANGER)]
    history = trunk.history
    assert history.resolve(one, other)[TOPIC] == last.event_id
    history.rejected.add(join.event_id)
    assert TOPIC not in history.resolve(one, other)


def test_events_are_asked_for_as_they_are_needed(trunk: Branch) -> None:
    one, other = trunk.fork(), trunk.fork()
    one.power(**levels(trunk, dave=60), sender=eg.BOB)
    one.power(**levels(one, carol=10), sender=DAVE)
    other.topic("hello", sender=eg.CAROL)
    history = trunk.history
    at_hand: dict[str, Event] = {}
    steps = resolution(history.version, [one.ids, other.ids], at_hand)
    asked: set[str] = set()
    while True:
        try:
            wanted = next(steps)
        except StopIteration as done:
            changes = done.value
            break
        assert not wanted & asked
        asked |= wanted
        at_hand.update({event_id: history.events[event_id] for event_id in wanted})
    expected = history.resolve(one, other)
    assert {**one.ids, **{k: v for k, v in changes.items() if v}} == expected


def test_resolve_says_which_events_are_missing(trunk: Branch) -> None:
    one, other = trunk.fork(), trunk.fork()
    topic = one.topic("lost")
    del trunk.history.events[topic.event_id]
    with pytest.raises(KeyError, match="events are missing"):
        trunk.history.resolve(one, other)


def test_the_order_in_which_events_were_stored_changes_no_result(trunk: Branch) -> None:
    one, other = trunk.fork(), trunk.fork()
    one.power(**levels(trunk, dave=60), sender=eg.BOB)
    one.power(**levels(one, carol=10), sender=DAVE)
    other.topic("hello", sender=eg.CAROL)
    other.ban(DAVE, sender=eg.CAROL)
    history = trunk.history
    order = {event_id: number for number, event_id in enumerate(history.events)}
    states = [one.ids, other.ids]
    ordered = resolve(history.version, states, history.events, order=order.__getitem__)
    assert ordered == history.resolve(one, other)


def test_only_the_named_keys_are_compared(trunk: Branch) -> None:
    one, other = trunk.fork(), trunk.fork()
    other.topic("hello", sender=eg.CAROL)
    other.ban(DAVE)
    steps = resolution(
        trunk.history.version, [one.ids, other.ids], trunk.history.events, keys=[TOPIC, RULES]
    )
    assert finish(steps) == {TOPIC: other.ids[TOPIC]}


def finish(steps: Generator[frozenset[str], None, Changes]) -> Changes:
    """What steps return that need no event."""
    returned: list[Changes] = []

    def run() -> Generator[frozenset[str], None, None]:
        returned.append((yield from steps))

    assert not any(run())
    return returned[0]
