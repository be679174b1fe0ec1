from __future__ import annotations

import tracemalloc

from homeserver.protocol.canonical_json import encode


def test_what_is_encoded_takes_the_memory_that_it_needs() -> None:
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        kept = [encode({"n": number}) for number in range(100)]
        after = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert (after - before) / len(kept) < 200
