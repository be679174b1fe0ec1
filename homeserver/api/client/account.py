"""One's own account."""

from __future__ import annotations

from typing import Any

import msgspec

from homeserver.api.body import as_struct
from homeserver.api.endpoint import Auth, Json, JsonObject, Limit, endpoint
from homeserver.errors import Forbidden, ThreepidDenied
from homeserver.services.accounts.account import Account
from homeserver.services.accounts.uia import PASSWORD, InteractiveAuth
from homeserver.services.ground.requester import Requester


class PasswordBody(msgspec.Struct):
    """`POST /account/password`."""

    new_password: str
    logout_devices: bool = True


class DeactivateBody(msgspec.Struct):
    """`POST /account/deactivate`."""

    erase: bool = False


class AccountApi:
    def __init__(self, account: Account, uia: InteractiveAuth) -> None:
        self._account = account
        self._uia = uia

    @endpoint(
        "GET",
        "/_matrix/client/v3/account/whoami",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#get_matrixclientv3accountwhoami",
    )
    async def whoami(self, who: Requester) -> Json:
        """Who the access token belongs to."""
        answer: dict[str, Any] = {
            "user_id": who.user_id,
            "is_guest": False,
            # For services of ours that act for the caller.
            "org.teammessenger.account": {
                "admin": who.admin,
                "must_change_password": who.must_change_password,
            },
        }
        if who.device_id is not None:
            answer["device_id"] = who.device_id
        return answer

    @endpoint(
        "POST",
        "/_matrix/client/v3/account/password",
        auth=Auth.ACCESS_TOKEN,
        limit=Limit.ACCOUNT,
        spec="client-server-api/#post_matrixclientv3accountpassword",
    )
    async def change_password(self, who: Requester, body: JsonObject) -> Json:
        """Choose a new password; the caller's other sessions end unless they say otherwise."""
        self._refuse_appservice(who)
        if "auth" not in body and "new_password" not in body:
            # So clients ask for the flows; UIA answers.
            await self._uia.require("password", body, [PASSWORD], user_id=who.user_id)
        wanted = as_struct(body, PasswordBody)
        password = self._account.check_password(wanted.new_password)
        await self._uia.require("password", body, [PASSWORD], user_id=who.user_id)
        await self._account.change_password(
            who.user_id,
            password,
            end_other_sessions=wanted.logout_devices,
            keep=who.device_id,
        )
        return {}

    @endpoint(
        "POST",
        "/_matrix/client/v3/account/deactivate",
        auth=Auth.ACCESS_TOKEN,
        limit=Limit.ACCOUNT,
        spec="client-server-api/#post_matrixclientv3accountdeactivate",
    )
    async def deactivate(self, who: Requester, body: JsonObject) -> Json:
        """Close the account for good."""
        wanted = as_struct(body, DeactivateBody)
        if who.appservice_id is None:
            await self._uia.require("deactivate", body, [PASSWORD], user_id=who.user_id)
        await self._account.deactivate(who.user_id, erase=wanted.erase)
        # "This must be success if the homeserver has no identifiers to unbind for the user."
        return {"id_server_unbind_result": "success"}

    @endpoint(
        "GET",
        "/_matrix/client/v3/account/3pid",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#get_matrixclientv3account3pid",
    )
    async def third_party_ids(self, who: Requester) -> Json:
        """Third-party identifiers of the account: there are none on this server."""
        return {"threepids": []}

    @endpoint(
        "POST",
        "/_matrix/client/v3/account/3pid",
        "/_matrix/client/v3/account/3pid/add",
        "/_matrix/client/v3/account/3pid/bind",
        auth=Auth.ACCESS_TOKEN,
        limit=Limit.ACCOUNT,
        spec="client-server-api/#post_matrixclientv3account3pidadd",
    )
    async def add_third_party_id(self, who: Requester) -> Json:
        """Refused: `m.3pid_changes` is not offered."""
        raise ThreepidDenied

    def _refuse_appservice(self, who: Requester) -> None:
        # "This applies to all aspects of the Client-Server API, except for Account Management."
        if who.appservice_id is not None:
            raise Forbidden("Application services' users have no password")
