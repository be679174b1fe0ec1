"""The published signing key."""

from __future__ import annotations

import json

from homeserver.api.federation.keys import KeysApi
from homeserver.protocol.canonical_json import encode
from homeserver.protocol.signing import verify_json
from tests.eg import KEY


async def test_the_key_is_published_with_a_signature_of_its_own() -> None:
    said = await KeysApi(KEY, lambda: 1_000, server_name="a.example").server()
    assert isinstance(said, bytes)
    answer = json.loads(said)
    assert encode(answer) == said
    assert answer["server_name"] == "a.example"
    assert answer["verify_keys"] == {KEY.key_id: {"key": KEY.public_key}}
    assert answer["old_verify_keys"] == {}
    assert answer["valid_until_ts"] == 1_000 + 24 * 3600 * 1000
    assert verify_json(answer, "a.example", KEY.key_id, KEY.public_key)
