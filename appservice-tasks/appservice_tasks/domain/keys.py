"""Prefixes of task keys: `OPS` of `OPS-42`."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container, Iterator
from itertools import count
from typing import Final

PERSONAL: Final = "MY"
DIRECT: Final = "DM"
FALLBACK: Final = "TASK"
"""For rooms whose name has no letter that could be transliterated."""

_KEY: Final = re.compile(r"([A-Za-z][A-Za-z0-9]{1,9})-([1-9][0-9]{0,8})", re.ASCII)

_LETTERS: Final = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ё": "e", "ж": "zh", "з": "z",
    "и": "i", "й": "i", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r",
    "с": "s", "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh",
    "щ": "shch", "ъ": "ie", "ы": "y", "ь": "", "э": "e", "ю": "iu", "я": "ia",
    "і": "i", "ї": "i", "є": "ie", "ґ": "g", "ў": "u",
}  # fmt: skip


def transliterate(text: str) -> str:
    """Cyrillic by the table of passports (ICAO 9303), accents dropped; lower case.

    Letters of other scripts vanish; everything that is no letter or digit becomes a blank.
    """
    lowered = unicodedata.normalize("NFC", text).lower()
    plain = "".join(_LETTERS.get(letter, letter) for letter in lowered)
    split = unicodedata.normalize("NFD", plain)
    kept = (
        character if character.isascii() and character.isalnum() else _gap(character)
        for character in split
    )
    return " ".join("".join(kept).split())


def prefix_for(room_name: str, taken: Container[str]) -> str:
    """A prefix from the room's name, transliterated, that is not `taken`.

    2 to 10 characters, `[A-Z][A-Z0-9]+`. `MY` and `DM` are never given. Several words give their
    initials, one word its beginning.
    """
    for candidate in _candidates(transliterate(room_name).upper().split()):
        if candidate not in taken and candidate not in (PERSONAL, DIRECT):
            return candidate
    raise AssertionError("numbers do not end")


def split_key(key: str) -> tuple[str, int] | None:
    """("OPS", 42) of "OPS-42" in any letter case, or None."""
    match = _KEY.fullmatch(key)
    return None if match is None else (match[1].upper(), int(match[2]))


def _candidates(words: list[str]) -> Iterator[str]:
    while words and not words[0][0].isalpha():
        words = (
            [words[0].lstrip("0123456789"), *words[1:]]
            if words[0].strip("0123456789")
            else words[1:]
        )
    initials = "".join(word[0] for word in words[:5])
    joined = "".join(words)[:10]
    if len(words) > 1:
        yield initials
    if len(joined) > 1:
        yield joined if len(joined) <= 5 else joined[:4]
        for length in range(5, len(joined) + 1):
            yield joined[:length]
    base = initials if len(words) > 1 else joined[:4] if len(joined) > 1 else FALLBACK
    yield base
    for number in count(2):
        suffix = str(number)
        yield base[: 10 - len(suffix)] + suffix


def _gap(character: str) -> str:
    return "" if unicodedata.category(character)[0] in "ML" else " "
