"""Resolving many states at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import pytest

from homeserver.protocol.event import StateKey
from homeserver.protocol.room_versions import V12
from homeserver.services.events.event_cache import EventCache
from homeserver.services.events.resolve_state import ResolveState


class Counted(dict[StateKey, str]):
    """A state that counts how often it is compared with another one."""

    compared = 0

    def __eq__(self, other: object) -> bool:
        Counted.compared += 1
        return super().__eq__(other)

    __hash__ = None


class Nothing:
    """A cache without events."""

    async def by_ids(self, event_ids: Iterable[str]) -> dict[str, Any]:
        return {}


@pytest.mark.parametrize("count", [3, 60])
async def test_states_of_many_branches_are_not_each_compared_with_all_others(count: int) -> None:
    resolve = ResolveState(cast(EventCache, Nothing()))
    key = "m.room.member", "@rita:b.example"
    states = [Counted({("m.room.create", ""): "$c", key: f"$m{n}"}) for n in range(count)]
    Counted.compared = 0
    resolved = await resolve.resolve(V12, [*states, Counted(states[0]), states[1]])
    assert resolved[("m.room.create", "")] == "$c"
    assert Counted.compared <= 2 * (count + 2)
