"""Who is answered by a sync, and how."""

from __future__ import annotations

from dataclasses import dataclass

from homeserver.protocol.sync_filter import SyncFilter


@dataclass(slots=True, eq=False)
class Reader:
    """Who syncs, and how.

    upto: the position that the answer ends at. now: milliseconds. state_after: the name under which
    the client wants the state at the end of the timeline; None: it wants that at its start.
    lazy_since: where other processes answer the client as well, the position before which they, or
    we, sent it members that it may have no more; None: nobody else does.
    """

    user_id: str
    scope: str
    wanted: SyncFilter
    ignored: frozenset[str]
    upto: int
    now: int
    state_after: str | None
    full_state: bool
    lazy_since: int | None = None

    @property
    def device(self) -> tuple[str, str]:
        return self.user_id, self.scope
