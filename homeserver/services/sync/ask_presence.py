"""Presence asked for and set by itself, outside a sync."""

from __future__ import annotations

from typing import Any

from homeserver.errors import Forbidden
from homeserver.services.ground.clock import Clock
from homeserver.services.ground.requester import Requester
from homeserver.services.sync.notifier import Notifier
from homeserver.services.sync.presences import Presences


class AskPresence:
    """Answers and notes."""

    def __init__(self, presences: Presences, notifier: Notifier, clock: Clock) -> None:
        self._presences = presences
        self._notifier = notifier
        self._clock = clock

    async def of(self, asker: str, user_id: str) -> dict[str, Any]:
        """How somebody is. Raises Forbidden for those who share no room with them, whether or not
        there is such a person."""
        if asker != user_id:
            rooms = (await self._notifier.stream(asker)).joined
            if not await self._presences.in_rooms(rooms, [user_id]):
                raise Forbidden("You are not allowed to see their presence")
        return self._presences.of(user_id).content(self._clock())

    def put(self, who: Requester, state: str, status: str | None) -> None:
        """Notes how the asker is, on the device they say it from."""
        self._presences.put(who.user_id, who.txn_scope, state, status)
