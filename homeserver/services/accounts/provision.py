"""What the command line does to accounts, beside a server that may be running."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from homeserver.config import Config
from homeserver.errors import InvalidParam, NotFound, UserInUse
from homeserver.ids import UserId, domain_of, make_user_id, parse_new_localpart
from homeserver.services.accounts.new_account import account_row, new_account
from homeserver.services.accounts.passwords import Passwords, generate_password
from homeserver.services.accounts.tokens import device_row, session_row
from homeserver.services.appservices.appservice_registry import Appservices
from homeserver.services.ground.clock import wall_clock
from homeserver.storage import accounts, devices, tokens
from homeserver.storage.commit import Committer, Write, statements
from homeserver.storage.database import Conflict, Database
from homeserver.storage.open_database import open_database


async def ensure_admin(config: Config, password: str | None) -> str | None:
    """Makes the administrator, unless someone is one already.

    password: None: one is made up. Gives the password that was made up, to be shown once. An
    account of that name that is no administrator becomes one and keeps its password.
    Raises InvalidParam, WeakPassword. The database must be migrated.
    """
    async with _opened(config) as (database, committer):
        async with database.read() as conn:
            if await accounts.has_admin(conn):
                return None
            user_id = UserId(config.admin_user_id)
            existing = await accounts.account(conn, user_id)
        if existing is not None:
            named = {"user_id": user_id}
            await committer.commit(
                Write(
                    log=[account_row(user_id)],
                    bind=statements((accounts.MAKE_ADMIN, named), (accounts.ACTIVATE, named)),
                )
            )
            return None
        chosen = password or generate_password()
        await _add(config, committer, user_id, chosen, admin=True, display_name=None)
    return None if password else chosen


async def add_user(
    config: Config,
    localpart: str,
    password: str,
    *,
    admin: bool = False,
    display_name: str | None = None,
) -> UserId:
    """Makes an account and gives its user id.

    Raises UserInUse, InvalidUsername, InvalidParam, WeakPassword.
    """
    name = parse_new_localpart(localpart, config.server_name)
    user_id = make_user_id(name, config.server_name)
    async with _opened(config) as (_, committer):
        await _add(config, committer, user_id, password, admin=admin, display_name=display_name)
    return user_id


async def reset_password(config: Config, user: str, password: str | None = None) -> str:
    """Gives an account a temporary password and ends its sessions; gives the password.

    user: a localpart or user id. At the next sign-in a new password must be chosen.
    Raises NotFound, InvalidParam (deactivated), WeakPassword.
    """
    user_id = UserId(user if user.startswith("@") else make_user_id(user, config.server_name))
    if domain_of(user_id) != config.server_name:
        raise NotFound(f"{user} is not an account of {config.server_name}")
    chosen = password or generate_password()
    async with _opened(config) as (database, committer):
        async with database.read() as conn:
            account = await accounts.account(conn, user_id)
            known = await devices.devices(conn, user_id)
        if account is None:
            raise NotFound(f"There is no account {user_id}")
        if not account.active:
            raise InvalidParam(f"{user_id} is deactivated")
        change = {
            "user_id": user_id,
            "password_hash": await _hashed(config, chosen),
            "must_change_password": 1,
        }
        await committer.commit(
            Write(
                log=[
                    account_row(user_id),
                    session_row(user_id),
                    *(device_row(user_id, each.device_id, deleted=True) for each in known),
                ],
                bind=statements(
                    *devices.removal_of_all(user_id, keep=None),
                    (tokens.DELETE_ONCE_OF_USER, {"user_id": user_id}),
                    (accounts.SET_PASSWORD, change),
                ),
            )
        )
    return chosen


async def ensure_senders(database: Database, committer: Committer, registry: Appservices) -> None:
    """Makes the account of each application service's own user, where it is missing."""
    senders = {each.sender: each.id for each in registry.all}
    if not senders:
        return
    async with database.read() as conn:
        known = await accounts.known(conn, sorted(senders))
    for sender, appservice_id in senders.items():
        if sender in known:
            continue
        rows, made = new_account(sender, now=wall_clock(), appservice_id=appservice_id)
        await committer.commit(Write(log=rows, bind=statements(*made)))


@asynccontextmanager
async def _opened(config: Config) -> AsyncIterator[tuple[Database, Committer]]:
    database = await open_database(config.database_url)
    committer = Committer(database)
    committer.start()
    try:
        yield database, committer
    finally:
        await committer.stop()
        await database.close()


async def _add(
    config: Config,
    committer: Committer,
    user_id: UserId,
    password: str,
    *,
    admin: bool,
    display_name: str | None,
) -> None:
    rows, made = new_account(
        user_id,
        now=wall_clock(),
        password_hash=await _hashed(config, password),
        admin=admin,
        display_name=display_name,
    )
    try:
        await committer.commit(Write(log=rows, bind=statements(*made)))
    except Conflict as error:
        raise UserInUse(f"{user_id} exists already") from error


async def _hashed(config: Config, password: str) -> str:
    settings = config.accounts
    passwords = Passwords(
        cost=settings.bcrypt_cost, threads=1, min_length=settings.password_min_length
    )
    try:
        return await passwords.hash(passwords.check_new(password))
    finally:
        passwords.close()
