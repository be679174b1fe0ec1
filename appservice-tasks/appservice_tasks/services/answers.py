"""Which commands of a log have no outcome in it.

A command and its refusal may be apart: the room could not be written to when it was decided, or the
homeserver was replaced by a copy that has the one and not the other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from appservice_tasks.domain.ids import CHANGE, COMMAND, RESULT, TASK
from appservice_tasks.matrix_client import MatrixEvent

Identity = tuple[str, str]
"""actor, cmd_id"""


class Answers:
    """Is shown a log from its beginning. senders: whose outcomes count."""

    def __init__(self, senders: Collection[str]) -> None:
        self._senders = senders
        self._commands: set[Identity] = set()
        self._answered: set[Identity] = set()

    def note(self, events: Iterable[MatrixEvent]) -> None:
        """The next events of the log."""
        for event in events:
            content = event["content"]
            if event["type"] == COMMAND:
                cmd_id = content.get("cmd_id")
                if isinstance(cmd_id, str):
                    self._commands.add((event["sender"], cmd_id))
            elif event["sender"] in self._senders:
                self._note_outcome(event)

    def _note_outcome(self, event: MatrixEvent) -> None:
        content: Any = event["content"]
        said = content.get(CHANGE) if event["type"] == TASK else content
        cause = said.get("cause") if isinstance(said, dict) else None
        if event["type"] not in (TASK, RESULT) or not isinstance(cause, dict):
            return
        actor = said.get("actor") if event["type"] == TASK else cause.get("actor")
        cmd_id = cause.get("cmd_id")
        if isinstance(actor, str) and isinstance(cmd_id, str):
            self._answered.add((actor, cmd_id))

    @property
    def missing(self) -> list[Identity]:
        """Commands whose outcome was not there."""
        return sorted(self._commands - self._answered)
