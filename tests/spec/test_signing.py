"""appendices, "Cryptographic Test Vectors" and "Checking for a Signature"."""

from __future__ import annotations

from typing import Any

import pytest

from homeserver.protocol.hashing import (
    content_hash,
    from_base64,
    has_valid_content_hash,
    to_base64,
    to_url_base64,
)
from homeserver.protocol.redaction import redact
from homeserver.protocol.room_versions import V1, V12
from homeserver.protocol.signing import SigningKey, sign_event, verify_event, verify_json
from tests import eg

KEY = SigningKey.parse("ed25519 1 YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1")

MINIMAL: dict[str, Any] = {
    "room_id": "!x:domain",
    "sender": "@a:domain",
    "origin": "domain",
    "origin_server_ts": 1000000,
    "signatures": {},
    "hashes": {},
    "type": "X",
    "content": {},
    "prev_events": [],
    "auth_events": [],
    "depth": 3,
    "unsigned": {"age_ts": 1000000},
}
REDACTABLE: dict[str, Any] = {
    "content": {"body": "Here is the message content"},
    "event_id": "$0:domain",
    "origin": "domain",
    "origin_server_ts": 1000000,
    "type": "m.room.message",
    "room_id": "!r:domain",
    "sender": "@u:domain",
    "signatures": {},
    "unsigned": {"age_ts": 1000000},
}


@pytest.mark.parametrize(
    ("value", "signature"),
    [
        (
            {},
            "K8280/U9SSy9IVtjBuVeLr+HpOB4BQFWbg+UZaADMtTdGYI7Geitb76LTrr5QV/7Xg4ahLwYGYZzuHGZKM5ZAQ",
        ),
        (
            {"one": 1, "two": "Two"},
            "KqmLSbO39/Bzb0QIYE82zqLwsA+PDzYIpIRA2sRQ4sL53+sN6/fpNSoqE7BP7vBZhG6kYdD13EIMJpvhJI+6Bw",
        ),
    ],
)
def test_json_signing(value: dict[str, Any], signature: str) -> None:
    signed = KEY.sign_json(value, "domain")
    assert signed == {**value, "signatures": {"domain": {"ed25519:1": signature}}}
    assert verify_json(signed, "domain", "ed25519:1", KEY.public_key)


@pytest.mark.parametrize(
    ("pdu", "sha256", "signature"),
    [
        (
            MINIMAL,
            "5jM4wQpv6lnBo7CLIghJuHdW+s2CMBJPUOGOC89ncos",
            "KxwGjPSDEtvnFgU00fwFz+l6d2pJM6XBIaMEn81SXPTRl16AqLAYqfIReFGZlHi5KLjAWbOoMszkwsQma+lYAg",
        ),
        (
            REDACTABLE,
            "onLKD1bGljeBWQhWZ1kaP9SorVmRQNdN5aM2JYU2n/g",
            "Wm+VzmOUOz08Ds+0NTWb1d4CZrVsJSikkeRxh6aCcUwu6pNC78FunoD7KNWzqFn241eYHYMGCA5McEiVPdhzBA",
        ),
    ],
    ids=["minimal", "redactable"],
)
def test_event_signing(pdu: dict[str, Any], sha256: str, signature: str) -> None:
    assert to_base64(content_hash(pdu)) == sha256
    hashed = {**pdu, "hashes": {"sha256": sha256}}
    signed = sign_event(hashed, V1, KEY, "domain")
    assert signed == {**hashed, "signatures": {"domain": {"ed25519:1": signature}}}
    assert has_valid_content_hash(signed)
    assert verify_event(signed, V1, "domain", "ed25519:1", KEY.public_key)


@pytest.mark.parametrize(
    ("data", "encoded"),
    [
        (b"", ""),
        (b"f", "Zg"),
        (b"fo", "Zm8"),
        (b"foo", "Zm9v"),
        (b"foob", "Zm9vYg"),
        (b"fooba", "Zm9vYmE"),
        (b"foobar", "Zm9vYmFy"),
    ],
)
def test_unpadded_base64(data: bytes, encoded: str) -> None:
    assert to_base64(data) == encoded
    assert from_base64(encoded) == data
    assert from_base64(encoded + "=" * (-len(encoded) % 4)) == data


def test_base64_for_urls_differs_in_two_characters() -> None:
    assert to_base64(b"\xfb\xff") == "+/8"
    assert to_url_base64(b"\xfb\xff") == "-_8"
    assert from_base64("-_8") == b"\xfb\xff"


@pytest.mark.parametrize("text", ["a", "ab!d", "Zg\n=", "é", "Zm9v Zm9v"])
def test_what_is_not_base64_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        from_base64(text)


def test_unsigned_and_other_signatures_survive_signing() -> None:
    other = SigningKey(bytes(32), "other")
    value = KEY.sign_json(other.sign_json({"a": 1, "unsigned": {"age": 5}}, "domain"), "domain")
    assert value["unsigned"] == {"age": 5}
    assert set(value["signatures"]["domain"]) == {"ed25519:1", "ed25519:other"}
    for key in (KEY, other):
        assert verify_json(value, "domain", key.key_id, key.public_key)


def test_signing_changes_nothing_in_place() -> None:
    value = {"a": 1, "signatures": {"domain": {"x": "y"}}}
    KEY.sign_json(value, "domain")
    assert value == {"a": 1, "signatures": {"domain": {"x": "y"}}}


def test_an_altered_object_has_no_valid_signature() -> None:
    signed = KEY.sign_json({"a": 1}, "domain")
    assert not verify_json({**signed, "a": 2}, "domain", "ed25519:1", KEY.public_key)


@pytest.mark.parametrize(
    "change",
    [
        {"signatures": None},
        {"signatures": {}},
        {"signatures": {"domain": []}},
        {"signatures": {"domain": {"ed25519:1": 5}}},
        {"signatures": {"domain": {"ed25519:1": "!"}}},
        {"signatures": {"domain": {"ed25519:1": "Zg"}}},
        {"b": "\ud800"},
    ],
)
def test_malformed_signatures_are_not_valid(change: dict[str, Any]) -> None:
    signed = KEY.sign_json({"a": 1}, "domain")
    assert not verify_json({**signed, **change}, "domain", "ed25519:1", KEY.public_key)


def test_other_names_algorithms_and_keys_are_not_valid() -> None:
    signed = KEY.sign_json({"a": 1}, "domain")
    assert not verify_json(signed, "elsewhere", "ed25519:1", KEY.public_key)
    assert not verify_json(signed, "domain", "ed25519:2", KEY.public_key)
    assert not verify_json(signed, "domain", "rsa:1", KEY.public_key)
    assert not verify_json(signed, "domain", "ed25519:1", eg.KEY.public_key)
    assert not verify_json(signed, "domain", "ed25519:1", "Zg")
    assert not verify_json(signed, "domain", "ed25519:1", "!")


def test_a_key_that_is_cut_off_is_none() -> None:
    """A key whose last byte is zero, without it: what lies behind it in memory is a zero, too."""
    seeds = (number.to_bytes(32) for number in range(10_000))
    key = next(key for key in (SigningKey(seed, "1") for seed in seeds) if ends_in_zero(key))
    signed = key.sign_json({"a": 1}, "domain")
    assert verify_json(signed, "domain", key.key_id, key.public_key)
    short = to_base64(from_base64(key.public_key)[:-1])
    assert not verify_json(signed, "domain", key.key_id, short)


def ends_in_zero(key: SigningKey) -> bool:
    return from_base64(key.public_key)[-1] == 0


def test_a_redacted_event_keeps_its_signature_and_loses_its_hash() -> None:
    event = eg.event()
    redacted = redact(event.pdu, V12)
    assert verify_event(redacted, V12, eg.SERVER, eg.KEY.key_id, eg.KEY.public_key)
    assert has_valid_content_hash(event.pdu)
    assert not has_valid_content_hash(redacted)


@pytest.mark.parametrize("hashes", [None, {}, {"sha256": 5}, {"sha256": "!"}, {"sha256": "Zg"}])
def test_malformed_hashes_are_not_valid(hashes: object) -> None:
    assert not has_valid_content_hash({**eg.event().pdu, "hashes": hashes})


def test_a_key_file_is_read_and_written() -> None:
    key = SigningKey.generate("a_Xy1")
    again = SigningKey.parse(key.format())
    assert (again.seed, again.key_id, again.public_key) == (
        key.seed,
        "ed25519:a_Xy1",
        key.public_key,
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ed25519 1",
        "rsa 1 YJDBA9Xnr2sVqXD9Vj7XVUnmFZcZrlw8Md7kMW+3XA1",
        "ed25519 1 Zg",
        "ed25519 a:b Zg",
    ],
)
def test_other_key_files_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"ed25519|key"):
        SigningKey.parse(text)


def test_a_key_version_has_a_grammar() -> None:
    with pytest.raises(ValueError, match="version"):
        SigningKey(bytes(32), "a:b")


def test_a_signature_is_no_longer_than_it_is() -> None:
    """Else it would bring along the beginning of another text, which was signed in its place."""
    value = {"a": 1}
    raw = from_base64(KEY.sign_bytes(b"prefix" + b'{"a":1}'))
    signed = {**value, "signatures": {"domain": {KEY.key_id: to_base64(raw + b"prefix")}}}
    assert not verify_json(signed, "domain", KEY.key_id, KEY.public_key)
