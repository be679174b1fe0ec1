"""What one process at a time may do: session advisory locks on a connection of their own.

PostgreSQL frees them in the moment in which it loses the connection, however the process ended.
"""

from __future__ import annotations

import zlib
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import asyncpg

from homeserver.storage.database import DatabaseUnavailable

_CLASS = 4823
_TRY = "SELECT key, pg_try_advisory_lock($1::int, key) FROM unnest($2::int[]) AS key"
_LOST = (asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError, OSError, TimeoutError)


class PostgresLocks:
    """The locks of this process."""

    def __init__(self, connect: Callable[[], Awaitable[Any]]) -> None:
        self._connect = connect
        self._connection: Any = None
        self._held: set[str] = set()

    async def hold(self, names: Iterable[str]) -> set[str]:
        """Those of these locks that this process has, having tried to get the others.

        Raises DatabaseUnavailable when the connection was lost, and with it every lock.
        """
        try:
            if self._connection is None or self._connection.is_closed():
                self._held.clear()
                self._connection = await self._connect()
            wanted = {_key(name): name for name in names if name not in self._held}
            # Asked even if there is nothing to get: it tells whether the connection still stands.
            for key, got in await self._connection.fetch(_TRY, _CLASS, list(wanted)):
                if got:
                    self._held.add(wanted[key])
        except _LOST as error:
            await self.close()
            raise DatabaseUnavailable(str(error)) from error
        return set(self._held)

    async def close(self) -> None:
        """Frees every lock."""
        connection, self._connection = self._connection, None
        self._held.clear()
        if connection is not None and not connection.is_closed():
            connection.terminate()


def _key(name: str) -> int:
    """A number of 32 bits. Two names that share one are done by one process: no harm."""
    return zlib.crc32(name.encode()) - 2**31
