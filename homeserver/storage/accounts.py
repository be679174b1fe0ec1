"""Accounts: who exists here, whether they may sign in, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass

from homeserver.ids import UserId
from homeserver.storage.database import Connection, Row, Sql

USER = "user"
APPSERVICE = "appservice"

INSERT = Sql(
    "INSERT INTO account (user_id, password_hash, admin, must_change_password, kind, appservice_id,"
    " created_ts) VALUES (:user_id, :password_hash, :admin, :must_change_password, :kind,"
    " :appservice_id, :created_ts)"
)
"""Conflict: the user id is taken."""

SET_PASSWORD = Sql(
    "UPDATE account SET password_hash = :password_hash,"
    " must_change_password = :must_change_password WHERE user_id = :user_id"
)
MAKE_ADMIN = Sql("UPDATE account SET admin = 1 WHERE user_id = :user_id")
SET_CUSTOM_PUSH_FROM = Sql(
    "UPDATE account SET custom_push_from = :position"
    " WHERE user_id = :user_id AND custom_push_from IS NULL"
)
ACTIVATE = Sql("UPDATE account SET active = 1 WHERE user_id = :user_id")

# An administrator must remain. Each claim does its work itself, so that of two administrators who
# remove each other in one transaction only the first succeeds.
_ADMIN_REMAINS = (
    " AND (admin = 0 OR active = 0 OR EXISTS (SELECT 1 FROM account AS other"
    " WHERE other.admin = 1 AND other.active = 1 AND other.user_id <> :user_id))"
    " RETURNING user_id"
)
CLAIM_DEMOTE = Sql("UPDATE account SET admin = 0 WHERE user_id = :user_id" + _ADMIN_REMAINS)
CLAIM_DEACTIVATE = Sql("UPDATE account SET active = 0 WHERE user_id = :user_id" + _ADMIN_REMAINS)
CLAIM_CLOSE = Sql(
    "UPDATE account SET active = 0, admin = 0, password_hash = NULL"
    " WHERE user_id = :user_id AND active = 1" + _ADMIN_REMAINS
)
"""Like CLAIM_DEACTIVATE, for good: the password is forgotten too."""

_ADMINS = Sql("SELECT user_id FROM account WHERE admin = 1 AND active = 1 LIMIT 2")

CLAIM_PASSWORD = Sql(
    "UPDATE account SET active = 1 WHERE user_id = :user_id AND active = 1"
    " AND password_hash = :password_hash RETURNING user_id"
)
"""A claim that changes nothing: the account may sign in, and has this very password."""

CLAIM_ACTIVE = Sql(
    "UPDATE account SET active = 1 WHERE user_id = :user_id AND active = 1 RETURNING user_id"
)
"""A claim that changes nothing: the account exists and may sign in."""

_ACCOUNT = Sql(
    "SELECT user_id, password_hash, admin, active, must_change_password, kind, appservice_id,"
    " created_ts FROM account WHERE user_id = :user_id"
)
_ANY_ADMIN = Sql("SELECT user_id FROM account WHERE admin = 1 AND active = 1 LIMIT 1")
_KNOWN = Sql("SELECT user_id FROM account WHERE user_id = ANY(:user_ids)")

_PEOPLE = (
    " FROM account AS a"
    " LEFT JOIN profile AS n ON n.user_id = a.user_id AND n.field = 'displayname'"
    " LEFT JOIN profile AS v ON v.user_id = a.user_id AND v.field = 'avatar_url'"
)
# People are what humans sign in to; accounts of application services are listed where one is named.
_MATCHING = (
    " WHERE (a.kind = 'user' OR a.appservice_id = :appservice_id)"
    " AND (LOWER(a.user_id) LIKE :pattern ESCAPE '\\' OR n.search LIKE :pattern ESCAPE '\\')"
)
_PERSON = (
    "SELECT a.user_id, n.value, v.value, a.admin, a.active, a.password_hash IS NOT NULL,"
    " a.must_change_password, a.created_ts,"
    " (SELECT MAX(d.last_seen_ts) FROM device AS d WHERE d.user_id = a.user_id)"
)
_ONE_PERSON = Sql(_PERSON + _PEOPLE + " WHERE a.user_id = :user_id")
_SEARCH_PEOPLE = Sql(
    _PERSON + _PEOPLE + _MATCHING + " AND a.user_id > :after ORDER BY a.user_id LIMIT :limit"
)
_COUNT_PEOPLE = Sql("SELECT COUNT(*)" + _PEOPLE + _MATCHING)


@dataclass(frozen=True, slots=True)
class Account:
    """An account of this server. ``kind``: USER, or APPSERVICE (``appservice_id`` says whose)."""

    user_id: UserId
    password_hash: str | None
    admin: bool
    active: bool
    must_change_password: bool
    kind: str
    appservice_id: str | None
    created_ts: int


@dataclass(frozen=True, slots=True)
class Person:
    """What an administrator sees of an account; ``display_name`` and ``avatar_url`` are JSON."""

    user_id: UserId
    display_name: bytes | None
    avatar_url: bytes | None
    admin: bool
    active: bool
    has_password: bool
    must_change_password: bool
    created_ts: int
    last_seen_ts: int | None


async def account(conn: Connection, user_id: str) -> Account | None:
    """The account of this id, deactivated ones too."""
    row = await conn.fetch_one(_ACCOUNT, user_id=user_id)
    if row is None:
        return None
    found, password_hash, admin, active, must_change, kind, appservice_id, created_ts = row
    return Account(
        UserId(found),
        password_hash,
        bool(admin),
        bool(active),
        bool(must_change),
        kind,
        appservice_id,
        created_ts,
    )


async def has_admin(conn: Connection) -> bool:
    """Whether any administrator can sign in."""
    return await conn.fetch_value(_ANY_ADMIN) is not None


async def known(conn: Connection, user_ids: list[str]) -> set[str]:
    """Those of the ids that belong to accounts, deactivated ones too."""
    return {row[0] for row in await conn.fetch(_KNOWN, user_ids=user_ids)}


async def person(conn: Connection, user_id: str) -> Person | None:
    """One account as a person; None for unknown ids."""
    row = await conn.fetch_one(_ONE_PERSON, user_id=user_id)
    return None if row is None else _person(row)


async def search_people(
    conn: Connection, search: str, *, after: str, limit: int, appservice_id: str | None
) -> tuple[list[Person], int]:
    """People whose id or display name contains the text, whatever its case, and how many there are.

    Ordered by user id; the page begins behind ``after`` and has at most ``limit``. appservice_id:
    whose accounts are listed too.
    """
    given = {"pattern": like_pattern(search), "appservice_id": appservice_id or ""}
    rows = await conn.fetch(_SEARCH_PEOPLE, **given, after=after, limit=limit)
    total: int = await conn.fetch_value(_COUNT_PEOPLE, **given)
    return [_person(row) for row in rows], total


def like_pattern(text: str) -> str:
    """The LIKE pattern (escaped by a backslash) of texts that contain this one, in lower case."""
    escaped = text.casefold().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"


def _person(row: Row) -> Person:
    return Person(
        UserId(row[0]),
        row[1],
        row[2],
        bool(row[3]),
        bool(row[4]),
        bool(row[5]),
        bool(row[6]),
        row[7],
        row[8],
    )


async def is_last_admin(conn: Connection, user_id: str) -> bool:
    """Whether nobody else who is active may administrate, and this person may."""
    rows = await conn.fetch(_ADMINS)
    return [row[0] for row in rows] == [user_id]
