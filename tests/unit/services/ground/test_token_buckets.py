"""Token buckets."""

from __future__ import annotations

import pytest

from homeserver.config import RateLimit
from homeserver.errors import LimitExceeded
from homeserver.services.ground.token_buckets import TokenBuckets, levels


class _Clock:
    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


def _buckets(clock: _Clock, per_second: float = 0.5, burst: int = 3) -> TokenBuckets:
    return TokenBuckets(RateLimit(per_second, burst), now=clock)


def test_a_burst_passes_and_the_next_waits(clock: _Clock) -> None:
    buckets = _buckets(clock)
    for _ in range(3):
        buckets.take("anna")
    with pytest.raises(LimitExceeded) as refused:
        buckets.take("anna")
    assert refused.value.retry_after_ms == 2000
    assert refused.value.headers() == {"Retry-After": "2"}
    buckets.take("bob")


def test_who_waits_as_told_passes(clock: _Clock) -> None:
    buckets = _buckets(clock, per_second=0.3)
    for _ in range(20):
        try:
            buckets.take("anna")
        except LimitExceeded as refused:
            clock.seconds += refused.retry_after_ms / 1000
            buckets.take("anna")


def test_a_refusal_costs_nothing(clock: _Clock) -> None:
    buckets = _buckets(clock, burst=1)
    buckets.take("anna")
    for _ in range(50):
        with pytest.raises(LimitExceeded):
            buckets.take("anna")
    clock.seconds += 2
    buckets.take("anna")


def test_a_bucket_holds_no_more_than_a_burst(clock: _Clock) -> None:
    buckets = _buckets(clock)
    buckets.take("anna")
    clock.seconds += 1_000_000
    for _ in range(3):
        buckets.take("anna")
    with pytest.raises(LimitExceeded):
        buckets.take("anna")


def test_looking_takes_nothing_and_spending_never_refuses(clock: _Clock) -> None:
    buckets = _buckets(clock, burst=1)
    for _ in range(5):
        buckets.check("anna")
    buckets.spend("anna")
    buckets.spend("anna")
    with pytest.raises(LimitExceeded) as refused:
        buckets.check("anna")
    assert refused.value.retry_after_ms == 2000, "no debt"


def test_memory_is_bounded(clock: _Clock) -> None:
    kept = levels(max_bytes=6_000)
    buckets = TokenBuckets(RateLimit(0.5, 1), now=clock, kept=kept)
    for number in range(100):
        buckets.take(str(number))
    assert 5 < len(kept) < 20
    with pytest.raises(LimitExceeded):
        buckets.take("99")


def test_purposes_share_the_memory_and_nothing_else(clock: _Clock) -> None:
    kept = levels()
    one, other = (
        TokenBuckets(RateLimit(0.5, 1), now=clock, purpose=purpose, kept=kept)
        for purpose in ("login", "joins")
    )
    one.take("anna")
    other.take("anna")
    with pytest.raises(LimitExceeded):
        one.take("anna")
