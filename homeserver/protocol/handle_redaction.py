"""Whether a redaction takes its target's content back, or stands there without effect.

Source: rooms/v3, "Handling redactions"; rooms/v1, "Authorisation rules", 11.
"""

from __future__ import annotations

from homeserver.ids import domain_of
from homeserver.protocol.event import Event
from homeserver.protocol.power_levels import PowerLevels


def is_applied(redaction: Event, target: Event, levels: PowerLevels) -> bool:
    """levels: those of the room's state at the redaction, which the rules have let pass."""
    if redaction.version.redaction_rule:
        return True  # judged by rule 11 already
    if levels.user_level(redaction.sender) >= levels.redact:
        return True  # 1
    return domain_of(redaction.sender) == domain_of(target.sender)  # 2
