"""JSON as text columns hold it: keys sorted, so that equal values are equal texts."""

from __future__ import annotations

import hashlib
import zlib
from typing import Any

import orjson


def dumps(value: Any) -> str:
    """The text of a value."""
    return to_bytes(value).decode()


def to_bytes(value: Any) -> bytes:
    """The same, as bytes."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def loads(text: str | bytes) -> Any:
    """The value of a text."""
    return orjson.loads(text)


def digest(value: Any) -> str:
    """SHA-256 of a value's text, in hex."""
    return hashlib.sha256(to_bytes(value)).hexdigest()


def pack(value: Any) -> bytes:
    """A value, compressed."""
    return zlib.compress(to_bytes(value), 6)


def unpack(packed: bytes) -> Any:
    """The value that was packed."""
    return orjson.loads(zlib.decompress(packed))
