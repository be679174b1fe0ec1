"""What is remembered, bounded by the bytes that it takes: what was used least recently goes first.

Nothing may depend on an entry's being there: whatever is not is read again.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from homeserver.services.ground.cache_figures import figures_of

K = TypeVar("K")
V = TypeVar("V")

SLOT = 240
"""Bytes that an entry takes beside its key and value."""
_IDLE_SECONDS = 300.0
_LOOKED_AT = 64
"""Entries that are looked at, one after the other, for one that may go."""


class BoundedCache(Generic[K, V]):
    """Entries by key.

    One entry that is heavier than the bound alone, the newest such, stays as long as it is used:
    it would be read again and again, and the others with it. The others have the bound to
    themselves then. It goes when another one like it comes, or after five minutes without use.

    name: of its figures. weigh: bytes of a key and its value, by a guess that costs little; it is
    asked again by `weigh_again` only. on_evict: told of what had to go (not of what was popped).
    may_go: whether a value may be evicted at the moment; None: any.
    """

    def __init__(
        self,
        name: str,
        *,
        max_bytes: int,
        weigh: Callable[[K, V], int],
        on_evict: Callable[[K, V], None] | None = None,
        may_go: Callable[[V], bool] | None = None,
    ) -> None:
        self._weigh = weigh
        self._on_evict = on_evict
        self._may_go = may_go
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._large: K | None = None
        self._large_used = 0.0
        self.figures = figures_of(name, max_bytes)

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: K) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[K]:
        return iter(self._entries)

    def values(self) -> Iterator[V]:
        """The values, least recently used first."""
        return (value for value, _ in self._entries.values())

    def get(self, key: K) -> V | None:
        """The value, which counts as used now; None: it has to be read."""
        entry = self._entries.get(key)
        if entry is None:
            self.figures.misses += 1
            return None
        self.figures.hits += 1
        self._entries.move_to_end(key)
        if self._large is not None and key == self._large:
            self._large_used = time.monotonic()
        return entry[0]

    def peek(self, key: K) -> V | None:
        """The value if it is there, for somebody who does without: this is no use of it."""
        entry = self._entries.get(key)
        return None if entry is None else entry[0]

    def put(self, key: K, value: V) -> None:
        """Keeps a value, in place of another one of the key, and lets others go."""
        weight = SLOT + self._weigh(key, value)
        known = self._entries.pop(key, None)
        if known is not None:
            self.figures.bytes -= known[1]
        self._entries[key] = (value, weight)
        self.figures.bytes += weight
        self._note_large(key, weight)
        self._shrink()

    def weigh_again(self, key: K) -> None:
        """The value of this key has changed. What is not there is left alone."""
        entry = self._entries.get(key)
        if entry is None:
            return
        value, before = entry
        weight = SLOT + self._weigh(key, value)
        if weight != before:
            self._entries[key] = (value, weight)
            self.figures.bytes += weight - before
            if weight > before:
                self._note_large(key, weight)
                self._shrink()

    def pop(self, key: K) -> V | None:
        """Forgets a value: it is, or may be, out of date."""
        entry = self._entries.pop(key, None)
        if entry is None:
            return None
        self.figures.bytes -= entry[1]
        self.figures.entries = len(self._entries)
        return entry[0]

    def clear(self) -> None:
        """Forgets everything."""
        self._entries.clear()
        self.figures.bytes = self.figures.entries = 0

    def _note_large(self, key: K, weight: int) -> None:
        if weight > self.figures.bound:
            self._large = key
            self._large_used = time.monotonic()

    def _beside(self) -> int:
        """What the large entry takes, beside which the others have the bound."""
        if self._large is None:
            return 0
        weight = self._entries.get(self._large, (None, 0))[1]
        if weight <= self.figures.bound or time.monotonic() - self._large_used > _IDLE_SECONDS:
            self._large = None
            return 0
        return weight

    def _shrink(self) -> None:
        entries, figures = self._entries, self.figures
        left = _LOOKED_AT
        most = figures.bound + self._beside()
        while figures.bytes > most and len(entries) > 1 and left:
            key, (value, weight) = next(iter(entries.items()))
            in_use = self._may_go is not None and not self._may_go(value)
            if in_use or (self._large is not None and key == self._large):
                # It is in use; those behind it may be not.
                entries.move_to_end(key)
                left -= 1
                continue
            del entries[key]
            figures.bytes -= weight
            figures.evictions += 1
            if self._on_evict is not None:
                self._on_evict(key, value)
        figures.entries = len(entries)
