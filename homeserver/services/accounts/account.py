"""What people do with their own account: change the password, leave for good."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from homeserver.errors import InvalidParam, WeakPassword
from homeserver.ids import DeviceId, UserId
from homeserver.observe import get_logger
from homeserver.services.accounts.new_account import account_row, profile_row
from homeserver.services.accounts.passwords import Passwords
from homeserver.services.accounts.tokens import Statement, Tokens
from homeserver.storage import account_data, accounts, profiles, tokens
from homeserver.storage.commit import Committer, LostClaim, Write, statements
from homeserver.storage.database import Database

log = get_logger(__name__)

OnDeactivated = Callable[[UserId], Awaitable[None]]


class Account:
    """Changes accounts.

    on_deactivated: told, one after the other, of each account that was closed: its user leaves
    their rooms, and whatever else follows.
    """

    def __init__(
        self,
        database: Database,
        committer: Committer,
        passwords: Passwords,
        sessions: Tokens,
        *,
        on_deactivated: Sequence[OnDeactivated] = (),
    ) -> None:
        self._database = database
        self._committer = committer
        self._passwords = passwords
        self._sessions = sessions
        self._on_deactivated = on_deactivated

    def check_password(self, password: object) -> str:
        """The password, if it may be chosen (see `Passwords.check_new`)."""
        return self._passwords.check_new(password)

    async def change_password(
        self,
        user_id: UserId,
        password: str,
        *,
        end_other_sessions: bool,
        keep: DeviceId | None,
    ) -> None:
        """Sets the password for good; other sessions than that of ``keep`` end, if wanted.

        One-time sign-in links of the account end in any case. Raises WeakPassword when a temporary
        password would stay.
        """
        async with self._database.read() as conn:
            account = await accounts.account(conn, user_id)
        if (
            account is not None
            and account.must_change_password
            and await self._passwords.matches(password, account.password_hash)
        ):
            raise WeakPassword("Choose another password than the temporary one")
        rows = [account_row(user_id)]
        password_hash = await self._passwords.hash(password)
        changes = {"user_id": user_id, "password_hash": password_hash, "must_change_password": 0}
        bound: list[Statement] = [
            (accounts.SET_PASSWORD, changes),
            (tokens.DELETE_ONCE_OF_USER, {"user_id": user_id}),
        ]
        if end_other_sessions:
            ended, removal = await self._sessions.ending_all(user_id, keep=keep)
            rows, bound = rows + ended, bound + removal
        await self._committer.commit(Write(log=rows, bind=statements(*bound)))

    async def deactivate(self, user_id: UserId, *, erase: bool) -> None:
        """Closes an account for good: nobody signs in to it again, its name stays taken.

        erase: its profile and account data go too. Raises InvalidParam for the last administrator.
        """
        rows, bound = await self._sessions.ending_all(user_id)
        rows = [account_row(user_id), *rows]
        bound.append((tokens.DELETE_ONCE_OF_USER, {"user_id": user_id}))
        if erase:
            rows.append(profile_row(user_id))
            bound.append((profiles.DELETE_ALL, {"user_id": user_id}))
            bound.append((account_data.DELETE_ALL, {"user_id": user_id}))
        claim = accounts.CLAIM_CLOSE
        write = Write(
            log=rows, bind=statements(*bound), claim=(claim, claim.args({"user_id": user_id}))
        )
        try:
            await self._committer.commit(write)
        except LostClaim as error:
            raise InvalidParam("The last administrator cannot leave") from error
        log.info("account_deactivated", user_id=user_id)
        for told in self._on_deactivated:
            await told(user_id)
