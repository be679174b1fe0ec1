"""Names of people, and whether they have an account, as the homeserver says."""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Iterable

from appservice_tasks.domain.ids import server_of
from appservice_tasks.matrix_client import Homeserver, Unavailable
from appservice_tasks.services.clock import Clock

_FRESH_MS = 60_000
_MAX = 20_000
_AT_ONCE = 8


class People:
    """Asks for profiles and remembers the answers for a minute."""

    def __init__(self, homeserver: Homeserver, clock: Clock, server_name: str) -> None:
        self._homeserver = homeserver
        self._clock = clock
        self._server_name = server_name
        self._known: OrderedDict[str, tuple[int, str | None]] = OrderedDict()
        self._asking = asyncio.Semaphore(_AT_ONCE)

    async def learn(self, users: Iterable[str]) -> None:
        """Makes sure that what `name` and `absent` say about these is fresh. Raises Unavailable."""
        await asyncio.gather(*(self._learn(user) for user in set(users)))

    async def _learn(self, user_id: str) -> None:
        known = self._known.get(user_id)
        if known is not None and known[0] > self._clock() - _FRESH_MS:
            return
        is_ours = server_of(user_id) == self._server_name
        try:
            async with self._asking:
                profile = await self._homeserver.profile(user_id)
        except Unavailable:
            if is_ours:
                raise
            profile = None  # a room must not wait for another company's server
        name: str | None
        if profile is None:
            # A stranger's profile may be out of reach: only our own people are known to be absent.
            name = None if is_ours else localpart(user_id)
        else:
            said = profile.get("displayname")
            name = said if isinstance(said, str) and said.strip() else localpart(user_id)
        self._known[user_id] = (self._clock(), name)
        self._known.move_to_end(user_id)
        while len(self._known) > _MAX:
            self._known.popitem(last=False)

    def name(self, user_id: str) -> str:
        """A display name, as far as it was learnt."""
        known = self._known.get(user_id)
        return (known[1] if known else None) or localpart(user_id)

    def names(self, users: Iterable[str]) -> dict[str, str]:
        """Display names, as far as they were learnt."""
        return {user: self.name(user) for user in users}

    def absent(self, users: Iterable[str]) -> frozenset[str]:
        """Those who were found to have no account."""
        return frozenset(
            user for user in users if (known := self._known.get(user)) and known[1] is None
        )

    async def try_names(self, users: Iterable[str]) -> dict[str, str]:
        """Display names; where the homeserver does not answer, parts of their ids."""
        wanted = set(users)
        with contextlib.suppress(Unavailable):
            await self.learn(wanted)
        return self.names(wanted)


def localpart(user_id: str) -> str:
    """`olga` of `@olga:corp.example`."""
    return user_id.partition(":")[0].removeprefix("@")
