"""Writing an event of our own into a room with more extremities than an event can name.

It names the newest, is judged by the state that these lead to, and the others stay extremities.
"""

from __future__ import annotations

from collections.abc import Callable

from homeserver.errors import Forbidden
from homeserver.protocol.auth_events import auth_event_keys
from homeserver.protocol.event import Event
from homeserver.protocol.event_checks import MAX_PREV_EVENTS
from homeserver.services.events.event_cache import EventCache
from homeserver.services.events.judge_event import JudgeEvent, Parents
from homeserver.services.events.place_event import Statement
from homeserver.services.events.room_heads import RoomHead
from homeserver.services.events.take_event import Incoming, TakeEvent
from homeserver.storage.client_txns import ClientTxn
from homeserver.storage.commit import Committer, Write
from homeserver.storage.events import OK, StoredEvent

Build = Callable[[list[Event], list[Event]], Event]
"""The event on these parents, authorised by these events."""


class WriteWide:
    """Writes on the newest extremities."""

    def __init__(
        self, cache: EventCache, judge: JudgeEvent, take: TakeEvent, committer: Committer
    ) -> None:
        self._cache = cache
        self._judge = judge
        self._take = take
        self._committer = committer

    async def write(
        self,
        head: RoomHead,
        event_type: str,
        state_key: str | None,
        sender: str,
        content: dict[str, object],
        build: Build,
        recorded: Callable[[Event], list[Statement]],
        txn: ClientTxn | None,
    ) -> StoredEvent:
        """The event, committed. recorded: further statements of its commit.

        Raises Forbidden, and Conflict of a further statement.
        """
        if head.pending:
            await self._committer.commit(Write())  # what is still under way can be read then
        newest = sorted(head.extremities, key=lambda item: -item[1])[:MAX_PREV_EVENTS]
        found = await self._cache.by_ids(event_id for event_id, _ in newest)
        parents = Parents(list(found.values()))
        before = await self._judge.state_before(head.version, parents)
        keys = auth_event_keys(event_type, state_key, sender, content, head.version)
        auth = await self._cache.by_ids(before[key] for key in keys if key in before)
        event = build(
            [stored.event for stored in parents.placed], [stored.event for stored in auth.values()]
        )
        refusal = await self._judge.refusal(event, before, head.event("m.room.create"))
        if refusal is not None:
            raise Forbidden(refusal.reason)
        incoming = Incoming(event, parents, before=before, also=recorded(event))
        if txn is not None:
            incoming.txn_device, incoming.txn_id = txn.scope, txn.txn_id
        taken = await self._take.take(incoming)
        if taken.stored.status != OK:
            raise Forbidden(taken.refusal.reason if taken.refusal else None)
        return taken.stored
