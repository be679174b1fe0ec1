"""The grammar of tokens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeserver.errors import InvalidParam
from homeserver.protocol.sync_token import StreamToken, TimelineToken, parse_any

positions = st.integers(0, 2**63 - 1)
rooms = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
hashes = st.text("0123456789abcdefXYZ_-", min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("token", "text"),
    [
        (StreamToken(0), "s0"),
        (StreamToken(17), "s17"),
        (StreamToken(17, (3, 5)), "s17.3.5"),
        (StreamToken(17, to_device=12), "s17~d12"),
        (StreamToken(17, presence=1_700_000_000_000), "s17~p1700000000000"),
        (StreamToken(17, typing={"!abc": "f0"}), "s17~t!abc:f0"),
        (StreamToken(17, lazy_since=4), "s17~l4"),
        (StreamToken(17, typing={"!a:b~c": "f0"}), "s17~t!a%3Ab%7Ec:f0"),
        (
            StreamToken(17, (), 12, {"4": "aa", "5": "bb"}, 9),
            "s17~d12~t4:aa~t5:bb~p9",
        ),
        (TimelineToken(17, 0), "t17.0"),
        (TimelineToken(17, -4), "t17.-4"),
    ],
)
def test_tokens_are_short_text(token: StreamToken | TimelineToken, text: str) -> None:
    assert str(token) == text
    assert parse_any(text) == token


@given(
    positions,
    st.lists(positions, max_size=3),
    st.none() | positions,
    st.dictionaries(rooms, hashes, max_size=3),
    st.none() | positions,
    st.none() | positions,
)
def test_a_stream_token_survives_the_client(
    pos: int,
    further: list[int],
    to_device: int | None,
    typing: dict[str, str],
    presence: int | None,
    lazy_since: int | None,
) -> None:
    token = StreamToken(pos, tuple(further), to_device, typing, presence, lazy_since)
    assert StreamToken.parse(str(token)) == token


@given(positions, st.integers(-(2**63) + 1, 2**63 - 1))
def test_a_timeline_token_survives_the_client(pos: int, minor: int) -> None:
    token = TimelineToken(pos, minor)
    assert TimelineToken.parse(str(token)) == token


@pytest.mark.parametrize(
    "text",
    [
        "",
        "s",
        "s-1",
        "s1.",
        "s.1",
        "s1 ",
        " s1",
        "s1\n",
        "S1",
        "17",
        "s１",
        "s9223372036854775808",
        "s99999999999999999999",
        "s1~",
        "s1~d",
        "s1~d1~d2",
        "s1~p1~p2",
        "s1~x1",
        "s1~tabc",
        "s1~t:f0",
        "s1~tabc:",
        "s1~t%FF:f0",
        "t1",
        "t1.",
        "t.1",
        "t1.1.1",
        "t1.1~d1",
        "t1.99999999999999999999",
        "t1.9223372036854775808",
        "t-1.0",
        "s1_2_3",
        "x" * 100_000,
        None,
        5,
        ["s1"],
    ],
)
def test_anything_else_is_an_invalid_param(text: object) -> None:
    with pytest.raises(InvalidParam) as refusal:
        parse_any(text)
    assert (refusal.value.status, refusal.value.errcode) == (400, "M_INVALID_PARAM")


@given(st.text(st.sampled_from("st0123456789.-~dp:%!a"), max_size=20))
def test_any_text_is_a_token_or_refused(text: str) -> None:
    try:
        token = parse_any(text)
    except InvalidParam:
        return
    assert parse_any(str(token)) == token


def test_the_kinds_are_told_apart() -> None:
    with pytest.raises(InvalidParam):
        StreamToken.parse("t1.0")
    with pytest.raises(InvalidParam):
        TimelineToken.parse("s1")


def test_a_stream_token_stands_after_all_keys_of_its_position() -> None:
    assert TimelineToken(5, 0).place < TimelineToken(5, 2**62).place < StreamToken(5).place
    assert StreamToken(5).place < TimelineToken(6, -(2**61)).place
