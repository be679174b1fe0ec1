"""Whom `@name` means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

ONESELF: Final = frozenset({"me", "myself", "я", "мне", "меня", "себе", "себя"})

_ENDINGS: Final = (
    "ами", "ями", "ому", "ему", "ого", "его", "ым", "им", "ом", "ем", "ём", "ой", "ей", "ою",
    "ый", "ий", "ая", "яя", "а", "я", "у", "ю", "е", "и", "ы", "ь", "й", "о",
)  # fmt: skip


def find_person(name: str, people: Mapping[str, str], me: str | None) -> str | None:
    """The one user ID that a name fits: ID, localpart, display name, one of its words, or their
    beginning; Russian names in any case. None when nobody fits, or several equally well.
    """
    wanted = " ".join(name.replace("_", " ").lower().split())
    if wanted in ONESELF:
        return me
    for fits in (_is_id, _is_localpart, _is_whole_name, _is_word, _is_declined, _begins):
        found = [
            user_id
            for user_id, shown in people.items()
            if fits(wanted, user_id.lower(), shown.lower())
        ]
        if found:
            return found[0] if len(found) == 1 else None
    return None


def find_full_name(name: str, people: Mapping[str, str]) -> str | None:
    """The one user ID whose display name has these words, in any case of Russian."""
    wanted = " ".join(name.lower().split())
    found = [
        user_id
        for user_id, shown in people.items()
        if _is_whole_name(wanted, "", shown.lower()) or _is_declined(wanted, "", shown.lower())
    ]
    return found[0] if len(found) == 1 else None


def _is_id(wanted: str, user_id: str, _shown: str) -> bool:
    return user_id == f"@{wanted}"


def _is_localpart(wanted: str, user_id: str, _shown: str) -> bool:
    return user_id[1:].partition(":")[0].replace("_", " ") == wanted


def _is_whole_name(wanted: str, _user_id: str, shown: str) -> bool:
    return " ".join(shown.split()) == wanted


def _is_word(wanted: str, _user_id: str, shown: str) -> bool:
    return wanted in shown.split()


def _is_declined(wanted: str, _user_id: str, shown: str) -> bool:
    """ "Ивану Петрову" for "Иван Петров"."""
    if wanted.isascii():
        return False
    has = [_stems(word) for word in shown.split()]
    return all(any(_stems(word) & stems for stems in has) for word in wanted.split())


def _begins(wanted: str, user_id: str, shown: str) -> bool:
    if len(wanted) < 2:
        return False
    return user_id[1:].startswith(wanted) or any(word.startswith(wanted) for word in shown.split())


def _stems(word: str) -> set[str]:
    """The word without each ending that it may have; at least three letters, unless shorter."""
    return {word} | {
        word.removesuffix(ending)
        for ending in _ENDINGS
        if word.endswith(ending) and len(word) - len(ending) >= 3
    }
