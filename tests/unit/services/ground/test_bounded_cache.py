"""A cache that is bounded by the bytes of its entries."""

from __future__ import annotations

import random
import time

import pytest

from homeserver.services.ground.bounded_cache import SLOT, BoundedCache

KIB = 1024


def cache(max_kib: int, **more: object) -> BoundedCache[str, bytearray]:
    return BoundedCache(
        "test",
        max_bytes=max_kib * KIB,
        weigh=lambda _, value: len(value) - SLOT,
        **more,  # type: ignore[arg-type]
    )


def kib(count: int) -> bytearray:
    return bytearray(count * KIB)


def test_what_was_used_least_recently_makes_room() -> None:
    kept = cache(4)
    for key in "abcd":
        kept.put(key, kib(1))
    assert kept.get("a") is not None
    kept.put("e", kib(2))
    assert list(kept) == ["d", "a", "e"]
    assert kept.figures.bytes == 4 * KIB
    assert kept.figures.evictions == 2


def test_a_peek_is_no_use() -> None:
    kept = cache(2)
    kept.put("a", kib(1))
    kept.put("b", kib(1))
    assert kept.peek("a") is not None
    kept.put("c", kib(1))
    assert list(kept) == ["b", "c"]


def test_what_is_heavier_than_the_bound_stays_while_it_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    kept = cache(4)
    kept.put("a", kib(1))
    kept.put("huge", kib(100))
    for number in range(20):
        kept.put(str(number), kib(1))
        assert kept.get("huge") is not None
        now += 100.0
    assert kept.figures.bytes == 104 * KIB
    now += 201.0
    kept.put("b", kib(1))
    assert list(kept) == ["b"]


def test_only_one_is_heavier_than_the_bound() -> None:
    kept = cache(4)
    for number in range(5):
        kept.put(f"huge {number}", kib(100))
        kept.put(f"small {number}", kib(1))
    assert [key for key in kept if key.startswith("huge")] == ["huge 4"]
    assert kept.figures.bytes <= 104 * KIB
    assert kept.pop("huge 4") is not None
    assert kept.figures.bytes <= 4 * KIB


def test_what_grew_is_weighed_again_and_lets_others_go() -> None:
    kept = cache(4)
    grown = kib(1)
    kept.put("a", kib(1))
    kept.put("b", grown)
    kept.put("c", kib(1))
    grown += kib(2)
    kept.weigh_again("b")
    assert list(kept) == ["b", "c"]
    assert kept.figures.bytes == 4 * KIB
    kept.weigh_again("a")
    assert "a" not in kept


def test_what_is_in_use_stays_and_others_go_in_its_place() -> None:
    used = kib(1)
    gone: list[str] = []
    kept = cache(
        2, may_go=lambda value: value is not used, on_evict=lambda key, _: gone.append(key)
    )
    kept.put("used", used)
    for key in "abc":
        kept.put(key, kib(1))
    assert list(kept) == ["used", "c"] or list(kept) == ["c", "used"]
    assert gone == ["a", "b"]


def test_where_everything_is_in_use_nothing_goes_and_nobody_waits() -> None:
    kept = cache(2, may_go=lambda _: False)
    for number in range(200):
        kept.put(str(number), kib(1))
    assert len(kept) == 200
    assert kept.figures.bytes == 200 * KIB


def test_a_key_that_is_put_again_counts_once() -> None:
    kept = cache(4)
    for _ in range(10):
        kept.put("a", kib(1))
    assert kept.figures.bytes == KIB
    assert kept.pop("a") is not None
    assert kept.pop("a") is None
    assert (kept.figures.bytes, kept.figures.entries) == (0, 0)


def test_the_books_are_right_whatever_is_done() -> None:
    dice = random.Random(1)
    kept = cache(16)
    for _ in range(3000):
        key = str(dice.randrange(40))
        match dice.randrange(4):
            case 0 | 1:
                kept.put(key, kib(dice.randrange(1, 4)))
            case 2:
                kept.get(key)
            case 3:
                kept.pop(key)
        assert kept.figures.bytes == sum(map(len, kept.values())) <= 16 * KIB
    assert kept.figures.hits
    assert kept.figures.misses
    assert kept.figures.entries == len(kept)
