"""Prefixes of task keys: `OPS` of `OPS-42`."""

from __future__ import annotations

from collections.abc import Container
from typing import Final

PERSONAL: Final = "MY"
DIRECT: Final = "DM"


def prefix_for(room_name: str, taken: Container[str]) -> str:
    """A prefix from the room's name, transliterated, that is not `taken`.

    2 to 10 characters, `[A-Z][A-Z0-9]+`. `MY` and `DM` are never given.
    """
    raise NotImplementedError


def transliterate(text: str) -> str:
    """Cyrillic by the usual passport table, accents dropped; other letters vanish. Lower case."""
    raise NotImplementedError


def split_key(key: str) -> tuple[str, int] | None:
    """("OPS", 42) of "OPS-42" in any letter case, or None."""
    raise NotImplementedError
