"""Places on a board: strings of `[0-9A-Za-z]` that compare as ASCII bytes.

The first six characters are a number, so that a thousand tasks appended one after another have
ranks of six characters. A rank between two neighbours grows beyond them by as little as it must,
and never ends in "0", so there is always room before it.
"""

from __future__ import annotations

from typing import Final

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_BASE: Final = len(_DIGITS)
_WIDTH: Final = 6

FIRST: Final = "V00000"
"""The rank of a room's first task; as many fit before it as behind it."""
MAX_LENGTH: Final = 64


def rank_between(after: str | None, before: str | None) -> str | None:
    """A rank greater than `after` and less than `before`; None where none is short enough.

    None stands for an open end. When the two are out of order (others moved meanwhile), the place
    right behind `after` is given.
    """
    if after is None and before is None:
        return FIRST
    if before is None or (after is not None and after >= before):
        found = _behind(after or "")
    elif after is None:
        found = _ahead(before)
    else:
        found = _middle(after, before)
    return found if len(found) <= MAX_LENGTH else None


def _behind(rank: str) -> str:
    number = _number(rank) + 1
    return _text(number) if number < _BASE**_WIDTH else _middle(rank, None)


def _ahead(rank: str) -> str:
    if len(rank) > _WIDTH:
        return rank[:_WIDTH]
    number = _number(rank) - 1
    return _text(number) if number > 0 else _middle("", rank)


def _middle(low: str, high: str | None) -> str:
    """Digit by digit: keep what both share, then halve the first gap that is wide enough."""
    found = ""
    position = 0
    while True:
        floor = _DIGITS.index(low[position]) if position < len(low) else 0
        ceiling = _BASE
        if high is not None:
            ceiling = _DIGITS.index(high[position]) if position < len(high) else 0
        if ceiling - floor > 1:
            return found + _DIGITS[(floor + ceiling) // 2]
        found += _DIGITS[floor]
        if ceiling - floor == 1:
            # Anything that goes on from the lower one is below the higher one.
            high = None
        position += 1


def _number(rank: str) -> int:
    number = 0
    for digit in rank[:_WIDTH].ljust(_WIDTH, "0"):
        number = number * _BASE + _DIGITS.index(digit)
    return number


def _text(number: int) -> str:
    digits = []
    for _ in range(_WIDTH):
        number, digit = divmod(number, _BASE)
        digits.append(_DIGITS[digit])
    return "".join(reversed(digits))
