"""Presence of one person, out of what their devices say. Pure; all times in milliseconds.

Source: client-server-api, "Presence".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

ONLINE: Final = "online"
UNAVAILABLE: Final = "unavailable"
OFFLINE: Final = "offline"
STATES: Final = (ONLINE, UNAVAILABLE, OFFLINE)

SILENCE_MS: Final = 30_000
"""What a device said of itself holds for so long after the end of its poll."""
IDLE_MS: Final = 300_000
"""Who has done nothing for so long is unavailable, though a device of theirs is online."""
RENEW_MS: Final = 10_000
"""What a device says again is worth noting if it then holds for so much longer."""
ACTIVE_MS: Final = 60_000
"""Activity is noted again after this."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What others see of a person. active_ts: when they last did something; None: never."""

    state: str = OFFLINE
    status: str | None = None
    active_ts: int | None = None

    def content(self, now: int) -> dict[str, Any]:
        """The content of `m.presence`."""
        content: dict[str, Any] = {"presence": self.state}
        if self.active_ts is not None:
            content["last_active_ago"] = max(0, now - self.active_ts)
        if self.status is not None:
            content["status_msg"] = self.status
        return content


@dataclass(slots=True)
class Presence:
    """What is known of one person. devices: the state that each says, and until when it holds."""

    devices: dict[str, tuple[str, int]] = field(default_factory=dict)
    active_ts: int | None = None
    status: str | None = None

    def says(self, device: str, state: str, until: int) -> bool:
        """Whether it is news that a device says so."""
        known = self.devices.get(device)
        if state == OFFLINE:
            return known is not None
        return known is None or known[0] != state or until - known[1] >= RENEW_MS

    def note(self, device: str, state: str, now: int, until: int) -> None:
        """Takes in what a device says. One that has come online has been active."""
        before = self._held(device, now)
        if state == OFFLINE:
            self.devices.pop(device, None)
            return
        self.devices[device] = state, until
        if state == ONLINE and before != ONLINE:
            self.act(now)

    def _held(self, device: str, now: int) -> str:
        state, until = self.devices.get(device, (OFFLINE, 0))
        return state if until > now else OFFLINE

    def act(self, now: int) -> None:
        """They did something."""
        self.active_ts = max(now, self.active_ts or 0)

    def shown(self, now: int) -> Shown:
        """What others see. "The server will automatically set a user's presence to `unavailable`
        if their last active time was over a threshold value"."""
        states = {state for state, until in self.devices.values() if until > now}
        if ONLINE in states:
            idle = self.active_ts is None or now - self.active_ts >= IDLE_MS
            state = UNAVAILABLE if idle else ONLINE
        else:
            state = UNAVAILABLE if UNAVAILABLE in states else OFFLINE
        return Shown(state, self.status, self.active_ts)

    def forget_silent(self, now: int) -> None:
        """Forgets the devices that have fallen silent."""
        for device in [name for name, (_, until) in self.devices.items() if until <= now]:
            del self.devices[device]

    def next_change(self, now: int) -> int | None:
        """When others may see something else, if nothing comes meanwhile."""
        moments = [until for _, until in self.devices.values()]
        if moments and self.active_ts is not None:
            moments.append(self.active_ts + IDLE_MS)
        return min((moment for moment in moments if moment > now), default=None)
