"""The published signing key."""

from __future__ import annotations

import json
from typing import Any

import orjson
import pytest

from homeserver.api.federation.keys import KeysApi
from homeserver.errors import BadJson, MissingParam
from homeserver.ids import ServerName
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


KEYS = KeysApi(KEY, lambda: 1_000, server_name="a.example")


async def test_who_asks_a_notary_for_our_keys_gets_them() -> None:
    published = json.loads(await KEYS.server())  # type: ignore[arg-type]
    alone = await KEYS.query(ServerName("a.example"))
    several = await KEYS.query_many(
        {"server_keys": {"b.example": {}, "a.example": {KEY.key_id: {}}}}
    )
    for answer in (alone, several):
        assert json.loads(orjson.dumps(answer)) == {"server_keys": [published]}


async def test_keys_of_servers_that_are_not_known_are_left_out() -> None:
    assert await KEYS.query(ServerName("b.example")) == {"server_keys": []}
    several: list[dict[str, Any]] = [{}, {"b.example": {}}]
    for asked in several:
        assert await KEYS.query_many({"server_keys": asked}) == {"server_keys": []}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, MissingParam),
        ({"server_keys": None}, BadJson),
        ({"server_keys": ["a.example"]}, BadJson),
        ({"server_keys": {"a.example": []}}, BadJson),
    ],
)
async def test_nonsense_is_refused(body: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        await KEYS.query_many(body)
