"""Client transactions: one request, one answer, however often it is sent.

What makes it exact is the database: transaction ids are unique, and are committed with the event.
Should a second write ever be built for one of them, it is refused there, and the first one's
answer is read. What stands in memory only saves asking:

- an answer given by this process is remembered (the newest ones);
- requests with the id of one that is under way wait for that one;
- a device that is new to this process may be repeating what an earlier process committed: the
  database is asked about each of its transactions, until it does not know one. Clients repeat in
  the order in which they sent, so what follows is new as well, and costs no query.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import orjson

from homeserver.errors import InvalidParam, MatrixError
from homeserver.ids import MAX_ID_BYTES
from homeserver.services.ground.bounded_cache import BoundedCache
from homeserver.storage import client_txns
from homeserver.storage.client_txns import ClientTxn
from homeserver.storage.database import Database

_ANSWER_BYTES = 360
"""That an answer takes without the transaction's id and path."""
_DEVICE_BYTES = 250
"""That a device takes that is known to send what is new."""


class RecentTxns:
    """Runs the work of each transaction at most once, as far as this process can tell."""

    def __init__(self, database: Database, *, max_bytes: int) -> None:
        """max_bytes: three quarters for answers, the rest for devices that send what is new."""
        self._database = database
        self._answers: BoundedCache[ClientTxn, str] = BoundedCache(
            "transactions",
            max_bytes=max_bytes * 3 // 4,
            weigh=lambda txn, _: _ANSWER_BYTES + len(txn.txn_id) + len(txn.path),
        )
        self._running: dict[ClientTxn, asyncio.Future[str]] = {}
        self._fresh: BoundedCache[tuple[str, str], bool] = BoundedCache(
            "senders", max_bytes=max_bytes // 4, weigh=lambda *_: _DEVICE_BYTES
        )

    async def once(self, txn: ClientTxn, work: Callable[[], Awaitable[str]]) -> str:
        """The event id that this transaction stands for; ``work`` makes it, if nobody has yet.

        ``work`` commits ``txn`` with what it makes. A refusal is passed on to all who wait, and not
        remembered. Raises InvalidParam for an id that cannot be stored, and what ``work`` raises.
        """
        while True:
            known = self._answers.get(txn)
            if known is not None:
                return known
            running = self._running.get(txn)
            if running is None:
                return await self._first(txn, work)
            try:
                return await asyncio.shield(running)
            except asyncio.CancelledError:
                if not running.cancelled():
                    raise  # It is this request that was given up, not the first one.

    async def _first(self, txn: ClientTxn, work: Callable[[], Awaitable[str]]) -> str:
        if len(txn.txn_id.encode()) > MAX_ID_BYTES or "\x00" in txn.txn_id + txn.path:
            raise InvalidParam("The transaction id is too long, or the path has a NUL")
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._running[txn] = future
        try:
            event_id = await self._run(txn, work)
        except asyncio.CancelledError:
            future.cancel()
            raise
        except BaseException as error:
            future.set_exception(error)
            future.exception()  # Retrieved: perhaps nobody else waits for it.
            raise
        finally:
            del self._running[txn]
        future.set_result(event_id)
        self._answers.put(txn, event_id)
        return event_id

    async def _run(self, txn: ClientTxn, work: Callable[[], Awaitable[str]]) -> str:
        device = txn.user_id, txn.scope
        if not self._fresh.get(device):
            answered = await self._answered(txn)
            if answered is not None:
                return answered
            self._fresh.put(device, True)
        try:
            return await work()
        except MatrixError:
            # Perhaps it was permitted the first time, and since then the sender has been banned.
            answered = await self._answered(txn)
            if answered is not None:
                return answered
            raise

    async def _answered(self, txn: ClientTxn) -> str | None:
        async with self._database.read() as conn:
            answer = await client_txns.answer(conn, txn)
        if answer is None:
            return None
        event_id: str = orjson.loads(answer)["event_id"]
        return event_id
