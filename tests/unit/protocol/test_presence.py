"""Presence out of what devices say: client-server-api, "Presence"."""

from __future__ import annotations

import pytest

from homeserver.protocol.presence import (
    IDLE_MS,
    OFFLINE,
    ONLINE,
    RENEW_MS,
    SILENCE_MS,
    UNAVAILABLE,
    Presence,
    Shown,
)

NOW = 1_000_000


def saying(**devices: str) -> Presence:
    """Somebody whose devices said these states just now."""
    person = Presence()
    for device, state in devices.items():
        person.note(device, state, NOW, NOW + SILENCE_MS)
    return person


@pytest.mark.parametrize(
    ("devices", "state"),
    [
        ({}, OFFLINE),
        ({"a": ONLINE}, ONLINE),
        ({"a": UNAVAILABLE}, UNAVAILABLE),
        ({"a": UNAVAILABLE, "b": ONLINE}, ONLINE),
        ({"a": OFFLINE, "b": UNAVAILABLE}, UNAVAILABLE),
        ({"a": OFFLINE}, OFFLINE),
    ],
)
def test_the_most_present_device_counts(devices: dict[str, str], state: str) -> None:
    assert saying(**devices).shown(NOW).state == state


def test_a_device_that_falls_silent_counts_no_more() -> None:
    person = saying(a=UNAVAILABLE)
    person.note("b", ONLINE, NOW, NOW + SILENCE_MS + 5)
    assert person.next_change(NOW) == NOW + SILENCE_MS
    person.forget_silent(NOW + SILENCE_MS)
    assert list(person.devices) == ["b"]
    assert person.shown(NOW + SILENCE_MS + 4).state == ONLINE
    assert person.shown(NOW + SILENCE_MS + 5).state == OFFLINE
    person.forget_silent(NOW + SILENCE_MS + 5)
    assert person.next_change(NOW + SILENCE_MS + 5) is None


def test_who_does_nothing_for_long_is_unavailable_until_they_do() -> None:
    person = saying(a=ONLINE)
    far = NOW + 2 * IDLE_MS
    person.note("a", ONLINE, NOW + 1, far)  # says so again, which is not doing anything
    assert person.next_change(NOW) == NOW + IDLE_MS
    assert person.shown(NOW + IDLE_MS - 1).state == ONLINE
    assert person.shown(NOW + IDLE_MS).state == UNAVAILABLE
    person.act(NOW + IDLE_MS)
    assert person.shown(NOW + IDLE_MS).state == ONLINE


def test_a_device_that_comes_back_is_active() -> None:
    person = saying(a=ONLINE)
    later = NOW + IDLE_MS
    person.note("a", ONLINE, later, later + SILENCE_MS)  # after a silence
    assert person.shown(later).state == ONLINE
    person.note("a", UNAVAILABLE, later + 1, later + SILENCE_MS)
    person.note("a", ONLINE, later + 2, later + SILENCE_MS)
    assert person.active_ts == later + 2


def test_activity_does_not_go_back_in_time() -> None:
    person = saying(a=ONLINE)
    person.act(NOW - 5)
    assert person.active_ts == NOW


def test_what_is_said_again_is_news_only_after_a_while() -> None:
    person = saying(a=ONLINE)
    until = NOW + SILENCE_MS
    assert not person.says("a", ONLINE, until + RENEW_MS - 1)
    assert person.says("a", ONLINE, until + RENEW_MS)
    assert person.says("a", UNAVAILABLE, until)
    assert person.says("b", ONLINE, until)
    assert person.says("a", OFFLINE, until)
    assert not person.says("b", OFFLINE, until)


def test_the_content_says_what_is_known() -> None:
    assert Shown().content(NOW) == {"presence": OFFLINE}
    shown = Shown(ONLINE, "At lunch", NOW - 5)
    expected = {"presence": ONLINE, "last_active_ago": 5, "status_msg": "At lunch"}
    assert shown.content(NOW) == expected
    assert shown.content(NOW - 100)["last_active_ago"] == 0
