"""A room as rows of the log name it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, eq=False)
class KnownRoom:
    """Its number and its id, and nothing else: rows outlive the heads that they were built on.

    room_id: empty where another process wrote the row, and it was not needed.
    """

    nid: int
    room_id: str
