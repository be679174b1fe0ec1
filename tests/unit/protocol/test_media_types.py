"""What files are: claims, first bytes, and whether a browser may show them."""

from __future__ import annotations

import pytest

from homeserver.protocol.media_types import (
    INLINE,
    claimed_type,
    essence,
    image_type,
    looks_like_markup,
    may_show_inline,
)

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    "claim", ["image/png", "img/png", "Text/Plain; charset=utf-8", "x/y+z;q=1"]
)
def test_a_type_is_kept_as_it_was_claimed(claim: str) -> None:
    assert claimed_type(claim) == claim


@pytest.mark.parametrize(
    "claim",
    [None, "", "png", "a/b/c", "image/png\r\nX: y", "image/пнг", "a/" + "b" * 300, "/", "a/"],
)
def test_what_is_no_type_is_unknown(claim: str | None) -> None:
    assert claimed_type(claim) == "application/octet-stream"


def test_the_essence_of_a_type_has_no_parameters() -> None:
    assert essence("Text/Plain ; charset=utf-8") == "text/plain"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBP", "image/webp"),
        (b"\0\0\0\x1cftypavif", "image/avif"),
        (b"RIFF\0\0\0\0WAVE", None),
        (b"\0\0\0\x1cftypmp42", None),
        (b"BM", None),
        (b"", None),
    ],
)
def test_pictures_are_known_by_their_first_bytes(head: bytes, kind: str | None) -> None:
    assert image_type(head) == kind


@pytest.mark.parametrize(
    "head",
    [
        b"<html>",
        b" \n<!DOCTYPE html>",
        b"\xef\xbb\xbf<ScRiPt>",
        b"<?xml version='1.0'?>",
        b"<!-- a comment --><svg>",
        b"<svg/onload=alert(1)>",
        b"a comment, then <SVG >",
        b"<a href=x>",
    ],
)
def test_markup_is_known_however_it_begins(head: bytes) -> None:
    assert looks_like_markup(head)
    assert not any(may_show_inline(claim, head) for claim in INLINE)


@pytest.mark.parametrize("head", [b"a < b", b"<3", b"{}", PNG, b"", b"<heart>"])
def test_other_text_is_no_markup(head: bytes) -> None:
    assert not looks_like_markup(head)


def test_a_claimed_picture_is_shown_only_if_it_is_one() -> None:
    assert may_show_inline("image/jpeg", PNG)
    assert not may_show_inline("image/png", b"encrypted")
    assert may_show_inline("audio/ogg", b"OggS")


@pytest.mark.parametrize(
    "claim", ["image/svg+xml", "text/html", "application/pdf", "application/xml"]
)
def test_types_outside_the_list_are_never_shown(claim: str) -> None:
    assert not may_show_inline(claim, PNG)
