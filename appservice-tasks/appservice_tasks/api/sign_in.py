"""Sessions: one session is one Matrix device."""

from __future__ import annotations

from appservice_tasks.api.endpoint import Answer, Auth, Call, endpoint
from appservice_tasks.services.limits import Limit
from appservice_tasks.services.sign_in import SignIn


class SignInApi:
    def __init__(self, sign_in: SignIn) -> None:
        self._sign_in = sign_in

    @endpoint("POST", "/v1/auth/login", "login", auth=Auth.NONE, limit=Limit.NONE)
    async def login(self, call: Call) -> Answer:
        """Sign in with a password. The homeserver counts the tries."""
        return Answer(await self._sign_in.login(call.body, address=call.address))

    @endpoint("POST", "/v1/auth/refresh", "refresh", auth=Auth.NONE, limit=Limit.WRITE)
    async def refresh(self, call: Call) -> Answer:
        """Exchange the refresh token."""
        return Answer(await self._sign_in.refresh(call.body["refresh_token"]))

    @endpoint("POST", "/v1/auth/logout", "logout", limit=Limit.WRITE)
    async def logout(self, call: Call) -> Answer:
        """End this session and its device."""
        await self._sign_in.logout(call.who)
        return Answer(status=204)
