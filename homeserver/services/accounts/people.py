"""People, as an administrator sees and changes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from homeserver.errors import Exclusive, InvalidParam, NotFound, UserInUse
from homeserver.ids import UserId, make_user_id, parse_new_localpart
from homeserver.observe import get_logger
from homeserver.services.accounts.new_account import account_row, new_account
from homeserver.services.accounts.profile import Profile, check_value
from homeserver.services.accounts.tokens import Statement, Tokens
from homeserver.services.accounts.welcome import Link, Welcome
from homeserver.services.appservices.appservice_registry import Appservices
from homeserver.services.ground.clock import Clock
from homeserver.storage import accounts, tokens
from homeserver.storage.accounts import Person
from homeserver.storage.commit import Committer, LostClaim, Write, statements
from homeserver.storage.database import Conflict, Database, Sql
from homeserver.storage.profiles import DISPLAYNAME

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Page:
    """Some people in the order of their ids. ``next_batch``: where the next page begins."""

    people: list[dict[str, Any]]
    next_batch: str | None
    total: int


class People:
    """What the People page does. Every method is for administrators: the caller checks that."""

    def __init__(
        self,
        database: Database,
        committer: Committer,
        sessions: Tokens,
        welcome: Welcome,
        profile: Profile,
        appservices: Appservices,
        clock: Clock,
        *,
        server_name: str,
    ) -> None:
        self._database = database
        self._committer = committer
        self._sessions = sessions
        self._welcome = welcome
        self._profile = profile
        self._appservices = appservices
        self._clock = clock
        self._server_name = server_name

    async def page(
        self, *, search: str, after: str, limit: int, appservice_id: str | None = None
    ) -> Page:
        """Up to ``limit`` people whose id or name contains ``search``, from behind ``after``.

        appservice_id: an application service whose accounts are listed too.
        """
        async with self._database.read() as conn:
            found, total = await accounts.search_people(
                conn, search, after=after, limit=limit + 1, appservice_id=appservice_id
            )
        more = found[limit - 1].user_id if len(found) > limit else None
        return Page([described(each) for each in found[:limit]], more, total)

    async def one(self, user_id: UserId) -> dict[str, Any]:
        """One person. Raises NotFound."""
        return described(await self._require(user_id))

    async def add(
        self, localpart: str, *, display_name: str | None, admin: bool
    ) -> tuple[UserId, Link]:
        """A new account without a password, and the link that its owner comes in by.

        Raises InvalidUsername, UserInUse, Exclusive, InvalidParam.
        """
        if display_name:
            check_value(DISPLAYNAME, display_name)
        user_id = make_user_id(parse_new_localpart(localpart, self._server_name), self._server_name)
        if self._appservices.owner_of(user_id) is not None:
            raise Exclusive("That name is reserved by an application service")
        rows, made = new_account(user_id, now=self._clock(), admin=admin, display_name=display_name)
        link = self._welcome.prepare(user_id)
        try:
            await self._committer.commit(Write(log=rows, bind=statements(*made, *link.statements)))
        except Conflict as error:
            raise UserInUse from error
        log.info("person_added", user_id=user_id, admin=admin)
        return user_id, link

    async def invite_again(self, caller: UserId, user_id: UserId) -> Link:
        """A new link for someone who cannot sign in. Their sessions end, their password is void.

        Raises NotFound, InvalidParam (the caller, or someone deactivated).
        """
        person = await self._require(user_id)
        if user_id == caller:
            raise InvalidParam("Change your own password instead")
        if not person.active:
            raise InvalidParam("The account is deactivated")
        link = self._welcome.prepare(user_id)
        rows, ended = await self._sessions.ending_all(user_id)
        void = {"user_id": user_id, "password_hash": None, "must_change_password": 1}
        await self._committer.commit(
            Write(
                log=[account_row(user_id), *rows],
                bind=statements(*ended, (accounts.SET_PASSWORD, void), *link.statements),
            )
        )
        log.info("person_invited_again", user_id=user_id, by=caller)
        return link

    async def change(
        self,
        caller: UserId,
        user_id: UserId,
        *,
        display_name: str | None,
        admin: bool | None,
        active: bool | None,
    ) -> dict[str, Any]:
        """Changes what is given, and gives the person as they are then.

        Who is deactivated is signed out everywhere and cannot come back until activated.
        Raises NotFound; InvalidParam, also when no administrator would remain.
        """
        person = await self._require(user_id)
        if display_name:
            check_value(DISPLAYNAME, display_name)
        await self._change_rights(person, admin=admin, active=active)
        if display_name is not None:
            await self._profile.set_display_name(user_id, display_name)
        log.info("person_changed", user_id=user_id, by=caller, admin=admin, active=active)
        return described(await self._require(user_id))

    async def _change_rights(
        self, person: Person, *, admin: bool | None, active: bool | None
    ) -> None:
        named = {"user_id": person.user_id}
        rows, bound = [account_row(person.user_id)], list[Statement]()
        claims: list[Sql] = []
        if active is False and person.active:
            ended, removal = await self._sessions.ending_all(person.user_id)
            rows, bound = rows + ended, bound + removal
            bound.append((tokens.DELETE_ONCE_OF_USER, named))
            claims.append(accounts.CLAIM_DEACTIVATE)
        elif active is True:
            bound.append((accounts.ACTIVATE, named))
        if admin is False and person.admin:
            claims.append(accounts.CLAIM_DEMOTE)
        elif admin is True:
            bound.append((accounts.MAKE_ADMIN, named))
        for claim in claims[1:]:
            bound.append((claim, named))  # the first claim has seen that another one remains
        if not claims and not bound:
            return
        first = (claims[0], claims[0].args(named)) if claims else None
        try:
            await self._committer.commit(Write(log=rows, bind=statements(*bound), claim=first))
        except LostClaim as error:
            raise InvalidParam("The last administrator must remain one") from error

    async def _require(self, user_id: UserId) -> Person:
        async with self._database.read() as conn:
            found = await accounts.person(conn, user_id)
        if found is None:
            raise NotFound("No such person")
        return found


def described(person: Person) -> dict[str, Any]:
    """The person as the administrators' API shows them."""
    return {
        "user_id": person.user_id,
        "display_name": _loaded(person.display_name),
        "avatar_url": _loaded(person.avatar_url),
        "admin": person.admin,
        "active": person.active,
        "has_password": person.has_password,
        "must_change_password": person.must_change_password,
        "created_ts": person.created_ts,
        "last_seen_ts": person.last_seen_ts,
    }


def _loaded(value: bytes | None) -> Any:
    return None if value is None else orjson.loads(value)
