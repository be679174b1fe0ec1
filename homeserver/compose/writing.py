"""Writing into rooms, and finding them and their people: services and endpoints."""

from __future__ import annotations

from homeserver.api.client.directory import DirectoryApi
from homeserver.api.client.room_members import RoomMembersApi
from homeserver.api.client.room_send import RoomSendApi
from homeserver.api.client.rooms import RoomsApi
from homeserver.api.client.spaces import SpacesApi
from homeserver.compose.engine import Engine
from homeserver.compose.members import Members
from homeserver.compose.memory import max_bytes
from homeserver.services.accounts.search_users import SearchUsers
from homeserver.services.appservices.appservice_registry import Appservices
from homeserver.services.appservices.ask_appservices import AskAppservices
from homeserver.services.events.recent_txns import RecentTxns
from homeserver.services.events.send_event import SendEvent
from homeserver.services.rooms.create_room import CreateRoom
from homeserver.services.rooms.list_rooms import ListRooms
from homeserver.services.rooms.publish_rooms import PublishRooms
from homeserver.services.rooms.room_aliases import RoomAliases
from homeserver.services.rooms.set_state import SetState
from homeserver.services.rooms.summarise_room import SummariseRoom
from homeserver.services.rooms.upgrade_room import UpgradeRoom
from homeserver.services.rooms.walk_space import WalkSpace


def writing_apis(
    engine: Engine,
    members: Members,
    appservices: Appservices,
    ask: AskAppservices | None = None,
) -> list[object]:
    """The endpoints that write into rooms, and the directories."""
    config, database, heads = engine.config, engine.database, engine.heads
    name = config.server_name
    aliases = RoomAliases(
        database, engine.committer, heads, members.state, appservices, server_name=name, ask=ask
    )
    send = SendEvent(
        database,
        heads,
        engine.cache,
        engine.write,
        RecentTxns(database, max_bytes=max_bytes(config, "transactions")),
        server_name=name,
    )
    return [
        RoomSendApi(
            send,
            SetState(
                heads,
                members.state,
                aliases,
                members.memberships,
                members.joins,
                members.upgrades,
            ),
        ),
        RoomMembersApi(members.joins, members.memberships, aliases),
        RoomsApi(
            CreateRoom(
                database,
                engine.write,
                aliases,
                server_name=name,
                default_version=config.rooms.default_version,
                ask=ask,
            ),
            ListRooms(database),
            SummariseRoom(database, heads),
            aliases,
            UpgradeRoom(
                database,
                heads,
                engine.write,
                members.state,
                members.memberships,
                members.upgrades,
                server_name=name,
            ),
        ),
        SpacesApi(WalkSpace(database, heads)),
        DirectoryApi(
            aliases,
            PublishRooms(database, engine.committer, heads),
            SearchUsers(database, everyone=config.rooms.directory_shows_everyone),
            server_name=name,
        ),
    ]
