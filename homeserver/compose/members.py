"""Who is in which room: what both accounts and rooms build on."""

from __future__ import annotations

from dataclasses import dataclass

from homeserver.compose.engine import Engine
from homeserver.services.accounts.change_push_rules import ChangePushRules
from homeserver.services.accounts.user_data import UserData
from homeserver.services.appservices.ask_appservices import AskAppservices
from homeserver.services.events.write_state import WriteState
from homeserver.services.rooms.change_membership import ChangeMembership
from homeserver.services.rooms.follow_profile import FollowProfile
from homeserver.services.rooms.follow_upgrade import FollowUpgrade
from homeserver.services.rooms.join_room import JoinRoom


@dataclass(frozen=True)
class Members:
    """The services that write memberships."""

    state: WriteState
    joins: JoinRoom
    memberships: ChangeMembership
    profiles: FollowProfile
    upgrades: FollowUpgrade
    push_rules: ChangePushRules
    user_data: UserData


def build_members(engine: Engine, ask: AskAppservices | None = None) -> Members:
    """Builds them."""
    name = engine.config.server_name
    state = WriteState(engine.committer, engine.write)
    push_rules = ChangePushRules(engine.database, engine.committer)
    user_data = UserData(engine.database, engine.committer)
    upgrades = FollowUpgrade(engine.heads, push_rules, user_data, server_name=name)
    return Members(
        state=state,
        joins=JoinRoom(engine.database, engine.heads, state, server_name=name, follow=upgrades),
        memberships=ChangeMembership(
            engine.database, engine.committer, engine.heads, state, server_name=name, ask=ask
        ),
        profiles=FollowProfile(engine.database, state),
        upgrades=upgrades,
        push_rules=push_rules,
        user_data=user_data,
    )
