"""What happens to tasks: pure functions over values; no I/O, no clock, no randomness."""

from __future__ import annotations
