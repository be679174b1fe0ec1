"""From an access token to who holds it."""

from __future__ import annotations

from homeserver.errors import UnknownToken
from homeserver.services.accounts.session_cache import SessionCache
from homeserver.services.accounts.token_signer import Claims, TokenSigner
from homeserver.services.ground.clock import Clock
from homeserver.services.ground.requester import Requester
from homeserver.storage import devices, tokens
from homeserver.storage.commit import Committer, LostClaim, Write
from homeserver.storage.database import Database


class Sessions:
    """Knows which access tokens stand. One that is known costs a look into the cache."""

    def __init__(
        self,
        database: Database,
        committer: Committer,
        signer: TokenSigner,
        cache: SessionCache,
        clock: Clock,
    ) -> None:
        self._database = database
        self._committer = committer
        self._signer = signer
        self._cache = cache
        self._clock = clock

    async def find(self, token: str) -> Requester:
        """Who holds this access token.

        Raises UnknownToken for anything that is not a standing token of this server; with
        ``soft_logout`` when it has merely expired and its device is still there.
        """
        now = self._clock()
        known = self._cache.get(token, now)
        if known is not None:
            return known
        claims = self._signer.read(token)
        generation = self._cache.generation
        async with self._database.read() as conn:
            stored = await tokens.session(conn, claims.jti)
        if stored is None:
            raise await self._ended(claims, now)
        if not stored.active or stored.user_id != claims.user_id:
            raise UnknownToken
        if stored.expires_ts is not None and stored.expires_ts <= now:
            raise UnknownToken("The access token has expired", soft_logout=True)
        if stored.unused_parent is not None:
            await self._first_use(claims.jti, stored.unused_parent)
        requester = Requester(
            user_id=stored.user_id,
            device_id=stored.device_id,
            token_id=claims.jti,
            admin=stored.admin,
            must_change_password=stored.must_change_password,
        )
        self._cache.put(token, requester, stored.expires_ts, generation)
        return requester

    async def _ended(self, claims: Claims, now: int) -> UnknownToken:
        """A token that is not kept any more: it was revoked, or expired and was swept away."""
        if claims.expires_ts is None or claims.expires_ts > now:
            return UnknownToken()
        async with self._database.read() as conn:
            device = await devices.device(conn, claims.user_id, claims.device_id)
        return UnknownToken("The access token has expired", soft_logout=device is not None)

    async def _first_use(self, jti: str, refresh_hash: str) -> None:
        """From now on the refresh token that this access token came from is spent.

        client-server-api, "Refreshing access tokens": "The old refresh token remains valid until
        the new access token or refresh token is used".
        """
        claim = tokens.CLAIM_USED_BY_ACCESS
        args = claim.args({"parent_hash": refresh_hash, "jti": jti})
        try:
            await self._committer.commit(Write(claim=(claim, args)))
        except LostClaim as error:
            # The refresh token was presented again meanwhile, and this access token replaced.
            raise UnknownToken from error
