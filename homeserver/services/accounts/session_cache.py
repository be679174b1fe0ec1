"""Who makes a request, remembered for as long as nothing about them changes."""

from __future__ import annotations

from homeserver.services.ground.bounded_cache import BoundedCache
from homeserver.services.ground.requester import Requester
from homeserver.storage.commit import LogRow

SESSION_KINDS = frozenset({"account", "device", "session"})
"""Kinds of log rows after which what is known of a user's sessions may be wrong."""
_SESSION_BYTES = 650
"""That a session takes beside its token."""


class SessionCache:
    """Requesters by what they present. Told of every commit, of this process and of others.

    ``generation`` grows with each thing forgotten: what was read before it grew is not remembered.
    """

    def __init__(self, *, max_bytes: int) -> None:
        self._entries: BoundedCache[str, tuple[Requester, int | None]] = BoundedCache(
            "sessions",
            max_bytes=max_bytes,
            weigh=lambda token, _: _SESSION_BYTES + len(token),
            on_evict=lambda token, entry: self._unlist(token, entry[0]),
        )
        self._keys: dict[str, set[str]] = {}
        self.generation = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str, now: int) -> Requester | None:
        """Who it is, unless unknown or expired at ``now`` (milliseconds)."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        requester, expires_ts = entry
        if expires_ts is not None and expires_ts <= now:
            self._entries.pop(key)
            self._unlist(key, requester)
            return None
        return requester

    def put(self, key: str, requester: Requester, expires_ts: int | None, generation: int) -> None:
        """Remembers, unless something was forgotten since ``generation`` was taken."""
        if generation != self.generation:
            return
        self._keys.setdefault(requester.user_id, set()).add(key)
        self._entries.put(key, (requester, expires_ts))

    def learn(self, rows: list[LogRow]) -> None:
        """Forgets those whom the log rows concern. A listener of the committer and of the log."""
        for row in rows:
            if row.kind in SESSION_KINDS and row.user_id is not None:
                self.forget(row.user_id)

    def forget(self, user_id: str) -> None:
        """Forgets everything about a user."""
        self.generation += 1
        for key in self._keys.pop(user_id, ()):
            self._entries.pop(key)

    def _unlist(self, key: str, requester: Requester) -> None:
        keys = self._keys.get(requester.user_id)
        if keys is not None:
            keys.discard(key)
            if not keys:
                del self._keys[requester.user_id]
