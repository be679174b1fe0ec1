"""The one byte sequence of a snapshot. Source: Matrix appendices, "Canonical JSON"."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Final

MAX_SNAPSHOT_BYTES: Final = 40 * 1024
"""Room for a snapshot in an event of 64 KiB, with its change and its fallback text."""


def canonical_json(value: object) -> bytes:
    """Sorted keys, no blanks, UTF-8. The value has no floats and no lone surrogates."""
    return json.dumps(
        value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    ).encode()


def snapshot_sha256(snapshot: Mapping[str, object]) -> bytes:
    """What `rebuild` and `verify` compare."""
    return sha256(canonical_json(snapshot)).digest()
