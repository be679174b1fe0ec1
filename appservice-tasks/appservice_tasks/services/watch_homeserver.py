"""Notices that the homeserver was stopped, and so may have been replaced by an older copy.

One connection is held open by a long poll. As long as it lasts, the homeserver is the process it
was; when it breaks, the generation rises, and every room is looked at again before anything more is
decided for it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

import orjson

from appservice_tasks.matrix_client import Json, MatrixClient, Refused, Unavailable
from appservice_tasks.observe import get_logger

log = get_logger(__name__)

_POLL_MS: Final = 30_000
_NOTHING: Final[Json] = {
    "room": {"rooms": []},
    "presence": {"types": []},
    "account_data": {"types": []},
}


class Generation:
    """A number that rises whenever the homeserver may be another one than before."""

    def __init__(self) -> None:
        self.number = 0

    def rise(self) -> None:
        """It may be."""
        self.number += 1


class WatchHomeserver:
    """Holds the connection. on_change: called when the generation rose and it answers again."""

    def __init__(
        self, client: MatrixClient, generation: Generation, on_change: Callable[[], None]
    ) -> None:
        self._client = client
        self._generation = generation
        self._on_change = on_change

    async def watch(self) -> None:
        """For ever."""
        since: str | None = None
        broken = False
        while True:
            began = time.monotonic()
            timeout = 0 if since is None or broken else _POLL_MS
            query = {"filter": orjson.dumps(_NOTHING).decode(), "timeout": str(timeout)}
            if since is not None:
                query["since"] = since
            try:
                answer = await self._client.request(
                    "GET", "/_matrix/client/v3/sync", query=query, timeout=_POLL_MS / 1000 + 30
                )
            except (Unavailable, Refused) as error:
                if not broken:
                    self._generation.rise()
                    log.warning("homeserver_gone", reason=str(error))
                broken = True
                since = None if isinstance(error, Refused) else since
                await asyncio.sleep(0.25)
                continue
            since = str(answer["next_batch"])
            early = timeout > 0 and time.monotonic() - began < timeout / 1000 - 1
            if broken or early:
                # A graceful stop answers open polls at once.
                self._generation.rise()
                self._on_change()
            broken = False
