"""What the cache takes for the size of an event is what the event takes of memory, by and large."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from typing import Any, cast

import pytest

from homeserver.protocol.client_event import client_bytes
from homeserver.protocol.event import Event
from homeserver.services.events.event_cache import EventCache
from homeserver.storage.commit import LogRow
from homeserver.storage.database import Database
from homeserver.storage.events import StoredEvent
from tests import eg

NO_DATABASE = cast(Database, None)


def text(number: int) -> Event:
    return eg.event(content={"msgtype": "m.text", "body": f"message {number}: good morning"})


def article(number: int) -> Event:
    body = f"message {number}: " + "many words " * 100
    content = {"msgtype": "m.text", "body": body, "formatted_body": f"<p>{body}</p>"}
    return eg.event(content=content)


def picture(number: int) -> Event:
    info: dict[str, Any] = {"w": 1000 + number, "h": 2000 + number, "mimetype": "image/png"}
    content = {"msgtype": "m.image", "body": f"{number}.png", "url": f"mxc://a.example/{number}"}
    return eg.event(content=content | {"info": info})


def member(number: int) -> Event:
    content = {"membership": "join", "displayname": f"Person {number}"}
    return eg.event("m.room.member", content, state_key=f"@person-{number}:a.example")


def power_levels(number: int) -> Event:
    users = {f"@person-{number}-{n}:a.example": 50 for n in range(100)}
    return eg.event("m.room.power_levels", {"users": users}, state_key="")


@pytest.mark.parametrize("make", [text, article, picture, member, power_levels])
def test_the_bound_holds_what_it_says(make: Callable[[int], Event]) -> None:
    bound = 2_000_000
    cache = EventCache(NO_DATABASE, max_bytes=bound)
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(1, 1500):
            stored = StoredEvent(make(number), nid=number, room=1, ord_pos=number)
            stored.rendered[False, "join"] = bytes(bytearray(client_bytes(stored.event, False)))
            cache.learn([LogRow("event", fact=stored, position=number)])
        gc.collect()
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert cache.peek(stored.event.event_id) is stored
    assert 0.5 * bound < taken < 1.2 * bound


def test_redacted_events_do_not_use_up_the_bound() -> None:
    cache = EventCache(NO_DATABASE, max_bytes=60_000)
    ids: list[str] = []
    for number in range(1, 200, 2):
        target = StoredEvent(article(number), nid=number, room=1, ord_pos=number)
        redaction = StoredEvent(
            eg.event("m.room.redaction", {"redacts": target.event.event_id}),
            nid=number + 1,
            room=1,
            ord_pos=number + 1,
            applies_redaction=True,
        )
        cache.learn([LogRow("event", fact=target), LogRow("event", fact=redaction)])
        assert target.redacted_by == redaction.nid
        ids += [target.event.event_id, redaction.event.event_id]
    assert all(cache.peek(event_id) for event_id in ids[-6:])
