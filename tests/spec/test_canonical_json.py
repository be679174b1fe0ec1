"""appendices, "Canonical JSON": its examples, and agreement with an independent encoder."""

from __future__ import annotations

import json
from typing import Any

import canonicaljson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeserver.protocol.canonical_json import (
    MAX_DEPTH,
    MAX_INTEGER,
    CanonicalJsonError,
    DepthError,
    NotJsonError,
    NumberError,
    ValueTypeError,
    check_numbers,
    decode,
    decode_strict,
    encode,
)

EXAMPLES = [
    ("{}", "{}"),
    ('{"one": 1, "two": "Two"}', '{"one":1,"two":"Two"}'),
    ('{"b": "2", "a": "1"}', '{"a":"1","b":"2"}'),
    ('{"b":"2","a":"1"}', '{"a":"1","b":"2"}'),
    (
        """{
            "auth": {
                "success": true,
                "mxid": "@john.doe:example.com",
                "profile": {
                    "display_name": "John Doe",
                    "three_pids": [
                        {"medium": "email", "address": "john.doe@example.org"},
                        {"medium": "msisdn", "address": "123456789"}
                    ]
                }
            }
        }""",
        (
            '{"auth":{"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe",'
            '"three_pids":[{"address":"john.doe@example.org","medium":"email"},'
            '{"address":"123456789","medium":"msisdn"}]},"success":true}}'
        ),
    ),
    ('{"a": "日本語"}', '{"a":"日本語"}'),
    ('{"本": 2, "日": 1}', '{"日":1,"本":2}'),
    ('{"a": "\\u65E5"}', '{"a":"日"}'),
    ('{"a": null}', '{"a":null}'),
    ('{"a": -0, "b": 10000000000}', '{"a":0,"b":10000000000}'),
]


@pytest.mark.parametrize(("given_text", "canonical"), EXAMPLES)
def test_the_specifications_examples(given_text: str, canonical: str) -> None:
    assert encode(decode_strict(given_text.encode())) == canonical.encode()


def test_an_exponent_makes_a_float_and_floats_are_refused() -> None:
    """The example `1e10` is about encoding; rooms from version 6 on refuse the notation."""
    with pytest.raises(NumberError):
        decode_strict(b'{"b": 1e10}')


text = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers(-MAX_INTEGER, MAX_INTEGER) | text,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(text, inner, max_size=5),
    max_leaves=30,
)


@given(values)
def test_the_bytes_are_those_of_the_reference_encoder(value: Any) -> None:
    assert encode(value) == canonicaljson.encode_canonical_json(value)


@given(values)
def test_reading_and_writing_are_inverse(value: Any) -> None:
    assert decode_strict(encode(value)) == value


@given(st.dictionaries(text, st.integers(), max_size=5))
def test_integers_of_any_size_can_be_written(value: dict[str, int]) -> None:
    """Rooms before version 6 hold them."""
    assert encode(value) == canonicaljson.encode_canonical_json(value)


@given(st.binary())
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    try:
        value = decode_strict(raw)
    except CanonicalJsonError:
        return
    assert value == json.loads(raw)


@pytest.mark.parametrize("number", [MAX_INTEGER, -MAX_INTEGER, 0])
def test_integers_within_range_pass(number: int) -> None:
    assert decode_strict(b'{"n":[%d]}' % number) == {"n": [number]}


@pytest.mark.parametrize(
    "number",
    [
        "9007199254740992",
        "-9007199254740992",
        "18446744073709551615",
        "99999999999999999999999",
        "-99999999999999999999999",
        "1.0",
        "1.1",
        "-0.0",
        "1e0",
        "1E400",
    ],
)
def test_other_numbers_are_bad_json(number: str) -> None:
    with pytest.raises(CanonicalJsonError) as refusal:
        decode_strict(f'{{"deep":[{{"n":{number}}}]}}'.encode())
    # An overflowing exponent is no number that a JSON reader takes.
    assert refusal.value.errcode == ("M_NOT_JSON" if number == "1E400" else "M_BAD_JSON")


@pytest.mark.parametrize(
    "raw",
    [b"", b" ", b"{", b'{"a":}', b"{'a':1}", b'{"a":NaN}', b'{"a":-Infinity}', b"\xff", b"{}x"],
)
def test_what_is_not_json_is_told_apart(raw: bytes) -> None:
    for read in (decode, decode_strict):
        with pytest.raises(NotJsonError) as refusal:
            read(raw)
        assert (refusal.value.status, refusal.value.errcode) == (400, "M_NOT_JSON")


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(NotJsonError):
        decode_strict(b'"\\ud800"')
    with pytest.raises(ValueTypeError):
        encode({"a": "\ud800"})


@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 300, 1_024, 1_025, 10_000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
def test_deep_nesting_is_bad_json(depth: int, opening: str, closing: str) -> None:
    raw = (opening * depth + "1" + closing * depth).encode()
    for read in (decode, decode_strict):
        with pytest.raises(DepthError) as refusal:
            read(raw)
        assert (refusal.value.status, refusal.value.errcode) == (400, "M_BAD_JSON")


def test_nesting_up_to_the_bound_passes() -> None:
    raw = b"[" * MAX_DEPTH + b"1" + b"]" * MAX_DEPTH
    assert encode(decode_strict(raw)) == raw


def test_an_unclosed_deep_text_is_refused() -> None:
    with pytest.raises(CanonicalJsonError):
        decode(b"[" * 100_000)


def test_a_deep_value_made_here_is_refused_too() -> None:
    value: Any = 1
    for _ in range(10_000):
        value = [value]
    with pytest.raises(DepthError):
        check_numbers(value)
    with pytest.raises(DepthError):
        encode(value)


def test_of_duplicate_keys_the_last_wins() -> None:
    assert decode_strict(b'{"a":1,"a":2}') == {"a": 2}


def test_floats_may_stand_where_nothing_is_signed() -> None:
    assert decode(b'{"order":0.25}') == {"order": 0.25}


@pytest.mark.parametrize("value", [1.5, float("nan"), 2**53, {"a": [-(2**53)]}])
def test_values_made_here_are_checked_alike(value: object) -> None:
    with pytest.raises(NumberError):
        check_numbers(value)


@pytest.mark.parametrize("value", [b"bytes", (1,), {1}])
def test_what_json_does_not_know_is_refused(value: object) -> None:
    with pytest.raises(ValueTypeError):
        check_numbers([value])


def test_keys_sort_by_code_point() -> None:
    """Beyond the basic plane UTF-16 would sort otherwise."""
    assert encode({"\U0001f600": 1, "\uff61": 2}) == '{"\uff61":2,"\U0001f600":1}'.encode()
