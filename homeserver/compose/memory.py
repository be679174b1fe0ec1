"""What each cache may take of the memory that the configuration gives to all of them."""

from __future__ import annotations

from homeserver.config import Config

SHARES = {
    "heads": 40,
    "events": 17,
    "log": 8,
    "streams": 7,
    "readers": 5,
    "courses": 4,
    "sessions": 4,
    "buckets": 3,
    "counts": 3,
    "sent_members": 3,
    "states": 2,
    "transactions": 1.5,
    "interest": 1,
    "filters": 0.5,
    "ignored": 0.5,
    "push_rules": 0.25,
    "room_names": 0.25,
}
"""Of a hundred. A team of some hundred people uses little but the first four; the others are there
so that nobody can make the server grow."""

assert sum(SHARES.values()) == 100


def max_bytes(config: Config, cache: str) -> int:
    """The bytes that a cache of this process may take; several processes share what there is."""
    total = config.caches.total_mib * 1_048_576
    return int(total * SHARES[cache] / 100 / config.processes)
