"""Sends one application service what concerns it: a cursor over the log.

A transaction is a range of the log. The range is stored before it is sent, so that after a crash
the same events go out again under the same id; the next one begins only when it was taken.
Typing and receipts are no part of that: they go in transactions of their own, and what could not
be delivered is forgotten or overtaken.
Source: application-service-api, "Pushing events", "Pushing ephemeral data".
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import secrets
from collections import deque
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from homeserver.observe import get_logger, metrics
from homeserver.protocol.client_event import client_event
from homeserver.remote.appservice_client import BadStatus, Recipient, Unreachable
from homeserver.services.appservices.appservice_interest import AppserviceInterest, room_id_of
from homeserver.services.appservices.appservice_registry import Appservice
from homeserver.services.events.event_cache import EventCache
from homeserver.services.events.log_feed import LogFeed
from homeserver.services.events.room_heads import RoomHeads
from homeserver.services.ground.clock import Clock
from homeserver.services.sending.appservice_ephemeral import Ephemeral, receipt_events, typing_event
from homeserver.services.sync.typing import Typing
from homeserver.storage import appservice_cursors
from homeserver.storage.appservice_cursors import Cursor
from homeserver.storage.commit import Committer, LogRow, LostClaim, Write
from homeserver.storage.database import Database, DatabaseUnavailable
from homeserver.storage.events import StoredEvent

log = get_logger(__name__)
_sent = metrics.counter(
    "teammessenger_appservice_transactions", "Transactions offered", ["appservice", "outcome"]
)

MAX_EVENTS = 100
MAX_BYTES = 1024 * 1024
"""Of a transaction; whichever comes first."""
_PAGE = 500
_SLICE = 200
_UNSAVED_POSITIONS = 10_000
"""So far the position may run ahead of the stored one over what is none of the service's
business."""
_LONGEST_PAUSE = 30.0
_FIRST_PAUSE = 0.25
_AFTER_FAULT_SECONDS = 5.0


class _Stopped(Exception):
    """What could not be delivered waits for the next start."""


class Push(Protocol):
    """Hands over transactions."""

    async def push(self, to: Recipient, txn_id: str, body: bytes) -> None:
        """Raises Unreachable, BadStatus."""


@dataclass(slots=True)
class _Range:
    """A transaction. upto: the last position in it."""

    txn_id: str
    upto: int
    events: list[StoredEvent]


class AppserviceSender:
    """Sends to one application service, which has an address."""

    def __init__(
        self,
        appservice: Appservice,
        database: Database,
        committer: Committer,
        feed: LogFeed,
        cache: EventCache,
        heads: RoomHeads,
        typing: Typing,
        client: Push,
        clock: Clock,
        *,
        interest_bytes: int,
    ) -> None:
        self._interest_bytes = interest_bytes
        self._appservice = appservice
        self._database = database
        self._committer = committer
        self._feed = feed
        self._cache = cache
        self._heads = heads
        self._typing = typing
        self._client = client
        self._clock = clock
        self._news = asyncio.Event()
        self._nudged = asyncio.Event()
        self._failures = 0
        self._stopping = False
        self._begin_again()

    def _begin_again(self) -> None:
        self._interest = AppserviceInterest(
            self._appservice, self._database, self._cache, max_bytes=self._interest_bytes
        )
        self._rows: deque[LogRow] = deque()
        self._position = 0  # up to here the log has been walked
        self._saved = Cursor(0, 0, None)
        self._is_stored = False
        self._acked = 0
        self._ephemeral = Ephemeral()

    @property
    def id(self) -> str:
        """The id of the application service."""
        return self._appservice.id

    def wake(self) -> None:
        """The log has grown."""
        self._news.set()

    def typing_changed(self, room_id: str) -> None:
        """Others type in a room than before."""
        if self._appservice.receive_ephemeral:
            self._ephemeral.typing.add(room_id)
            self._news.set()

    def nudge(self) -> None:
        """It gave a sign of life: what waits for it is sent now."""
        self._nudged.set()

    def begin(self) -> None:
        """Before `run`, each time: it starts from what is stored."""
        self._stopping = False
        self._begin_again()

    def stop(self) -> None:
        """Ends `run` once the request that is under way was answered."""
        self._stopping = True
        self._news.set()
        self._nudged.set()

    async def run(self) -> None:
        """Sends until stopped; may be cancelled."""
        while not self._stopping:
            try:
                await self._load()
                await self._follow()
            except _Stopped:
                return
            except LostClaim:
                log.warning("appservice_cursor_moved", appservice=self.id)  # another process sends
                await asyncio.sleep(_AFTER_FAULT_SECONDS)
                self._begin_again()
            except Exception:
                # The database, most likely; the stored cursor tells where to go on.
                log.exception("appservice_sender_failed", appservice=self.id)
                await asyncio.sleep(_AFTER_FAULT_SECONDS)
                self._begin_again()

    async def finish(self) -> None:
        """Stores how far it came. After `run` has ended."""
        saved = self._saved
        is_taken = saved.to_pos is None or self._acked >= saved.to_pos
        if saved.acked < self._acked and is_taken:
            with contextlib.suppress(LostClaim, DatabaseUnavailable):
                await self._save(Cursor(self._acked, saved.txn_id, None))

    async def _load(self) -> None:
        position = self._feed.position
        async with self._database.read() as conn:
            found = await appservice_cursors.cursor(conn, self.id)
        if found is None:
            # It is told of what happens from now on.
            await self._save(Cursor(position, 0, None))
        else:
            self._saved, self._is_stored = found, True
        self._acked = self._position = self._saved.acked
        if self._saved.to_pos is not None:
            events = await self._walk(self._saved.to_pos)
            self._position = self._saved.to_pos
            await self._deliver(_Range(str(self._saved.txn_id), self._position, events))

    async def _follow(self) -> None:
        while not self._stopping:
            self._news.clear()
            events = await self._walk(None)
            if events:
                await self._deliver(await self._store(events))
                continue
            if self._saved.to_pos is not None or self._is_far_ahead():
                await self._save(Cursor(self._acked, self._saved.txn_id, None))
            if self._ephemeral:
                await self._deliver_ephemeral()
            elif self._position >= self._feed.position and not self._stopping:
                await self._news.wait()

    def _is_far_ahead(self) -> bool:
        return self._acked - self._saved.acked >= _UNSAVED_POSITIONS

    async def _walk(self, upto: int | None) -> list[StoredEvent]:
        """The next events that concern it, moving the position behind them; up to a position, or
        as many as a transaction holds."""
        found: list[StoredEvent] = []
        size = walked = 0
        while upto is None or self._position < upto:
            row = await self._next_row()
            if row is None:
                break
            self._position = row.position
            walked += 1
            if walked % _SLICE == 0:
                await asyncio.sleep(0)  # nothing above need have waited for anything
            if row.kind == "event":
                if await self._interest.in_event(row):
                    found.append(row.fact)
                    size += len(row.fact.event.to_bytes())
            elif self._wants_receipt(row) and await self._interest.in_receipt(row):
                self._ephemeral.add_receipt(room_id_of(row), row.fact)
            if upto is None and (len(found) >= MAX_EVENTS or size >= MAX_BYTES):
                break
        if not found:
            self._acked = self._position
        return found

    def _wants_receipt(self, row: LogRow) -> bool:
        return row.kind == "receipt" and self._appservice.receive_ephemeral

    async def _next_row(self) -> LogRow | None:
        if not self._rows:
            if self._feed.covers(self._position):
                rows = self._feed.since(self._position)
                await self._feed.complete(rows)
                self._rows.extend(rows)
            else:
                self._rows.extend(await self._feed.stored(self._position, limit=_PAGE))
        return self._rows.popleft() if self._rows else None

    async def _store(self, events: list[StoredEvent]) -> _Range:
        # Never the same id again, even if the database is replaced by an older one.
        txn_id = max(self._saved.txn_id + 1, self._clock())
        await self._save(Cursor(self._acked, txn_id, self._position))
        return _Range(str(txn_id), self._position, events)

    async def _save(self, cursor: Cursor) -> None:
        claim = appservice_cursors.move(self.id, self._saved if self._is_stored else None, cursor)
        await self._committer.commit(Write(claim=claim, grouped=True))
        self._saved, self._is_stored = cursor, True

    async def _deliver(self, batch: _Range) -> None:
        """Offers a transaction until it is taken."""
        if batch.events:
            told = {"events": await self._render(batch.events)}
            # Sorted, because events read from the database have their keys in another order.
            body = orjson.dumps(told, option=orjson.OPT_SORT_KEYS)
            while await self._offer(batch.txn_id, body) is not None:
                await self._pause()
        self._acked = batch.upto

    async def _offer(self, txn_id: str, body: bytes) -> Unreachable | BadStatus | None:
        """Sends a transaction once; why it was not taken, None if it was."""
        self._nudged.clear()
        try:
            await self._client.push(self._appservice, txn_id, body)
        except (Unreachable, BadStatus) as error:
            self._failures += 1
            _sent.labels(self.id, "refused").inc()
            log.warning(
                "appservice_not_reached",
                appservice=self.id,
                txn_id=txn_id,
                reason=str(error),
                failures=self._failures,
            )
            return error
        if self._failures:
            log.info("appservice_back", appservice=self.id, failures=self._failures)
        self._failures = 0
        _sent.labels(self.id, "taken").inc()
        return None

    async def _pause(self) -> None:
        """Waits, longer after each failure, unless it gives a sign of life."""
        if self._stopping:
            raise _Stopped
        longest = min(_FIRST_PAUSE * 2 ** min(self._failures - 1, 16), _LONGEST_PAUSE)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(longest * random.uniform(0.8, 1.0)):
                await self._nudged.wait()
        if self._stopping:
            raise _Stopped

    async def _render(self, events: list[StoredEvent]) -> list[dict[str, Any]]:
        """The events in client format, without what changes from one attempt to the next."""
        replaced = await self._cache.by_nid(
            stored.replaces for stored in events if stored.replaces is not None
        )
        rendered: list[dict[str, Any]] = []
        for stored in events:
            before = None if stored.replaces is None else replaced.get(stored.replaces)
            unsigned: dict[str, Any] = {}
            if before is not None:
                unsigned = {
                    "prev_content": before.event.content,
                    "prev_sender": before.event.sender,
                    "replaces_state": before.event.event_id,
                }
            rendered.append(client_event(stored.event, unsigned=unsigned))
        return rendered

    async def _deliver_ephemeral(self) -> None:
        """Offers it once. Receipts are offered again, unless newer ones come or it says no."""
        telling, self._ephemeral = self._ephemeral, Ephemeral()
        said = receipt_events(telling.receipts)
        for room_id in sorted(telling.typing):
            head = await self._heads.find(room_id)
            if head and await self._interest.in_room(head.nid, room_id, self._position):
                said.append(typing_event(room_id, self._typing.listing(room_id)))
        if not said:
            return
        body = {"events": [], "ephemeral": said, "de.sorunome.msc2409.ephemeral": said}
        error = await self._offer(f"ephemeral-{secrets.token_hex(8)}", orjson.dumps(body))
        if isinstance(error, Unreachable):
            self._ephemeral.take_back(telling)
            await self._pause()
