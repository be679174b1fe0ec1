"""Whether a user may see an event: history visibility.

Source: client-server-api, "Room History Visibility", server behaviour.
"""

from __future__ import annotations

from enum import Enum

from homeserver.protocol.event import Event


class Visibility(Enum):
    """The values of `m.room.history_visibility`."""

    WORLD_READABLE = "world_readable"
    SHARED = "shared"
    INVITED = "invited"
    JOINED = "joined"

    @classmethod
    def of(cls, value: object) -> Visibility:
        """The visibility a content's value means: `shared` if it is absent or not understood."""
        try:
            return cls(value)
        except ValueError:
            return cls.SHARED

    @classmethod
    def of_event(cls, event: Event | None) -> Visibility:
        """The visibility that a state's m.room.history_visibility event sets."""
        return cls.of(None if event is None else event.content.get("history_visibility"))


def may_see(
    event: Event,
    user_id: str,
    *,
    visibility: Visibility,
    membership: str | None,
    joined_later: bool,
) -> bool:
    """Whether the user may see the event.

    visibility, membership: in the room's state *before* the event (membership None or `leave` for
    a stranger); what the event itself changes of them is read from it. joined_later: the user has
    joined at some point after the event, even if they left again.
    """
    if allows(visibility, membership, joined_later=joined_later):
        return True
    # "... the visibility before *or* after the event would allow them to see it."
    if event.type == "m.room.history_visibility" and event.state_key == "":
        after = Visibility.of_event(event)
        return allows(after, membership, joined_later=joined_later)
    # "Likewise, for the user's own m.room.member events ..."
    if event.type == "m.room.member" and event.state_key == user_id:
        return allows(visibility, event.membership, joined_later=joined_later)
    return False


def allows(visibility: Visibility, membership: str | None, *, joined_later: bool) -> bool:
    """The five rules for one visibility and one membership at an event."""
    if visibility is Visibility.WORLD_READABLE:
        return True  # 1
    if membership == "join":
        return True  # 2
    if visibility is Visibility.SHARED and joined_later:
        return True  # 3
    return membership == "invite" and visibility is Visibility.INVITED  # 4, 5
