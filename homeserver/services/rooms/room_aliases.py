"""Room aliases: making, resolving and removing them."""

from __future__ import annotations

from typing import Any

from homeserver.errors import BadAlias, Exclusive, Forbidden, InvalidParam, MatrixError, NotFound
from homeserver.ids import RoomAlias, RoomId, domain_of, parse_room_alias, parse_room_id
from homeserver.observe import get_logger
from homeserver.protocol.visibility import Visibility
from homeserver.services.appservices.appservice_registry import Appservices
from homeserver.services.appservices.ask_appservices import AskAppservices
from homeserver.services.events.room_heads import RoomHead, RoomHeads
from homeserver.services.events.write_event import Draft
from homeserver.services.events.write_state import WriteState, check_joined, joined_head
from homeserver.services.ground.requester import Requester
from homeserver.storage import aliases
from homeserver.storage.commit import Committer, LostClaim, Write, statements
from homeserver.storage.database import Conflict, Database

log = get_logger(__name__)

CANONICAL_ALIAS = "m.room.canonical_alias"


class RoomAliases:
    """The names under which this server's rooms are found.

    ask: for aliases that we do not know, but an application service may.
    """

    def __init__(
        self,
        database: Database,
        committer: Committer,
        heads: RoomHeads,
        state: WriteState,
        appservices: Appservices,
        *,
        server_name: str,
        ask: AskAppservices | None = None,
    ) -> None:
        self._database = database
        self._committer = committer
        self._heads = heads
        self._state = state
        self._appservices = appservices
        self._server_name = server_name
        self._ask = ask

    async def resolve(self, alias: str) -> RoomId:
        """The room of an alias; NotFound. Aliases of other servers are not resolved yet."""
        async with self._database.read() as conn:
            found = await aliases.alias(conn, alias)
        if found is None and self._ask is not None and await self._ask.alias(alias):
            async with self._database.read() as conn:
                found = await aliases.alias(conn, alias)
        if found is None:
            raise NotFound(f"Room alias {alias} not found")
        return found.room_id

    async def room_id(self, room_id_or_alias: str) -> RoomId:
        """The room of an id or an alias, as some endpoints take either. NotFound, InvalidParam."""
        if room_id_or_alias.startswith("#"):
            return await self.resolve(parse_room_alias(room_id_or_alias))
        if room_id_or_alias.startswith("!"):
            return parse_room_id(room_id_or_alias)
        raise InvalidParam("Neither a room ID nor a room alias")

    async def check_free(self, who: Requester, alias: RoomAlias) -> bool:
        """Whether nobody has taken the alias.

        Raises InvalidParam for another server's alias, Exclusive for one that an application
        service has reserved, or that the calling one has not.
        """
        if domain_of(alias) != self._server_name:
            raise InvalidParam("An alias must be of this server")
        owner = self._appservices.owner_of_alias(alias)
        if owner is not None and owner.id != who.appservice_id:
            raise Exclusive
        if who.appservice_id is not None:
            mine = self._appservices.by_id(who.appservice_id)
            if mine is not None and not mine.covers_alias(alias):
                raise Exclusive("This application service has not reserved that alias")
        async with self._database.read() as conn:
            return await aliases.alias(conn, alias) is None

    async def create(self, who: Requester, alias: RoomAlias, room_id: str) -> None:
        """Lets an alias point to a room that the caller has joined.

        Raises Forbidden, InvalidParam, Exclusive, and MatrixError 409 when the alias is taken.
        """
        taken = MatrixError(f"Room alias {alias} already exists", status=409)
        if not await self.check_free(who, alias):
            raise taken
        head = await joined_head(self._heads, room_id, who.user_id)
        params = {"alias": alias, "room": head.nid, "creator": who.user_id}
        try:
            await self._committer.commit(Write(bind=statements((aliases.INSERT, params))))
        except Conflict:
            raise taken from None

    async def delete(self, who: Requester, alias: RoomAlias) -> None:
        """Removes an alias, and takes it out of the room's canonical alias, where permitted.

        For its creator, those who may set the canonical alias, and server administrators.
        Raises NotFound, Forbidden, Exclusive.
        """
        async with self._database.read() as conn:
            found = await aliases.alias(conn, alias)
        if found is None:
            raise NotFound(f"Room alias {alias} not found")
        owner = self._appservices.owner_of_alias(alias)
        if owner is not None and owner.id != who.appservice_id:
            raise Exclusive
        if found.creator != who.user_id and not who.admin:
            head = await self._heads.find(found.room_id)
            if head is None or not may_publish(head, who.user_id):
                raise Forbidden("Only its creator or a moderator of the room may remove an alias")
        claim = (aliases.CLAIM_DELETE, aliases.CLAIM_DELETE.args({"alias": alias}))
        try:
            await self._committer.commit(Write(claim=claim))
        except LostClaim:
            raise NotFound(f"Room alias {alias} not found") from None
        try:
            await self._state.put(found.room_id, lambda head: _without(head, alias, who.user_id))
        except (Forbidden, NotFound):
            # "delete the alias and return a successful response even if the user does not have
            # permission to update the m.room.canonical_alias event"
            log.info("canonical_alias_kept", room_id=found.room_id, alias=alias)

    async def of_room(self, who: Requester, room_id: str) -> list[str]:
        """All aliases of a room; for members, for all if the room is world-readable. Forbidden."""
        head = await self._heads.find(room_id)
        if head is None:
            raise Forbidden("You are not in this room")
        visibility = Visibility.of_event(head.event("m.room.history_visibility"))
        if visibility is not Visibility.WORLD_READABLE:
            check_joined(head, who.user_id)
        async with self._database.read() as conn:
            return await aliases.of_room(conn, room_id)

    async def check_canonical(self, head: RoomHead, content: dict[str, Any]) -> None:
        """Passes the content of a canonical alias event for this room.

        Raises InvalidParam (the grammar), BadAlias (one that is new in it points elsewhere).
        """
        current = head.event(CANONICAL_ALIAS)
        before = set() if current is None else named_aliases(current.content, strict=False)
        for alias in sorted(named_aliases(content, strict=True) - before):
            parse_room_alias(alias)
            async with self._database.read() as conn:
                found = await aliases.alias(conn, alias)
            if found is None or found.room_id != head.room_id:
                raise BadAlias(f"The alias {alias} does not point to this room")


def may_publish(head: RoomHead, user_id: str) -> bool:
    """Whether someone speaks for the room to the outside: those who may set its canonical alias."""
    needed = head.power.event_level(CANONICAL_ALIAS, True)
    return user_id in head.joined and head.power.user_level(user_id) >= needed


def named_aliases(content: dict[str, Any], *, strict: bool) -> set[str]:
    """The aliases that a canonical alias event names. strict: InvalidParam for what is not text."""
    alias, others = content.get("alias"), content.get("alt_aliases")
    if strict and not (isinstance(alias, str | None) and isinstance(others, list | None)):
        raise InvalidParam("alias must be text and alt_aliases a list of aliases")
    # An empty alias is an old way of having none.
    named = [alias] if alias else []
    named += others if isinstance(others, list) else []
    if strict and not all(isinstance(name, str) for name in named):
        raise InvalidParam("alt_aliases must be a list of aliases")
    return {name for name in named if isinstance(name, str)}


def _without(head: RoomHead, alias: str, user_id: str) -> Draft | None:
    current = head.event(CANONICAL_ALIAS)
    if current is None or alias not in named_aliases(current.content, strict=False):
        return None
    content = dict(current.content)
    if content.get("alias") == alias:
        del content["alias"]
    if isinstance(content.get("alt_aliases"), list):
        content["alt_aliases"] = [name for name in content["alt_aliases"] if name != alias]
        if not content["alt_aliases"]:
            del content["alt_aliases"]
    return Draft(CANONICAL_ALIAS, user_id, content, state_key="")
