"""Puts one event into a room's state, unless the state says the same already."""

from __future__ import annotations

from collections.abc import Callable

from homeserver.errors import Forbidden, NotFound
from homeserver.protocol.canonical_json import encode
from homeserver.services.events.room_heads import RoomHead, RoomHeads
from homeserver.services.events.write_event import Draft, WriteEvent
from homeserver.storage.commit import Committer, Write

MakeState = Callable[[RoomHead], Draft | None]
"""From the head of a room the state event to write; None: nothing needs to be written."""


class WriteState:
    """Writes state events idempotently."""

    def __init__(self, committer: Committer, write: WriteEvent) -> None:
        self._committer = committer
        self._write = write

    async def put(self, room_id: str, make: MakeState) -> str | None:
        """The id of the event that holds the key afterwards; None if ``make`` wanted none.

        An event of the same sender with the same content is left where it is. Either way what the
        answer rests on is committed. Raises what WriteEvent.write and ``make`` raise.
        """
        while True:
            event_id, head = await self._put(room_id, make)
            if head is None or not head.pending:
                return event_id
            # The head may hold what is still being committed: wait until that is done.
            await self._committer.commit(Write())
            if not head.dropped:
                return event_id

    async def _put(self, room_id: str, make: MakeState) -> tuple[str | None, RoomHead | None]:
        """The event id, and, if nothing was written, the head that says so."""
        found: str | None = None
        seen: RoomHead | None = None

        def drafts(head: RoomHead) -> list[Draft]:
            nonlocal found, seen
            seen = head
            draft = make(head)
            found = None if draft is None else same_event(head, draft)
            return [] if draft is None or found is not None else [draft]

        stored = await self._write.write(room_id, drafts)
        return (stored[0].event.event_id, None) if stored else (found, seen)


async def joined_head(heads: RoomHeads, room_id: str, user_id: str) -> RoomHead:
    """The head of a room that the user has joined; Forbidden for any other, known or not."""
    try:
        head = await heads.get(room_id)
    except NotFound:
        raise Forbidden("You are not in this room") from None
    check_joined(head, user_id)
    return head


def check_joined(head: RoomHead, user_id: str) -> None:
    """Raises Forbidden unless the user has joined the room."""
    if user_id not in head.joined:
        raise Forbidden("You are not in this room")


def same_event(head: RoomHead, draft: Draft) -> str | None:
    """The id of the state event that says what the draft says, by the same sender."""
    assert draft.state_key is not None
    current = head.event(draft.type, draft.state_key)
    if current is None or current.sender != draft.sender or draft.ts is not None:
        return None
    # Not compared as values: True equals 1 there.
    return current.event_id if encode(current.content) == encode(draft.content) else None
