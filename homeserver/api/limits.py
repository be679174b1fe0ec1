"""Rate limits of requests, by the class that each endpoint names."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from homeserver.api.endpoint import Limit
from homeserver.config import RateLimits
from homeserver.services.appservices.appservice_registry import Appservice, Appservices
from homeserver.services.ground.requester import Requester
from homeserver.services.ground.shared_buckets import Buckets
from homeserver.services.ground.token_buckets import Levels, TokenBuckets, levels

BY_ADDRESS = frozenset({Limit.LOGIN, Limit.REGISTRATION})
"""Classes counted by address: the caller is nobody yet."""


class Limits:
    """One bucket for each class and user, or address. Administrators are limited like anybody.

    shared: with several processes, the buckets that count for all of them together.
    """

    def __init__(
        self,
        limits: RateLimits,
        appservices: Appservices,
        *,
        now: Callable[[], float] = time.monotonic,
        shared: Mapping[Limit, Buckets] | None = None,
        kept: Levels | None = None,
    ) -> None:
        self._shared = shared or {}
        self._appservices = appservices
        self._buckets: dict[Limit, TokenBuckets] = {}
        if limits.enabled:
            kept = levels() if kept is None else kept
            self._buckets = {
                limit: TokenBuckets(
                    getattr(limits, limit.value), now=now, purpose=limit.value, kept=kept
                )
                for limit in Limit
                if limit is not Limit.NONE
            }

    def check(self, limit: Limit, who: Requester | None, address: str, token: str | None) -> None:
        """Counts a request. Raises LimitExceeded, saying when to come again.

        token: what came with a request that needs none: an application service that registers or
        signs in its users is known by it.
        """
        buckets = self._buckets.get(limit)
        if buckets is None or self._is_exempt(who, token):
            return
        if who is None or limit in BY_ADDRESS:
            buckets.take(address)
        else:
            buckets.take(who.user_id)

    async def check_everywhere(self, limit: Limit, address: str, token: str | None) -> None:
        """Counts a request in what all processes count together. Raises LimitExceeded."""
        buckets = self._shared.get(limit)
        if buckets is not None and not self._is_exempt(None, token):
            await buckets.take(address)

    def _is_exempt(self, who: Requester | None, token: str | None) -> bool:
        """ "Whether requests from masqueraded users are rate-limited. The sender is excluded." """
        appservice: Appservice | None = None
        if who is not None:
            if who.appservice_id is None:
                return False
            appservice = self._appservices.by_id(who.appservice_id)
        elif token is not None:
            appservice = self._appservices.by_token(token)
        if appservice is None:
            return False
        return not appservice.rate_limited or who is None or who.user_id == appservice.sender
