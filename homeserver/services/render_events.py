"""Events as JSON for clients, by way of bytes that all readers share.

A plain message costs one dictionary lookup and the splicing in of its age. What is one reader's
own is added by the slow path: the transaction id for the device that sent it, what it replaced,
and bundled aggregations.
Source: client-server-api, "Room event format", "Aggregations of child events".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from homeserver.services.event_cache import EventCache
from homeserver.services.visible_events import VisibleEvents
from homeserver.storage.database import Database
from homeserver.storage.events import StoredEvent

Seen = tuple[StoredEvent, str]
"""An event with its reader's membership at it, as `VisibleEvents.filter` gives them."""


class RenderEvents:
    """Renders events of one room for one reader."""

    def __init__(self, database: Database, cache: EventCache, visible: VisibleEvents) -> None:
        self._database = database
        self._cache = cache
        self._visible = visible

    async def render(
        self,
        events: Sequence[Seen],
        *,
        user_id: str,
        scope: str,
        with_room_id: bool,
        now: int,
        ignored: frozenset[str] = frozenset(),
    ) -> list[bytes]:
        """The events in client format, in their order, with bundled aggregations.

        All are of one room. user_id, scope: the reader, and what their transaction ids are unique
        within (`Requester.txn_scope`). now: milliseconds, for `age`. ignored: people whose children
        are left out of aggregations.
        """
        raise NotImplementedError

    async def render_state(
        self, events: Iterable[StoredEvent], *, with_room_id: bool
    ) -> list[bytes]:
        """State events in client format, in their order, without age and aggregations."""
        raise NotImplementedError


def render_stripped(events: Iterable[StoredEvent]) -> list[bytes]:
    """State events as strangers see them: in invites, knocks and previews."""
    raise NotImplementedError
