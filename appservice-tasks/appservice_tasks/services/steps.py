"""The numbered steps of the decision protocol, where tests may stop, kill or delay a process.

In production nothing happens there, unless `TASKS_FAILPOINT=name:count` asks for the process to be
killed when the step of that name is reached for the count-th time.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from typing import Protocol

NAMES = (
    "received",  # 1: commands are stored, the transaction is not acknowledged
    "deciding",  # 2: before the transaction that decides is committed
    "decided",  # 2: the intent is durable
    "sending",  # 3: about to send
    "sent",  # 3: the log has the event, and we do not know its id yet
    "applying",  # 4: before the transaction that applies is committed
    "applied",  # 4: the outcome is durable
    "replaying",  # recovery: a pending intent of an earlier epoch is about to be sent
    "reading",  # recovery: a page of the log was read and is not applied yet
    "repairing",  # recovery: a revision that the homeserver lost is about to be sent again
    "repaired",  # recovery: the log has it again, and its new id is not noted yet
)
"""Every step."""


class Steps(Protocol):
    """Told of each step as it is reached."""

    async def reached(self, name: str) -> None:
        """May wait, or raise, or never come back."""


class NoSteps:
    """Production: goes on."""

    async def reached(self, name: str) -> None:
        """Nothing."""


class KillAt:
    """Kills this process the n-th time that a step is reached."""

    def __init__(self, name: str, count: int) -> None:
        if name not in NAMES:
            raise ValueError(f"{name} is no step")
        self._name = name
        self._left = count

    async def reached(self, name: str) -> None:
        """As `Steps` says."""
        if name != self._name:
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def steps_from(environ: Mapping[str, str]) -> Steps:
    """What the environment asks for."""
    text = environ.get("TASKS_FAILPOINT", "")
    if not text:
        return NoSteps()
    name, _, count = text.partition(":")
    return KillAt(name, int(count or 1))
