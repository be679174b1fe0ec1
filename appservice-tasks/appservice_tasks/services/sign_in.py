"""Signing in and out at the homeserver, which alone issues tokens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from appservice_tasks.contracts import FreshTokens, Login, Tokens
from appservice_tasks.errors import Problem, invalid, unavailable
from appservice_tasks.matrix_client import Json, MatrixClient, Refused, Unavailable
from appservice_tasks.services.who import Caller, Who

_API: Final = "/_matrix/client/v3"
_DEVICE_NAME: Final = "Tasks API"

FindByEmail = Callable[[str], Awaitable[str | None]]
"""The user whose e-mail address it is."""


class SignIn:
    """Begins, renews and ends sessions."""

    def __init__(self, homeserver: MatrixClient, who: Who, by_email: FindByEmail) -> None:
        self._homeserver = homeserver.speaking(None)
        self._who = who
        self._by_email = by_email

    async def login(self, wanted: Login, *, address: str) -> Tokens:
        """A new session.

        address: of the client, which the homeserver counts tries by. Raises Problem:
        `bad_credentials`, `forbidden` (deactivated), `rate_limited`, `unavailable`.
        """
        body: Json = {
            "type": "m.login.password",
            "identifier": {"type": "m.id.user", "user": await self._user(wanted)},
            "password": wanted["password"],
            "refresh_token": True,
            "initial_device_display_name": wanted.get("device_name", _DEVICE_NAME),
        }
        if "device_id" in wanted:
            body["device_id"] = wanted["device_id"]
        try:
            answer = await self._homeserver.request(
                "POST", f"{_API}/login", body, headers={"X-Forwarded-For": address}
            )
        except Refused as refused:
            raise _login_problem(refused) from refused
        except Unavailable as error:
            raise _unavailable(error) from error
        tokens: Tokens = {
            "access_token": answer["access_token"],
            "refresh_token": answer["refresh_token"],
            "token_type": "Bearer",
            "expires_in": _seconds(answer),
            "user_id": answer["user_id"],
            "device_id": answer["device_id"],
        }
        if answer.get("org.teammessenger.must_change_password") is True:
            tokens["must_change_password"] = True
        return tokens

    async def _user(self, wanted: Login) -> str:
        """The user id or localpart that is meant; an address of nobody stays as it is."""
        named = (wanted.get("login") or wanted.get("email") or "").strip()
        if "@" in named[1:] and not named.startswith("@"):
            return await self._by_email(named) or named
        return named

    async def refresh(self, refresh_token: str) -> FreshTokens:
        """The next pair of tokens. Raises Problem: `token_invalid`, `rate_limited`,
        `unavailable`."""
        body = {"refresh_token": refresh_token}
        try:
            answer = await self._homeserver.request("POST", f"{_API}/refresh", body)
        except Refused as refused:
            raise Problem("token_invalid", "Sign in again") from refused
        except Unavailable as error:
            raise _unavailable(error) from error
        return {
            "access_token": answer["access_token"],
            "refresh_token": answer["refresh_token"],
            "token_type": "Bearer",
            "expires_in": _seconds(answer),
        }

    async def logout(self, caller: Caller) -> None:
        """Ends the session; its token is dead at once."""
        self._who.forget(caller.token)
        try:
            await self._homeserver.speaking(caller.token).request("POST", f"{_API}/logout", {})
        except Refused as refused:
            raise Problem("token_revoked", "The session had ended") from refused
        except Unavailable as error:
            raise _unavailable(error) from error
        finally:
            self._who.forget(caller.token)


def _seconds(answer: Json) -> int:
    return max(1, int(answer["expires_in_ms"]) // 1000)


def _login_problem(refused: Refused) -> Problem:
    if refused.errcode == "M_USER_DEACTIVATED":
        return Problem("forbidden", "The account is deactivated")
    if refused.status == 403:
        return Problem("bad_credentials", "Wrong user name or password")
    return invalid("", "login", refused.message)


def _unavailable(error: Unavailable) -> Problem:
    """A refusal by rate limit comes with its wait."""
    if error.retry_after is not None:
        return Problem("rate_limited", "Too many tries", retry_after=int(error.retry_after) + 1)
    return unavailable("The homeserver does not answer")
