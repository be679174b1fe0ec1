"""An account as an administrator's program wants it: made or changed, as often as it asks."""

from __future__ import annotations

from typing import Any

from homeserver.errors import Exclusive, InvalidParam, UserInUse
from homeserver.ids import UserId, domain_of, localpart_of, parse_new_localpart
from homeserver.observe import get_logger
from homeserver.services.accounts.new_account import account_row, new_account
from homeserver.services.accounts.passwords import Passwords
from homeserver.services.accounts.people import People
from homeserver.services.accounts.profile import check_value
from homeserver.services.accounts.tokens import Tokens
from homeserver.services.appservices.appservice_registry import Appservices
from homeserver.services.ground.clock import Clock
from homeserver.storage import accounts, tokens
from homeserver.storage.accounts import Account
from homeserver.storage.commit import Committer, Write, statements
from homeserver.storage.database import Conflict, Database
from homeserver.storage.profiles import DISPLAYNAME

log = get_logger(__name__)


class PutPerson:
    """Makes and changes accounts. For administrators: the caller checks that."""

    def __init__(
        self,
        database: Database,
        committer: Committer,
        passwords: Passwords,
        sessions: Tokens,
        people: People,
        appservices: Appservices,
        clock: Clock,
        *,
        server_name: str,
    ) -> None:
        self._database = database
        self._committer = committer
        self._passwords = passwords
        self._sessions = sessions
        self._people = people
        self._appservices = appservices
        self._clock = clock
        self._server_name = server_name

    async def put(
        self,
        caller: UserId,
        user_id: UserId,
        *,
        password: str | None,
        display_name: str | None,
        admin: bool | None,
        active: bool | None,
    ) -> tuple[dict[str, Any], bool]:
        """The person as they are then, and whether the account is new. What is None stays.

        A password that differs ends every session of the account. Raises InvalidParam (also a
        user of another server), InvalidUsername, WeakPassword, Exclusive (a new name that an
        application service reserved).
        """
        if domain_of(user_id) != self._server_name:
            raise InvalidParam("The user belongs to another server")
        if display_name:
            check_value(DISPLAYNAME, display_name)
        if password is not None:
            self._passwords.check_new(password)
        async with self._database.read() as conn:
            account = await accounts.account(conn, user_id)
        is_new = account is None
        if account is None:
            await self._add(user_id, password, display_name, admin=bool(admin))
        elif password is not None:
            await self._set_password(account, password)
        person = await self._people.change(
            caller, user_id, display_name=display_name, admin=admin, active=active
        )
        return person, is_new

    async def _add(
        self, user_id: UserId, password: str | None, display_name: str | None, *, admin: bool
    ) -> None:
        parse_new_localpart(localpart_of(user_id), self._server_name)
        if self._appservices.owner_of(user_id) is not None:
            raise Exclusive("That name is reserved by an application service")
        rows, made = new_account(
            user_id,
            now=self._clock(),
            password_hash=None if password is None else await self._passwords.hash(password),
            admin=admin,
            display_name=display_name,
        )
        try:
            await self._committer.commit(Write(log=rows, bind=statements(*made)))
        except Conflict as error:
            raise UserInUse from error
        log.info("person_added", user_id=user_id, admin=admin)

    async def _set_password(self, account: Account, password: str) -> None:
        if (
            await self._passwords.matches(password, account.password_hash)
            and not account.must_change_password
        ):
            return
        user_id = account.user_id
        rows, ended = await self._sessions.ending_all(user_id)
        changed = {
            "user_id": user_id,
            "password_hash": await self._passwords.hash(password),
            "must_change_password": 0,
        }
        await self._committer.commit(
            Write(
                log=[account_row(user_id), *rows],
                bind=statements(
                    *ended,
                    (accounts.SET_PASSWORD, changed),
                    (tokens.DELETE_ONCE_OF_USER, {"user_id": user_id}),
                ),
            )
        )
        log.info("password_set", user_id=user_id)
