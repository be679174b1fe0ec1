"""The committer: the one door through which every durable fact goes.

Facts that wait are committed together while the next ones gather; there is no timer. One
transaction takes the ticket, claims, takes positions, compares and swaps the version of each
touched room, inserts the facts of those that matched, and the log rows. The ticket is released
when the commit is visible, so commit order is position order: a reader who sees position P has
everything up to P.

Nothing slow happens inside: a :class:`Write` is evaluated to the end before it is submitted.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from homeserver.observe import get_logger, metrics
from homeserver.storage.database import (
    POSTGRESQL,
    Args,
    BadValue,
    Conflict,
    Database,
    DatabaseUnavailable,
    Edge,
    Row,
    Sql,
    Step,
    Transaction,
)

log = get_logger(__name__)
_batch_size = metrics.histogram(
    "teammessenger_commit_batch",
    "Writes in one commit",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512),
)

_seconds = metrics.histogram("teammessenger_commit_seconds", "Time of one commit")
_failed = metrics.counter(
    "teammessenger_failed_writes", "Writes that were not committed, by why", ["reason"]
)
_waiting = metrics.gauge("teammessenger_queued_writes", "Writes that wait for the next commit")

_TICKET_TEXT = "SELECT pg_advisory_xact_lock(4821)"
_TICKET = Sql(_TICKET_TEXT)
_LAST = Sql("SELECT position FROM log ORDER BY position DESC LIMIT 1")
_SWAP = Sql(
    "UPDATE room SET version = :new, extremities = :extremities"
    " WHERE nid = :nid AND version = :expected RETURNING nid"
)
_SWAP_BESIDE_OTHERS = Sql(
    "UPDATE room SET version = :new, extremities = :extremities, claim_process = NULL,"
    " claim_until = NULL WHERE nid = :nid AND version = :expected"
    " AND (claim_until IS NULL OR claim_until < :now OR claim_process = :process) RETURNING nid"
)
"""Where several processes write: not into a room that another one has claimed for a moment."""

_SOUGHT = (
    " FROM unnest(:new::bigint[], :extremities::bytea[], :nid::bigint[], :expected::bigint[])"
    " AS sought (new, extremities, nid, expected)"
    " WHERE room.nid = sought.nid AND room.version = sought.expected"
)
_SWAP_ALL = Sql(
    "UPDATE room SET version = sought.new, extremities = sought.extremities"
    f"{_SOUGHT} RETURNING room.nid"
)
_SWAP_ALL_BESIDE_OTHERS = Sql(
    "UPDATE room SET version = sought.new, extremities = sought.extremities, claim_process = NULL,"
    f" claim_until = NULL{_SOUGHT}"
    " AND (room.claim_until IS NULL OR room.claim_until < :now OR room.claim_process = :process)"
    " RETURNING room.nid"
)
"""Of many rooms in one go, on PostgreSQL."""

_LOG = Sql(
    "INSERT INTO log (position, prev, batch, kind, room, user_id, data)"
    " VALUES (:position, :prev, :batch, :kind, :room, :user_id, :data)"
)
_BATCH = Sql("SELECT 1 FROM log WHERE position = :position AND batch = :batch")

_MAX_BATCH = 512


class LostSwap(Exception):
    """Somebody else wrote the room first: reload its head and build the write again."""


class LostClaim(Exception):
    """The row that this write claims is not there (any more)."""


class RoomRef(Protocol):
    """A room whose number may be given by a write that is still queued."""

    nid: int


@dataclass(slots=True)
class LogRow:
    """One position of the log: what happened, where, to whom; never a list of all members.

    fact: the fact itself for readers in this process (an event, a receipt), not stored here.
    state: of an event whose coming changed the room's state otherwise than by itself: every key
    that changed, with the event that holds it now (None: the key is empty). ``data`` says the same.
    count: how many positions are taken; the row's own is the last, the others number what is
    stored with it (events of the past).
    """

    kind: str
    room: RoomRef | None = None
    user_id: str | None = None
    data: bytes | None = None
    fact: Any = None
    position: int = 0
    prev: int = 0
    state: Mapping[tuple[str, str], Any] | None = None
    count: int = 1


@dataclass(slots=True)
class Swap:
    """Compare-and-swap of a room's version; ``expected`` None: the room is created by this
    write."""

    room: RoomRef
    expected: int | None
    new: int
    extremities: bytes


@dataclass(slots=True, eq=False)
class Write:
    """Facts that are committed together or not at all.

    log: rows that get consecutive positions, in order; may be empty for facts nobody syncs.
    bind: called inside the transaction once the log rows have positions; gives statements with
    rows.
    grouped: the same statements of several writes may run as one, in the order of their first
    appearance
        in the batch; for writes whose statements may be run in any order. Others run one after
        the other.
    swap: the room this write belongs to, if it writes events.
    claim: a statement with RETURNING run before ``bind``; no row back: the write is LostClaim,
    nothing of it done. It sees what was submitted before, except by grouped writes.
    """

    log: list[LogRow] = field(default_factory=list)
    bind: Callable[[], Iterable[tuple[Sql, Sequence[Args]]]] = lambda: ()
    grouped: bool = False
    swap: Swap | None = None
    claim: tuple[Sql, Args] | None = None
    claimed: Row | None = None
    done: asyncio.Future[None] | None = None
    error: Exception | None = None


def statements(*items: tuple[Sql, dict[str, Any]]) -> Callable[[], list[tuple[Sql, list[Args]]]]:
    """A ``bind`` of fixed statements, none of which needs its position."""
    bound = [(sql, [sql.args(params)]) for sql, params in items]
    return lambda: bound


class Committer:
    """Drains the queue into one transaction after the other. One per process.

    committed: told of each batch's writes that succeeded, in position order, before their waiters
    wake.
    lost: told of the rooms whose writes failed, so that speculative heads are dropped.
    process: the name of this process among several that share the database; None: it is alone.
    clock: milliseconds, for claims of rooms.
    """

    def __init__(
        self,
        database: Database,
        *,
        process: str | None = None,
        clock: Callable[[], int] = lambda: 0,
    ) -> None:
        self._database = database
        self.process = process
        self._clock = clock
        self._queue: list[Write] = []
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._closing = False
        self._listeners: list[Callable[[list[LogRow]], None]] = []
        self._losers: list[Callable[[RoomRef], None]] = []
        self.commits = 0
        self.writes = 0
        _waiting.set_function(lambda: len(self._queue))

    def on_commit(self, listener: Callable[[list[LogRow]], None]) -> None:
        """``listener`` gets the log rows of every commit of this process, oldest first."""
        self._listeners.append(listener)

    def on_lost_room(self, listener: Callable[[RoomRef], None]) -> None:
        """``listener`` gets each room of which a queued write was not committed."""
        self._losers.append(listener)

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name="committer")

    async def stop(self) -> None:
        """Commits what is queued, then ends."""
        self._closing = True
        self._wake.set()
        if self._task is not None:
            await self._task

    def submit(self, write: Write) -> asyncio.Future[None]:
        """Queues a write. The future ends when it is durable, or with why it is not.

        Raises through the future: LostSwap, LostClaim, Conflict, BadValue, DatabaseUnavailable.
        """
        write.done = asyncio.get_running_loop().create_future()
        self._queue.append(write)
        self._wake.set()
        return write.done

    async def commit(self, write: Write) -> Write:
        """Submits a write and waits for it. It is committed even if the caller is cancelled."""
        await self.submit(write)
        return write

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            # One turn of the loop lets requests that were answered together queue together.
            await asyncio.sleep(0)
            while self._queue:
                size = _first_batch(self._queue)
                batch, self._queue = self._queue[:size], self._queue[size:]
                await self._commit_batch(batch)
            if self._closing and not self._queue:
                return

    async def _commit_batch(self, batch: list[Write], *, alone: bool = False) -> None:
        try:
            await self._attempt(batch, alone=alone)
        except (Conflict, BadValue) as error:
            if len(batch) == 1:
                self._fail(batch, error)
                return
            # One write of many met a unique constraint, or has a value that the database does not
            # take. Alone, only that one fails (and those built on it lose their swap).
            for write in batch:
                await self._commit_batch([write], alone=True)
            return
        except Exception as error:
            log.error("commit_failed", error=repr(error), writes=len(batch))
            self._fail(batch, error)
            return
        self._finish(batch)

    async def _attempt(self, batch: list[Write], *, alone: bool) -> None:
        gather = _no_more if alone else self._gather
        ticket = secrets.randbits(62)
        started = time.perf_counter()
        try:
            rows = await self._database.transact(
                lambda: _transaction(batch, ticket, self._database.dialect, self._swap_of, gather)
            )
        except DatabaseUnavailable:
            if not await self._was_committed(batch, ticket):
                raise
            rows = [row for write in batch if write.error is None for row in write.log]
        self.commits += 1
        self.writes += len(batch)
        _batch_size.observe(len(batch))
        _seconds.observe(time.perf_counter() - started)
        if rows:
            for listener in self._listeners:
                listener(rows)

    def _gather(self, batch: list[Write]) -> None:
        """Adds to a batch what was submitted while it waited for its turn: where several processes
        commit, each waits for the others, and few large commits cost less than many small ones."""
        together = batch + self._queue
        size = _first_batch(together)
        batch[:], self._queue = together[:size], together[size:]

    async def _was_committed(self, batch: list[Write], ticket: int) -> bool:
        """After a connection lost during COMMIT: whether the batch is in the log after all."""
        first = next((row for write in batch for row in write.log if row.position), None)
        if first is None:
            return False
        for pause in (0.1, 0.5, 1, 2, 5):
            await asyncio.sleep(pause)
            with contextlib.suppress(DatabaseUnavailable, OSError):

                def look() -> Transaction[bool]:
                    if self._database.dialect == POSTGRESQL:
                        yield Step(_TICKET, [()], fetch=True)
                    found = yield Step(_BATCH, [(first.position, ticket)], fetch=True)
                    return bool(found)

                return await self._database.transact(look)
        return False

    def _swap_of(self, writes: list[Write]) -> Step:
        """The writes of one room, each built on the one before, as one compare-and-swap."""
        first, last = writes[0].swap, writes[-1].swap
        assert first is not None
        assert last is not None
        assert first.expected is not None
        args: Args = (last.new, last.extremities, first.room.nid, first.expected)
        if self.process is None:
            return Step(_SWAP, [args], fetch=True)
        args = (*args, self._clock(), self.process)
        return Step(_SWAP_BESIDE_OTHERS, [args], fetch=True)

    def _fail(self, batch: list[Write], error: Exception) -> None:
        for write in batch:
            if write.error is None:
                write.error = error
        self._finish(batch)

    def _finish(self, batch: list[Write]) -> None:
        for write in batch:
            if write.error is None:
                continue
            _failed.labels(type(write.error).__name__).inc()
            if write.swap is not None:
                for loser in self._losers:
                    loser(write.swap.room)
        for write in batch:
            if write.done is None or write.done.done():
                continue
            if write.error is None:
                write.done.set_result(None)
            else:
                write.done.set_exception(write.error)
                # Retrieved here too, so that a caller that went away leaves no warning behind.
                write.done.exception()


def _no_more(batch: list[Write]) -> None:
    """For a write that is tried alone: whatever else waits stays behind those tried after it."""


def _first_batch(queue: list[Write]) -> int:
    """How many of the queued writes are committed next.

    Claims come first in a transaction, so one waits for the next where it has to see what a write
    before it does: a login must not be let in by the password that is just being changed.
    """
    seen = False
    for index, write in enumerate(queue[:_MAX_BATCH]):
        if seen and write.claim is not None:
            return index
        seen = seen or not write.grouped
    return min(len(queue), _MAX_BATCH)


def _transaction(
    batch: list[Write],
    ticket: int,
    dialect: str,
    swap_of: Callable[[list[Write]], Step],
    gather: Callable[[list[Write]], None],
) -> Transaction[list[LogRow]]:
    """One batch. Sets ``error`` on writes that lose a claim or a swap; returns the log rows.

    gather: adds to the batch, once nobody else commits.
    """
    if dialect == POSTGRESQL:
        # A statement of its own: in one with others, their snapshot would precede the lock.
        yield Edge(_TICKET_TEXT)
        gather(batch)
    for write in batch:
        write.error = None
    yield from _claim(batch)
    born, others = _swaps(batch)
    left = others
    won: set[int] = set()
    if dialect == POSTGRESQL and len(others) > 1:
        # A room is among them twice where its head was dropped and loaded again meanwhile. One
        # statement cannot say which of the two has won: the later one swaps after it.
        first = {_room(writes[0]).nid: writes for writes in reversed(others)}
        left = [writes for writes in others if first[_room(writes[0]).nid] is not writes]
        rows = yield _swap_all([swap_of(writes) for writes in first.values()])
        won.update(id(first[row[0]]) for row in rows)
    for writes in left:
        if (yield swap_of(writes)):
            won.add(id(writes))
    for writes in others:
        if id(writes) not in won:
            for write in writes:
                write.error = LostSwap()
    alive = [write for write in batch if write.error is None]
    logged = yield from _take_positions(alive)
    yield from _insert(alive)
    for writes in born:
        yield swap_of(writes)
    if logged:
        yield Step(_LOG, [_log_args(row, ticket) for row in logged])
        if dialect == POSTGRESQL:
            yield Edge(f"SELECT pg_notify('log', '{logged[-1].position}')")
    return logged


def _swap_all(swaps: list[Step]) -> Step:
    """Several swaps, made for one room each, as one statement."""
    columns = list(zip(*(step.rows[0] for step in swaps), strict=True))
    lists = [list(column) for column in columns[:4]]
    if swaps[0].sql is _SWAP:
        return Step(_SWAP_ALL, [tuple(lists)], fetch=True)
    now, process = swaps[0].rows[0][4:]
    return Step(_SWAP_ALL_BESIDE_OTHERS, [(*lists, now, process)], fetch=True)


def _claim(batch: list[Write]) -> Transaction[None]:
    for write in batch:
        if write.claim is not None:
            sql, args = write.claim
            rows = yield Step(sql, [args], fetch=True)
            if rows:
                write.claimed = rows[0]
            else:
                write.error = LostClaim()


def _swaps(batch: list[Write]) -> tuple[list[list[Write]], list[list[Write]]]:
    """The writes that swap, by room: those of rooms born in this batch, and the others."""
    born = {id(w.swap.room) for w in batch if w.swap is not None and w.swap.expected is None}
    by_room: dict[int, list[Write]] = {}
    for write in batch:
        if write.swap is not None and write.swap.expected is not None and write.error is None:
            by_room.setdefault(id(write.swap.room), []).append(write)
    return (
        [writes for room, writes in by_room.items() if room in born],
        [writes for room, writes in by_room.items() if room not in born],
    )


def _take_positions(alive: list[Write]) -> Transaction[list[LogRow]]:
    rows = [row for write in alive for row in write.log]
    if rows:
        last = yield Step(_LAST, [()], fetch=True)
        position = last[0][0] if last else 0
        for row in rows:
            row.prev, position = position, position + row.count
            row.position = position
    return rows


def _insert(alive: list[Write]) -> Transaction[None]:
    grouped: dict[int, tuple[Sql, list[Args]]] = {}
    for write in alive:
        for sql, args_rows in write.bind():
            if not write.grouped:
                yield Step(sql, args_rows)
            elif id(sql) in grouped:
                grouped[id(sql)][1].extend(args_rows)
            else:
                grouped[id(sql)] = (sql, list(args_rows))
    for sql, args_rows in grouped.values():
        yield Step(sql, args_rows)


def _log_args(row: LogRow, ticket: int) -> Args:
    room = None if row.room is None else row.room.nid
    return row.position, row.prev, ticket, row.kind, room, row.user_id, row.data


def _room(write: Write) -> RoomRef:
    assert write.swap is not None
    return write.swap.room
