"""What makes an account, to be committed with whatever justifies it."""

from __future__ import annotations

from typing import Any

from homeserver.ids import UserId
from homeserver.storage import accounts, profiles
from homeserver.storage.commit import LogRow
from homeserver.storage.database import Sql


def account_row(user_id: str) -> LogRow:
    """The log's row of an account that is new or changed."""
    return LogRow("account", user_id=user_id)


def profile_row(user_id: str) -> LogRow:
    """The log's row of a profile that changed."""
    return LogRow("profile", user_id=user_id)


def new_account(
    user_id: UserId,
    *,
    now: int,
    password_hash: str | None = None,
    admin: bool = False,
    must_change_password: bool = False,
    appservice_id: str | None = None,
    display_name: str | None = None,
) -> tuple[list[LogRow], list[tuple[Sql, dict[str, Any]]]]:
    """The log rows and statements of a new account. Committing them is a Conflict if it exists."""
    rows = [account_row(user_id)]
    statements: list[tuple[Sql, dict[str, Any]]] = [
        (
            accounts.INSERT,
            {
                "user_id": user_id,
                "password_hash": password_hash,
                "admin": int(admin),
                "must_change_password": int(must_change_password),
                "kind": accounts.USER if appservice_id is None else accounts.APPSERVICE,
                "appservice_id": appservice_id,
                "created_ts": now,
            },
        )
    ]
    if display_name:
        rows.append(profile_row(user_id))
        statements.append(
            (profiles.SET, profiles.set_args(user_id, profiles.DISPLAYNAME, display_name))
        )
    return rows, statements
