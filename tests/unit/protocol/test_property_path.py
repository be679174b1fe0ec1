"""appendices, "Dot-separated property paths"."""

from __future__ import annotations

import pytest

from homeserver.protocol.property_path import MISSING, lookup, parse_path, select


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("content.body", ("content", "body")),
        (r"content.m\.relates_to", ("content", "m.relates_to")),
        (r"content.m\\foo", ("content", r"m\foo")),
        (r"content.\x", ("content", r"\x")),
        ("type", ("type",)),
        ("", ("",)),
        ("a..b", ("a", "", "b")),
        ("a.", ("a", "")),
        ("a\\", ("a\\",)),
        (r"a\\.b", ("a\\", "b")),
    ],
)
def test_a_backslash_escapes_dots_and_backslashes(text: str, path: tuple[str, ...]) -> None:
    assert parse_path(text) == path


def test_looking_up_finds_what_is_there_null_included() -> None:
    value = {"a": {"b": None, "c": [1]}}
    assert lookup(value, ("a", "b")) is None
    assert lookup(value, ("a", "x")) is MISSING
    assert lookup(value, ("a", "c", "0")) is MISSING
    assert lookup(value, ()) is value


EVENT = {"type": "t", "content": {"body": "b", "x": {"y": 1, "z": 2}}, "sender": "s"}


@pytest.mark.parametrize(
    ("paths", "kept"),
    [
        ([], {}),
        (["type"], {"type": "t"}),
        (["content.body", "sender"], {"content": {"body": "b"}, "sender": "s"}),
        (["content.x.y", "content.body"], {"content": {"x": {"y": 1}, "body": "b"}}),
        (["content.x.y", "content"], {"content": EVENT["content"]}),
        (["content.x", "content.x.y"], {"content": {"x": {"y": 1, "z": 2}}}),
        (["missing", "content.missing"], {}),
    ],
)
def test_selecting_keeps_the_named_properties(paths: list[str], kept: dict[str, object]) -> None:
    before = {"type": "t", "content": {"body": "b", "x": {"y": 1, "z": 2}}, "sender": "s"}
    assert select(EVENT, tuple(map(parse_path, paths))) == kept
    assert before == EVENT
