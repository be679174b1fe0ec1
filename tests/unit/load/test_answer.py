from __future__ import annotations

import pytest

from tests.load.answer import Answer, AnswerParser

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def parsed(data: bytes, size: int) -> Answer | None:
    """What becomes of an answer that arrives in pieces of this size."""
    parser = AnswerParser()
    for start in range(0, len(data), size):
        answer = parser.feed(data[start : start + size])
        if answer is not None:
            assert start + size >= len(data), "taken for whole too early"
            return answer
    return None


@pytest.mark.parametrize("size", [1, 7, 4096])
@pytest.mark.parametrize(
    "data",
    [
        HEAD + b'Content-Length: 11\r\n\r\n{"a":"\r\n0"}',
        HEAD + b'Transfer-Encoding: chunked\r\n\r\n6\r\n{"a":"\r\n5;x=1\r\n\r\n0"}\r\n0\r\n\r\n',
    ],
)
def test_an_answer_is_the_same_however_it_is_cut(data: bytes, size: int) -> None:
    assert parsed(data, size) == Answer(200, b'{"a":"\r\n0"}', closing=False)


def test_an_answer_without_a_length_ends_with_the_connection() -> None:
    parser = AnswerParser()
    assert parser.feed(b"HTTP/1.0 404 Not Found\r\n\r\ngone") is None
    assert parser.end() == Answer(404, b"gone", closing=True)


def test_an_answer_that_was_cut_off_is_none() -> None:
    parser = AnswerParser()
    assert parser.feed(HEAD + b"Content-Length: 5\r\n\r\nab") is None
    assert parser.end() is None
