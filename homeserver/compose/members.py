"""Who is in which room: what both accounts and rooms build on."""

from __future__ import annotations

from dataclasses import dataclass

from homeserver.compose.engine import Engine
from homeserver.services.ask_appservices import AskAppservices
from homeserver.services.change_membership import ChangeMembership
from homeserver.services.follow_profile import FollowProfile
from homeserver.services.join_room import JoinRoom
from homeserver.services.write_state import WriteState


@dataclass(frozen=True)
class Members:
    """The services that write memberships."""

    state: WriteState
    joins: JoinRoom
    memberships: ChangeMembership
    profiles: FollowProfile


def build_members(engine: Engine, ask: AskAppservices | None = None) -> Members:
    """Builds them."""
    name = engine.config.server_name
    state = WriteState(engine.committer, engine.write)
    return Members(
        state=state,
        joins=JoinRoom(engine.database, engine.heads, state, server_name=name),
        memberships=ChangeMembership(
            engine.database, engine.committer, engine.heads, state, server_name=name, ask=ask
        ),
        profiles=FollowProfile(engine.database, state),
    )
