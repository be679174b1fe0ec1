"""The refusal of an event by the authorisation rules."""

from __future__ import annotations

from homeserver.errors import Forbidden


class AuthRejected(Forbidden):
    """An authorisation rule refuses the event.

    rule: its number in rooms/v12, such as "5.3.4"; of a rule that version 12 has no more the
    version that had it last and its number there, such as "v5 4.2". Other versions count
    otherwise: README.md beside this file has the table. reason: safe to show.
    """

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(reason[:1].upper() + reason[1:])
        self.rule = rule
        self.reason = reason

    def __str__(self) -> str:
        return f"rule {self.rule}: {self.reason}"
