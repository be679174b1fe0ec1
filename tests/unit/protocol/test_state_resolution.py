"""What a resolution costs: it looks at what is in conflict, and lets others run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from homeserver.protocol.event import Event
from homeserver.protocol.room_versions import V11, V12, RoomVersion
from homeserver.protocol.state_resolution import Changes, conflicting_keys, resolution
from tests import eg
from tests.forks import Branch, History

MEMBERS = 300
TOPIC = ("m.room.topic", "")


class Counted(Mapping[str, Event]):
    """Events that tell how often one was looked up."""

    def __init__(self, events: Mapping[str, Event]) -> None:
        self._events = events
        self.looked_up: set[str] = set()

    def __getitem__(self, event_id: str) -> Event:
        self.looked_up.add(event_id)
        return self._events[event_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._events)

    def __len__(self) -> int:
        return len(self._events)

    def __contains__(self, event_id: object) -> bool:
        return event_id in self._events


@pytest.fixture(scope="module", params=[V11, V12], ids=["v2", "v2.1"])
def trunk(request: pytest.FixtureRequest) -> Branch:
    """A public room of many; Bob has power 50."""
    version: RoomVersion = request.param
    trunk = History(version).start(users={eg.BOB: 50})
    trunk.join(eg.BOB)
    for number in range(MEMBERS):
        trunk.join(f"@member{number}:a.example")
    return trunk


def run(branches: list[Branch], *, with_order: bool = False) -> tuple[Changes, int, int]:
    """What is returned, in how many steps, and at how many events was looked."""
    history = branches[0].history
    events = Counted(history.events)
    order = {event_id: number for number, event_id in enumerate(history.events)}
    steps = resolution(
        history.version,
        [branch.ids for branch in branches],
        events,
        order=order.__getitem__ if with_order else None,
    )
    count = 0
    while True:
        try:
            next(steps)
        except StopIteration as done:
            changes: Changes = done.value
            return changes, count, len(events.looked_up)
        count += 1


def test_a_small_fork_in_a_large_room_looks_at_few_events(trunk: Branch) -> None:
    one, other = trunk.fork(), trunk.fork()
    one.topic("one")
    topic = other.topic("other", sender=eg.BOB)
    other.ban("@member7:a.example", sender=eg.BOB)
    changes, _, looked_at = run([one, other])
    assert changes[TOPIC] == topic.event_id
    assert looked_at < 15


def test_a_fight_over_levels_looks_no_further_down_than_the_fork(trunk: Branch) -> None:
    """The levels that no state has any more raise a question, which the order answers: members
    older than the fork are looked at, but not what they cite."""
    one, other = trunk.fork(), trunk.fork()
    levels = trunk.state["m.room.power_levels", ""].content
    one.power(**{**levels, "ban": 60})
    one.power(**{**levels, "ban": 70})
    last = other.power(**{**levels, "kick": 60})
    changes, _, looked_at = run([one, other], with_order=True)
    unordered, _, _ = run([one, other])
    assert changes == unordered == {last.key: last.event_id}
    assert looked_at <= len(trunk.state) + 10


def test_a_resolution_takes_many_small_steps(trunk: Branch) -> None:
    """Everybody's membership is in conflict."""
    one, other = trunk.fork(), trunk.fork()
    for number in range(MEMBERS):
        one.member(f"@member{number}:a.example", "leave")
        other.ban(f"@member{number}:a.example", sender=eg.BOB)
    changes, steps, _ = run([one, other])
    assert len(changes) == MEMBERS
    assert steps >= 2 * MEMBERS // 16


def test_conflicting_keys_are_those_where_states_differ_or_have_nothing() -> None:
    one = {("a", ""): "$1", ("b", ""): "$2", ("c", ""): "$3"}
    other = {("a", ""): "$1", ("b", ""): "$9", ("d", ""): "$4"}
    assert set(conflicting_keys([one, other])) == {("b", ""), ("c", ""), ("d", "")}
    assert conflicting_keys([one, dict(one)]) == conflicting_keys([one]) == []
