"""appendices, "Glob-style matching"; push rules, words of `content.body`."""

from __future__ import annotations

import fnmatch
import re
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeserver.protocol.glob import literal_word_matcher, star_matcher, whole_matcher, word_matcher


@pytest.mark.parametrize(
    ("pattern", "value", "matches"),
    [
        ("*", "", True),
        ("", "", True),
        ("", "x", False),
        ("?", "", False),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("a*c", "ac", True),
        ("a*c", "a\nbc", True),
        ("a*c", "acd", False),
        ("A*C", "abc", True),
        ("a.c", "abc", False),
        ("*b*d*", "abcde", True),
        ("*b*d", "abcdxd", True),
        ("a**b", "ab", True),
        ("[a]", "a", False),
        ("(x", "(X", True),
    ],
)
def test_a_glob_matches_the_whole_value(pattern: str, value: str, matches: bool) -> None:
    assert (whole_matcher(pattern).match(value) is not None) is matches


@given(st.text("ab?*", max_size=8), st.text("ab", max_size=10))
def test_globs_agree_with_those_of_files(pattern: str, value: str) -> None:
    expected = fnmatch.fnmatchcase(value, pattern)
    assert (whole_matcher(pattern).match(value) is not None) == expected


@given(st.text("ab?*", max_size=8), st.text("ab?", max_size=10))
def test_in_filters_only_the_star_is_a_wildcard(pattern: str, value: str) -> None:
    expected = fnmatch.fnmatchcase(value, pattern.replace("?", "[?]"))
    assert (star_matcher(pattern).match(value) is not None) == expected


@pytest.mark.parametrize(
    ("pattern", "body", "matches"),
    [
        ("ex*ple", "An example event.", True),
        ("ex*ple", "exple", True),
        ("ex*ple", "An exciting triple-whammy", True),
        ("ex*ple", "An exciting triplet", False),
        ("cake", "Cake!", True),
        ("cake", "cakes", False),
        ("cake", "pan_cake", False),
        ("cake", "cakes and cake", True),
        ("cake*", "cakes", True),
        ("*cake", "pancake", True),
        ("*cake", "pancakes", False),
        ("c?ke", "coke", True),
        ("@room", "hey @room", True),
        ("@room", "@room!", True),
        ("*", "anything", True),
        ("one two", "one two three", True),
    ],
)
def test_a_glob_matches_between_words(pattern: str, body: str, matches: bool) -> None:
    assert (word_matcher(pattern).match(body) is not None) is matches


@given(st.text("ab?*", min_size=1, max_size=6), st.text("ab -", max_size=9))
def test_word_globs_agree_with_trying_every_part(pattern: str, body: str) -> None:
    def boundary(place: int) -> bool:
        around = body[max(place - 1, 0) : place + 1]
        return place in (0, len(body)) or re.search(r"\W", around) is not None

    places = [place for place in range(len(body) + 1) if boundary(place)]
    expected = any(
        fnmatch.fnmatchcase(body[start:end], pattern)
        for start in places
        for end in places
        if start <= end
    )
    assert (word_matcher(pattern).match(body) is not None) == expected


def test_a_name_is_taken_literally() -> None:
    assert literal_word_matcher("A*b?").match("hi a*B? there")
    assert not literal_word_matcher("A*b?").match("hi a-b- there")


@pytest.mark.parametrize("matcher", [whole_matcher, word_matcher, star_matcher])
def test_hostile_patterns_take_linear_time(
    matcher: Callable[[str], re.Pattern[str]],
) -> None:
    """A backtracking matcher would need years for these."""
    pattern = "*a" * 100 + "*b"
    began = time.process_time()
    assert matcher(pattern).match("a " * 30_000) is None
    assert time.process_time() - began < 2
