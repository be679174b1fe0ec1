"""Creates rooms, all or nothing.

Source: client-server-api, "POST /createRoom".
"""

from __future__ import annotations

from homeserver.errors import (
    Forbidden,
    InvalidParam,
    InvalidRoomState,
    NotFound,
    RoomInUse,
)
from homeserver.ids import RoomAlias, RoomId, UserId, domain_of, parse_room_alias
from homeserver.protocol.canonical_json import check_numbers
from homeserver.protocol.event_checks import check_local
from homeserver.protocol.room_versions import room_version
from homeserver.services.accounts.invite_permission import check_invitable
from homeserver.services.appservices.ask_appservices import AskAppservices
from homeserver.services.events.write_event import WriteEvent
from homeserver.services.ground.requester import Requester
from homeserver.services.rooms.compose_room import RoomRequest, compose, invitees_of
from homeserver.services.rooms.room_aliases import RoomAliases
from homeserver.services.rooms.set_state import malformed
from homeserver.storage import accounts, aliases, profiles
from homeserver.storage.database import Args, Conflict, Connection, Database, Sql


class CreateRoom:
    """Makes a room with its first events, its alias and its place in the directory at once.

    ask: for invited users whom we do not know.
    """

    def __init__(
        self,
        database: Database,
        write: WriteEvent,
        room_aliases: RoomAliases,
        *,
        server_name: str,
        default_version: str,
        ask: AskAppservices | None = None,
    ) -> None:
        self._database = database
        self._write = write
        self._aliases = room_aliases
        self._server_name = server_name
        self._default_version = default_version
        self._ask = ask

    async def create(self, who: Requester, request: RoomRequest) -> RoomId:
        """The id of the new room.

        Raises NotFound (who is to join at once has no account), UnsupportedRoomVersion, RoomInUse
        (the alias), InvalidRoomState (an event that the others do not permit), BadJson,
        InvalidParam, BadAlias, Exclusive, TooLarge, InviteBlocked, ThreepidDenied, Forbidden
        (someone of another server is invited).
        """
        version = room_version(request.room_version or self._default_version)
        alias = await self._free_alias(who, request.room_alias_name)
        invitees = invitees_of(request, who.user_id)
        if any(domain_of(user_id) != self._server_name for user_id in invitees):
            raise Forbidden("Only people of this server can be invited")
        if self._ask is not None:
            await self._ask.introduce(invitees)
        async with self._database.read() as conn:
            await check_invitable(conn, list(invitees))
            if request.join_invited:
                await _check_people(conn, invitees)
            names = await profiles.names(conn, [who.user_id, *invitees])
        drafts = compose(
            request,
            creator=who.user_id,
            version=version,
            alias=alias,
            invitees=invitees,
            names=names,
        )
        for draft in drafts:
            check_local(draft.type, draft.state_key, draft.content)
            check_numbers(draft.content)

        def also(room: int) -> list[tuple[Sql, list[Args]]]:
            return [] if alias is None else [(aliases.INSERT, [(alias, room, who.user_id)])]

        try:
            head = await self._write.create(
                version, drafts, is_public=request.visibility == "public", also=also
            )
        except Forbidden as refused:
            raise malformed(refused) or InvalidRoomState(refused.message) from refused
        except Conflict:
            if alias is None:
                raise
            raise RoomInUse from None
        return RoomId(head.room_id)

    async def _free_alias(self, who: Requester, localpart: str | None) -> RoomAlias | None:
        if localpart is None:
            return None
        if ":" in localpart or localpart.startswith("#"):
            # The whole alias where its localpart belongs: a frequent mistake, best told at once.
            raise InvalidParam("room_alias_name is the part of the alias between # and :")
        alias = parse_room_alias(f"#{localpart}:{self._server_name}")
        if not await self._aliases.check_free(who, alias):
            raise RoomInUse
        return alias


async def _check_people(conn: Connection, user_ids: list[UserId]) -> None:
    """Only people with an account join at once; application services decide for themselves."""
    for user_id in user_ids:
        account = await accounts.account(conn, user_id)
        if account is None or not account.active or account.appservice_id is not None:
            raise NotFound("There is no such person to begin a conversation with")
