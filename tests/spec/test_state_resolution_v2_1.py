"""rooms/v12, "State resolution": what v2.1 does otherwise than v2."""

from __future__ import annotations

from typing import Any

import pytest

from homeserver.protocol.room_versions import ROOM_VERSIONS, V11, V12, RoomVersion, StateResolution
from tests import eg
from tests.forks import Branch, History

ERIN = "@erin:a.example"
LEVELS = ("m.room.power_levels", "")
TOPIC = ("m.room.topic", "")


def trunk_of(version: RoomVersion) -> Branch:
    trunk = History(version).start(users={eg.BOB: 100, eg.CAROL: 50}, state_default=50)
    for user in (eg.BOB, eg.CAROL):
        trunk.join(user)
    return trunk


def with_power(branch: Branch, user: str, power: int) -> dict[str, Any]:
    return {"users": {**branch.state[LEVELS].content["users"], user: power}}


def test_the_versions_name_their_algorithms() -> None:
    algorithms = [version.state_resolution for version in ROOM_VERSIONS.values()]
    v1, v2, v2_1 = StateResolution
    assert algorithms == [v1, *[v2] * 10, v2_1]


@pytest.mark.parametrize("version", [V11, V12], ids=["v2", "v2.1"])
def test_2_events_are_checked_from_an_empty_state_on(version: RoomVersion) -> None:
    """Both states agree that Carol was demoted; what she did before is judged in v2.1 by the power
    that her event cites."""
    trunk = trunk_of(version)
    one, other = trunk.fork(), trunk.fork()
    topic = one.topic("I still may", sender=eg.CAROL)
    later = other.topic("so do I", sender=eg.CAROL)
    for branch in (one, other):
        branch.state[LEVELS] = trunk.state[LEVELS]
    demotion = trunk.fork().power(**with_power(trunk, eg.CAROL, 0), sender=eg.BOB)
    for branch in (one, other):
        branch.state[LEVELS] = demotion
    resolved = trunk.history.resolve(one, other)
    assert resolved[LEVELS] == demotion.event_id
    if version is V12:
        assert resolved[TOPIC] == max(topic, later, key=lambda e: e.origin_server_ts).event_id
    else:
        assert TOPIC not in resolved


@pytest.mark.parametrize("version", [V11, V12], ids=["v2", "v2.1"])
def test_conflicted_state_subgraph_what_lies_between_conflicted_events_is_replayed(
    version: RoomVersion,
) -> None:
    """One state is that of long ago. Erin's change of the levels rests on a promotion that every
    auth chain has but no state: only v2.1 replays it, so that what Erin did finds its ground."""
    trunk = trunk_of(version)
    trunk.join(ERIN)
    old = trunk.fork()
    trunk.power(**with_power(trunk, ERIN, 60), sender=eg.BOB)
    # Dora's membership, which all agree on, cites the promotion: it is in every auth chain.
    dora = trunk.join("@dora:a.example")
    old.state[dora.key] = dora
    by_erin = trunk.power(**with_power(trunk, eg.CAROL, 10), sender=ERIN)
    resolved = trunk.history.resolve(trunk, old)
    if version is V12:
        assert resolved[LEVELS] == by_erin.event_id
    else:
        assert resolved[LEVELS] == old.ids[LEVELS]


def test_creators_come_first_in_the_power_ordering() -> None:
    """ "The power level of room creators is infinitely high": no level that others hold is."""
    trunk = trunk_of(V12)
    highest = 2**53 - 1
    trunk.power(**with_power(trunk, eg.BOB, highest))
    one, other = trunk.fork(), trunk.fork()
    one.power(**with_power(one, eg.CAROL, highest), sender=eg.BOB, ts=0)
    other.member(eg.BOB, "leave", sender=eg.ANNA, ts=99_000)
    resolved = trunk.history.resolve(one, other)
    assert resolved[LEVELS] == trunk.ids[LEVELS]
    assert resolved["m.room.member", eg.BOB] == other.ids["m.room.member", eg.BOB]


def test_the_create_event_is_found_though_no_event_cites_it() -> None:
    trunk = trunk_of(V12)
    one, other = trunk.fork(), trunk.fork()
    one.topic("one")
    other.topic("other")
    for branch in (one, other):
        del branch.state["m.room.create", ""]
    assert trunk.history.resolve(one, other)[TOPIC] == other.ids[TOPIC]
