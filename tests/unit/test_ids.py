"""appendices, "Identifier Grammar"."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeserver.errors import InvalidParam, InvalidUsername
from homeserver.ids import (
    domain_of,
    is_user_id,
    localpart_of,
    make_user_id,
    parse_device_id,
    parse_event_id,
    parse_new_localpart,
    parse_room_alias,
    parse_room_id,
    parse_server_name,
    parse_user_id,
)

PARSERS = [
    parse_user_id,
    parse_room_id,
    parse_event_id,
    parse_room_alias,
    parse_server_name,
    parse_device_id,
]


@pytest.mark.parametrize(
    "name",
    [
        "matrix.org",
        "matrix.org:8888",
        "1.2.3.4",
        "1.2.3.4:1234",
        "[1234:5678::abcd]",
        "[1234:5678::abcd]:5678",
        "localhost",
        "domain",
    ],
)
def test_server_names(name: str) -> None:
    assert parse_server_name(name) == name


@pytest.mark.parametrize(
    "name", ["", ":80", "a b", "a_b", "a:", "a:123456", "a:b", "[::1", "::1", "é.org", "a/b", "a\n"]
)
def test_other_texts_are_no_server_names(name: str) -> None:
    with pytest.raises(InvalidParam):
        parse_server_name(name)


@pytest.mark.parametrize(
    "user",
    [
        "@a:b",
        "@anna.b_c=d-e/f+g:matrix.org:8448",
        "@Old Name:a.example",
        "@Ольга:a.example",
        "@:a.example",
        "@a:[::1]:80",
    ],
)
def test_user_ids_the_historical_ones_included(user: str) -> None:
    assert parse_user_id(user) == user
    assert is_user_id(user)


@pytest.mark.parametrize(
    "user", ["", "@", "a:b", "@a", "@a:", "@a\x00:b", "@a\ud800:b", "!a:b", "@a:b c", "@a:b:c:d"]
)
def test_other_texts_are_no_user_ids(user: str) -> None:
    assert not is_user_id(user)


@pytest.mark.parametrize("room", ["!abc:a.example", "!" + "h" * 43, "!with:odd:colons", "!ё:b"])
def test_room_ids_with_and_without_a_domain(room: str) -> None:
    assert parse_room_id(room) == room


@pytest.mark.parametrize("event", ["$" + "h" * 43, "$old:a.example", "$a/b+c"])
def test_event_ids(event: str) -> None:
    assert parse_event_id(event) == event


@pytest.mark.parametrize("alias", ["#room:a.example", "#комната:a.example", "#a b:c"])
def test_room_aliases(alias: str) -> None:
    assert parse_room_alias(alias) == alias


@pytest.mark.parametrize("alias", ["#:a.example", "#room", "room:a", "#a\x00:b", "#room:"])
def test_other_texts_are_no_aliases(alias: str) -> None:
    with pytest.raises(InvalidParam):
        parse_room_alias(alias)


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize("value", [None, 5, True, [], {}, "", "\x00", "\ud800", "@", "!", "$"])
def test_no_parser_takes_what_is_no_identifier(
    parse: Callable[[object], str], value: object
) -> None:
    if parse is parse_device_id and value in ("@", "!", "$"):
        assert parse(value) == value
        return
    with pytest.raises(InvalidParam) as refusal:
        parse(value)
    assert (refusal.value.status, refusal.value.errcode) == (400, "M_INVALID_PARAM")


@pytest.mark.parametrize("parse", PARSERS)
@given(value=st.text())
def test_any_text_is_taken_as_it_is_or_refused(parse: Callable[[object], str], value: str) -> None:
    try:
        parsed = parse(value)
    except InvalidParam:
        return
    assert parsed == value
    assert len(value.encode()) <= 255


@pytest.mark.parametrize(
    ("parse", "start", "end"),
    [
        (parse_user_id, "@", ":b"),
        (parse_room_id, "!", ""),
        (parse_event_id, "$", ""),
        (parse_room_alias, "#", ":b"),
        (parse_device_id, "", ""),
    ],
)
def test_length_is_counted_in_bytes(parse: Callable[[object], str], start: str, end: str) -> None:
    room = 255 - len(start) - len(end)
    parse(start + "x" * room + end)
    with pytest.raises(InvalidParam):
        parse(start + "x" * (room + 1) + end)
    with pytest.raises(InvalidParam):
        parse(start + "я" * (room // 2 + 1) + end)


def test_a_new_localpart_is_lowered() -> None:
    assert parse_new_localpart("Anna.B", "a.example") == "anna.b"


@pytest.mark.parametrize("name", ["", "a b", "ольга", "a:b", "@a", "a\n", 5, None, "x" * 250])
def test_other_localparts_are_no_user_names(name: object) -> None:
    with pytest.raises(InvalidUsername):
        parse_new_localpart(name, "a.example")


def test_an_identifier_falls_into_its_parts() -> None:
    user = make_user_id("anna", "a.example:8448")
    assert user == "@anna:a.example:8448"
    assert (localpart_of(user), domain_of(user)) == ("anna", "a.example:8448")
    assert domain_of("!hash") == ""
