"""The refusal of an event by the authorisation rules."""

from __future__ import annotations

from homeserver.errors import Forbidden


class AuthRejected(Forbidden):
    """An authorisation rule refuses the event.

    rule: its number in rooms/v12, such as "5.3.4". Version 11 has no rule 2, so that its numbers
    are one less from there on (4.3.4), and no 10.4 (its 9.4 is 10.5). reason: safe to show.
    """

    def __init__(self, rule: str, reason: str) -> None:
        super().__init__(reason[:1].upper() + reason[1:])
        self.rule = rule
        self.reason = reason

    def __str__(self) -> str:
        return f"rule {self.rule}: {self.reason}"
