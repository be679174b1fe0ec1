"""Asks the product and the oracle the same questions about rooms, and says where they differ.

`python -m tests.oracle.agreement ROOMS [FIRST_SEED]` asks about so many; a seed that differs gives
the same room again.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from homeserver.protocol.auth_rules import AuthRejected, check_auth, check_auth_events
from homeserver.protocol.event import Event
from homeserver.protocol.state_resolution import resolution, resolve
from tests.oracle import authorisation, state_resolution
from tests.oracle.plain import Key
from tests.oracle.rooms import Ids, Room


def differences(seed: int, version: int | None = None) -> Iterator[str]:
    """Sentences about where the two disagree in the room of this seed."""
    room = Room(seed, version)
    about = f"seed {seed}, version {room.version}"
    for event_id in room.plain:
        yield from _of_event(room, event_id, about)
    for states in room.resolutions:
        yield from _of_resolution(room, states, about)


def _of_event(room: Room, event_id: str, about: str) -> Iterator[str]:
    plain, event = room.plain[event_id], room.events[event_id]
    cited = [room.plain[i] for i in plain.auth_events]
    given = [room.events[i] for i in plain.auth_events]
    expected = authorisation.allowed_by_its_auth_events(plain, cited, room.rejected, room.version)
    if _permits_auth_events(event, given, room.rejected) is not expected:
        yield f"{about}: auth_events of {event_id}: the oracle says {expected}"
    for number, (ids, _, _) in enumerate(room.branches):
        state = room.state(ids)
        expected = authorisation.allowed(plain, state, room.version, room.create)
        if _permits(room, event, ids) is not expected:
            yield f"{about}: {event_id} in the state of branch {number}: the oracle says {expected}"


def _permits_auth_events(event: Event, cited: list[Event], rejected: set[str]) -> bool:
    try:
        check_auth_events(event, cited, rejected=rejected)
    except AuthRejected:
        return False
    return True


def _permits(room: Room, event: Event, ids: Ids) -> bool:
    assert room.create is not None
    try:
        check_auth(
            event,
            {key: room.events[event_id] for key, event_id in ids.items()},
            create=room.events[room.create.event_id],
        )
    except AuthRejected:
        return False
    return True


def _of_resolution(room: Room, states: list[Ids], about: str) -> Iterator[str]:
    expected = state_resolution.resolve(room.version, states, room.plain, room.rejected)
    order = {event_id: number for number, event_id in enumerate(room.events)}
    found = {
        "at once": resolve(room.row, states, room.events, room.rejected),
        "with an order": resolve(
            room.row, states, room.events, room.rejected, order=order.__getitem__
        ),
        "in steps": _in_steps(room, states),
    }
    for how, resolved in found.items():
        if resolved != expected:
            keys = {k for k in {*resolved, *expected} if resolved.get(k) != expected.get(k)}
            yield f"{about}: resolved {how}, {sorted(keys)} differ"


def _in_steps(room: Room, states: list[Ids]) -> dict[Key, str]:
    """Every event is loaded only once it is asked for."""
    at_hand: dict[str, Event] = {}
    steps = resolution(room.row, states, at_hand, room.rejected)
    while True:
        try:
            wanted = next(steps)
        except StopIteration as done:
            changes = done.value
            break
        at_hand.update({event_id: room.events[event_id] for event_id in wanted})
    changed = {**states[0], **changes}
    return {key: event_id for key, event_id in changed.items() if event_id is not None}


def main(arguments: list[str]) -> int:
    """Asks about rooms; the number of differences is the exit code, as far as it goes."""
    count = int(arguments[0])
    first = int(arguments[1]) if len(arguments) > 1 else 0
    differing = 0
    for seed in range(first, first + count):
        for sentence in differences(seed):
            differing += 1
            _say(sentence)
        if (seed + 1 - first) % 10_000 == 0:
            _say(f"{seed + 1 - first} rooms, {differing} differences")
    _say(f"{count} rooms, {differing} differences")
    return min(differing, 100)


def _say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
