"""Globs: `*` is any sequence of characters, `?` exactly one.

A pattern comes from any user and meets any text, so matching must take linear time: every piece
between two stars is taken at its first occurrence and never given back (atomic groups), which for
globs finds a match whenever there is one. Source: appendices, "Glob-style matching".
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_WORD: Final = "[A-Za-z0-9_]"
# The start and end of the value and both sides of any other character are boundaries.
_BOUNDARY: Final = f"(?:(?<!{_WORD})|(?!{_WORD}))"
_FLAGS: Final = re.DOTALL | re.IGNORECASE
_KEPT: Final = 512
_LONGEST_KEPT: Final = 255
"""So many expressions are remembered of each kind, and only of patterns that are no longer: one
takes up to 8 KB then. Rules and filters that are in use have theirs at hand."""


@lru_cache(maxsize=_KEPT)
def whole_matcher(pattern: str) -> re.Pattern[str]:
    """An expression to `match` against a whole value, in upper or lower case."""
    return re.compile(_whole(_pieces(pattern)), _FLAGS)


def star_matcher(pattern: str) -> re.Pattern[str]:
    """Like `whole_matcher`, but only `*` is a wildcard, and case matters (filters)."""
    if len(pattern) <= _LONGEST_KEPT:
        return _star_matcher(pattern)
    matcher = _star_matcher.__wrapped__(pattern)
    re.purge()  # or Python would remember hundreds of them, however long they are
    return matcher


@lru_cache(maxsize=_KEPT)
def _star_matcher(pattern: str) -> re.Pattern[str]:
    return re.compile(_whole([re.escape(part) for part in pattern.split("*")]), re.DOTALL)


def _whole(pieces: list[str]) -> str:
    first, *others = pieces
    parts = [first]
    parts.extend(f"(?>.*?{piece})" for piece in others[:-1] if piece)
    if others:
        parts.append(f".*{others[-1]}")
    return "".join(parts) + r"\Z"


@lru_cache(maxsize=_KEPT)
def word_matcher(pattern: str) -> re.Pattern[str]:
    """An expression to `match` against a value that may hold the glob anywhere between words.

    Words are made of `[A-Za-z0-9_]`; the matched part starts and ends at a boundary of words.
    Source: client-server-api, push rules, condition `event_match` on `content.body`.
    """
    first, *others = _pieces(pattern)
    if not others:
        return re.compile(f".*?{_BOUNDARY}{first}{_BOUNDARY}", _FLAGS)
    # Where a star begins or ends the glob it reaches to the value's own start or end.
    parts = [f"(?>.*?{_BOUNDARY}{first})" if first else ""]
    parts.extend(f"(?>.*?{piece})" for piece in others[:-1] if piece)
    if others[-1]:
        parts.append(f".*?{others[-1]}{_BOUNDARY}")
    return re.compile("".join(parts), _FLAGS)


def literal_word_matcher(text: str) -> re.Pattern[str]:
    """Like `word_matcher` for a text without wildcards, such as a display name."""
    return re.compile(f".*?{_BOUNDARY}{re.escape(text)}{_BOUNDARY}", _FLAGS)


def _pieces(pattern: str) -> list[str]:
    """The expressions of what stands between the stars, the empty ones of its ends included."""
    return ["".join("." if c == "?" else re.escape(c) for c in part) for part in pattern.split("*")]
