"""Where events that this server lacks come from: other servers, behind an interface."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

Pdu = dict[str, Any]


class SourceFailed(Exception):
    """The server cannot be reached, does not have it, or answered nonsense."""


@dataclass(frozen=True, slots=True)
class StateIds:
    """The state before an event: ids of its events, and of their auth chains."""

    state: list[str]
    auth_chain: list[str]


@dataclass(frozen=True, slots=True)
class StateEvents:
    """The state before an event, and the auth chains of its events."""

    state: list[Pdu]
    auth_chain: list[Pdu]


class EventSource(Protocol):
    """What other servers are asked. Everything they answer is unchecked. Raises SourceFailed."""

    async def missing_events(
        self,
        server: str,
        room_id: str,
        earliest: list[str],
        latest: list[str],
        limit: int,
        min_depth: int,
    ) -> list[Pdu]:
        """Events between what we have (``earliest``) and what we were sent (``latest``)."""

    async def event(self, server: str, event_id: str) -> Pdu:
        """One event."""

    async def state_ids(self, server: str, room_id: str, event_id: str) -> StateIds:
        """The state before an event, as ids."""

    async def state(self, server: str, room_id: str, event_id: str) -> StateEvents:
        """The state before an event."""

    async def backfill(
        self, server: str, room_id: str, event_ids: list[str], limit: int
    ) -> list[Pdu]:
        """These events and those before them, at most ``limit``."""

    async def event_auth(self, server: str, room_id: str, event_id: str) -> list[Pdu]:
        """The auth chain of an event."""
