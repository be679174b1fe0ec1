"""What processes tell each other is cut into pieces that PostgreSQL takes."""

from __future__ import annotations

import orjson
from hypothesis import given
from hypothesis import strategies as st

from homeserver.services.ground.whispers import MAX_BYTES, pieces

things = st.lists(st.lists(st.text(max_size=3000) | st.integers(0, 2**53), max_size=4), max_size=30)


@given(things)
def test_every_piece_fits_and_together_they_tell_all_in_order(said: list[list[object]]) -> None:
    payloads = pieces("me", said)
    assert all(len(payload.encode()) <= MAX_BYTES for payload in payloads)
    told = [each for payload in payloads for each in orjson.loads(payload)[1]]
    assert told == [each for each in said if len(orjson.dumps(each)) < MAX_BYTES - 10]
