"""Who makes a request: a person's session, or an application service in someone's name.

Source: client-server-api, "Using access tokens"; application-service-api, "Identity assertion".
"""

from __future__ import annotations

from homeserver.api.endpoint import Query
from homeserver.errors import Forbidden, UnknownDevice
from homeserver.ids import DeviceId, UserId
from homeserver.services.accounts.last_seen import LastSeen
from homeserver.services.accounts.session_cache import SessionCache
from homeserver.services.accounts.sessions import Sessions
from homeserver.services.appservices.appservice_registry import Appservice, Appservices
from homeserver.services.ground.requester import Requester
from homeserver.storage import accounts, devices
from homeserver.storage.database import Database

_FOREVER = None


class TokenAuthenticator:
    """Turns access tokens into requesters."""

    def __init__(
        self,
        database: Database,
        sessions: Sessions,
        appservices: Appservices,
        cache: SessionCache,
        last_seen: LastSeen,
    ) -> None:
        self._database = database
        self._sessions = sessions
        self._appservices = appservices
        self._cache = cache
        self._last_seen = last_seen

    async def authenticate(self, token: str, query: Query, address: str) -> Requester:
        """Who holds the token, or whom an application service speaks for.

        Raises UnknownToken; Forbidden (an application service may not act as that user, or has
        not registered them); UnknownDevice (the device it names is not theirs).
        """
        appservice = self._appservices.by_token(token)
        if appservice is None:
            who = await self._sessions.find(token)
            if who.device_id is not None:
                self._last_seen.note(who.user_id, who.device_id, address)
            return who
        user_id = query.text("user_id") or appservice.sender
        # The second name is that of the proposal, which bridges still write.
        device_id = query.text("device_id") or query.text("org.matrix.msc3202.device_id")
        key = f"{appservice.id}\0{user_id}\0{device_id or ''}"
        known = self._cache.get(key, 0)
        if known is not None:
            return known
        generation = self._cache.generation
        who = await self._assert_identity(appservice, user_id, device_id)
        self._cache.put(key, who, _FOREVER, generation)
        return who

    async def _assert_identity(
        self, appservice: Appservice, user_id: str, device_id: str | None
    ) -> Requester:
        if not appservice.covers_user(user_id) or "\0" in user_id:
            raise Forbidden("The application service may not act as this user")
        async with self._database.read() as conn:
            account = await accounts.account(conn, user_id)
            if account is None or not account.active:
                raise Forbidden("The application service has not registered this user")
            if device_id is not None and (
                "\0" in device_id or await devices.device(conn, user_id, device_id) is None
            ):
                raise UnknownDevice
        return Requester(
            user_id=UserId(user_id),
            device_id=None if device_id is None else DeviceId(device_id),
            appservice_id=appservice.id,
            admin=account.admin,
        )
