"""The header that names a file: no name may break out of it, every name comes through."""

from __future__ import annotations

from email.message import Message
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeserver.api.content_disposition import clean_name, content_disposition


@pytest.mark.parametrize(
    ("name", "header"),
    [
        (None, "inline"),
        ("", "inline"),
        ("\n", "inline"),
        ("plain.txt", 'inline; filename="plain.txt"'),
        ("name;with;semicolons", 'inline; filename="name;with;semicolons"'),
        ('say "hi"\\', r'inline; filename="say \"hi\"\\"'),
        ("50%.txt", "inline; filename=\"50_.txt\"; filename*=UTF-8''50%25.txt"),
        ("🐔", "inline; filename=\"_\"; filename*=UTF-8''%F0%9F%90%94"),
        (
            "счёт 1.pdf",
            "inline; filename=\"____ 1.pdf\"; filename*=UTF-8''%D1%81%D1%87%D1%91%D1%82%201.pdf",
        ),
    ],
)
def test_names_are_written_as_browsers_read_them(name: str | None, header: str) -> None:
    assert content_disposition("inline", name) == header


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("a\r\nb\0c\x1b\x7fd", "abcd"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("\ud800x", "x"),
        ("  spaced  ", "spaced"),
        ("x" * 300, "x" * 255),
        ("../../etc/passwd", "../../etc/passwd"),
    ],
)
def test_what_cannot_be_seen_or_stored_is_taken_out(name: str, kept: str) -> None:
    assert clean_name(name) == kept


@given(st.text(max_size=80))
def test_every_name_comes_back_out_of_the_header(name: str) -> None:
    header = content_disposition("attachment", name)
    assert header.isascii()
    assert header.isprintable()
    _, extended, encoded = header.partition("; filename*=UTF-8''")
    if extended:
        read = unquote(encoded)
    else:
        message = Message()
        message["Content-Disposition"] = header
        read = message.get_filename("")
    assert read == clean_name(name)
