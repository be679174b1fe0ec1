"""The one door into a room: drafts become events on the head, and are committed.

Between the loaded head and the queued write there is no await, so that events of a room are built
one after the other without a lock, each on the one before, many in one commit.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from homeserver.errors import Forbidden, MatrixError, NotFound, TooLarge
from homeserver.observe import get_logger
from homeserver.protocol import relations
from homeserver.protocol.auth_rules import AuthRejected, check_auth
from homeserver.protocol.build import NO_HASHES, build_event
from homeserver.protocol.canonical_json import check_numbers
from homeserver.protocol.client_event import redacted_event
from homeserver.protocol.event import Event
from homeserver.protocol.event_checks import MAX_PREV_EVENTS, check_local
from homeserver.protocol.handle_redaction import is_applied
from homeserver.protocol.hashing import reference_hash, to_base64
from homeserver.protocol.room_versions import RoomVersion
from homeserver.protocol.signing import SigningKey
from homeserver.services.events.event_cache import EventCache
from homeserver.services.events.room_heads import MEMBER, RoomHead, RoomHeads, Undo
from homeserver.services.events.room_turns import RoomTurns
from homeserver.services.events.take_event import PushEvaluator
from homeserver.services.events.write_wide import WriteWide
from homeserver.services.ground.clock import Clock
from homeserver.storage import client_txns, events, membership, notifications, room_state, rooms
from homeserver.storage.client_txns import ClientTxn
from homeserver.storage.commit import Committer, LogRow, LostSwap, Swap, Write
from homeserver.storage.database import Args, Conflict, Database, Sql
from homeserver.storage.events import StoredEvent

log = get_logger(__name__)

_ATTEMPTS = 8
_LOST_BEFORE_CLAIM = 2
"""Swaps that one loses to other processes before one claims the room."""
_MAX_CONTENT = 65_536


@dataclass(slots=True)
class Draft:
    """An event to be. ts: milliseconds, None: now (application services may set it)."""

    type: str
    sender: str
    content: dict[str, Any]
    state_key: str | None = None
    redacts: str | None = None
    ts: int | None = None


@dataclass(slots=True)
class Prepared:
    """What was looked up for a draft before the head was touched.

    thread: root of the thread that the event it relates to belongs to. target: of a redaction.
    """

    draft: Draft
    relation: relations.Relation | None = None
    thread: str | None = None
    target: StoredEvent | None = None


MakeDrafts = Callable[[RoomHead], Iterable[Draft]]


class WriteEvent:
    """Writes events into rooms, one write after the other, each all or nothing."""

    def __init__(
        self,
        database: Database,
        committer: Committer,
        heads: RoomHeads,
        cache: EventCache,
        push: PushEvaluator,
        wide: WriteWide,
        *,
        signing_key: SigningKey,
        server_name: str,
        clock: Clock,
        turns: RoomTurns | None = None,
    ) -> None:
        """turns: None where no other process writes."""
        self._turns = turns
        self._database = database
        self._committer = committer
        self._heads = heads
        self._cache = cache
        self._push = push
        self._wide = wide
        self._signing_key = signing_key
        self._server_name = server_name
        self._clock = clock

    async def write(
        self, room_id: str, make: MakeDrafts | Draft, *, txn: ClientTxn | None = None
    ) -> list[StoredEvent]:
        """Appends events to a room, together; returns them committed.

        make: drafts, or what gives them from the room's head (called again if somebody else wrote
        first). txn: recorded with the first event; its answer is ``{"event_id": ...}``.
        Raises NotFound (room), Forbidden (authorisation), BadJson, TooLarge.
        """
        if self._turns is None:
            return await self._write(room_id, make, txn)
        with self._turns.kept() as taken:
            return await self._write(room_id, make, txn, taken)

    async def _write(
        self,
        room_id: str,
        make: MakeDrafts | Draft,
        txn: ClientTxn | None,
        taken: set[RoomHead] | None = None,
    ) -> list[StoredEvent]:
        """taken: gets the rooms that were claimed for this and not written."""
        for attempt in range(_ATTEMPTS):
            head = await self._heads.get_to_write(room_id)
            if self._turns is not None and (
                attempt >= _LOST_BEFORE_CLAIM or self._turns.contended(head)
            ):
                await self._turns.take(head)
                if taken is not None:
                    taken.add(head)
                head = await self._heads.get_to_write(room_id)
            version = head.swap
            drafts = [make] if isinstance(make, Draft) else list(make(head))
            if not drafts:
                return []
            prepared = [await self._prepare(head, draft) for draft in drafts]
            _rules = await self._push.prepare(head)
            if head.version.hashed_references:
                await self.learn_hashes(head)
            # What ``make`` saw must be what the events are built on: a kick decided on before a ban
            # came would lift the ban.
            if head.dropped or (head.swap != version and not isinstance(make, Draft)):
                continue
            if len(head.extremities) > MAX_PREV_EVENTS:
                return [
                    await self._write_wide(head, item, txn if number == 0 else None)
                    for number, item in enumerate(prepared)
                ]
            write, stored = self.build(head, prepared, txn)
            head.pending += 1
            try:
                await self._committer.commit(write)
            except (LostSwap, Conflict) as lost:
                self._heads.drop(head)
                if self._turns is not None and isinstance(lost, LostSwap):
                    self._turns.lost(head)
                if txn is not None and (first := await self.answered(txn)) is not None:
                    return [first]
                continue
            finally:
                head.pending -= 1
            if taken:
                taken.clear()
            if any(item.target and item.target.event.is_state for item in prepared):
                self._heads.drop(head)
            return stored
        raise MatrixError("The room is written to by too many at once", status=503)

    async def _write_wide(
        self, head: RoomHead, item: Prepared, txn: ClientTxn | None
    ) -> StoredEvent:
        """An event of a room that has more extremities than an event can name."""
        draft = item.draft

        def build(prev: list[Event], auth: list[Event]) -> Event:
            hashes = reference_hashes(head, auth)
            return self._build_event(
                head.version,
                head.room_id,
                draft,
                [event.event_id for event in prev],
                [event.event_id for event in auth],
                max(event.depth for event in prev) + 1,
                hashes,
            )

        def recorded(event: Event) -> list[tuple[Sql, list[Args]]]:
            return [] if txn is None else [(client_txns.INSERT, [self._txn_row(txn, event)])]

        try:
            return await self._wide.write(
                head, draft.type, draft.state_key, draft.sender, draft.content, build, recorded, txn
            )
        except Conflict:
            if txn is not None and (first := await self.answered(txn)) is not None:
                return first
            raise

    def _txn_row(self, txn: ClientTxn, event: Event) -> Args:
        answer = orjson.dumps({"event_id": event.event_id})
        return txn.user_id, txn.scope, txn.path, txn.txn_id, answer, self._clock()

    async def create(
        self,
        version: RoomVersion,
        drafts: list[Draft],
        *,
        is_public: bool,
        also: Callable[[int], list[tuple[Sql, list[Args]]]] = lambda _: [],
    ) -> RoomHead:
        """Creates a room with its first events, together. The first draft is the create event.

        also: further statements of the same transaction, from the number of the room (its alias).
        Raises Forbidden (authorisation), TooLarge, Conflict (of a statement of ``also``).
        """
        room_id = None if version.room_id_is_create_hash else new_room_id(self._server_name)
        create = self._build_event(version, room_id, drafts[0], [], [], 1)
        while self._heads.peek(create.room_id) is not None:
            # The same person made the same room in the same millisecond: its id is its hash.
            drafts[0].ts = create.origin_server_ts + 1
            create = self._build_event(version, room_id, drafts[0], [], [], 1)
        head = RoomHead(0, create.room_id, version, 0, [], self._heads.custom_users)
        prepared = [Prepared(draft) for draft in drafts]
        write, _ = self.build(head, prepared, None, create=create)
        now = self._clock()
        swap = write.swap
        assert swap is not None
        swap.expected = None
        events_of = write.bind

        def bind() -> Iterable[tuple[Sql, list[Args]]]:
            head.nid = write.log[0].position
            row: Args = (
                head.nid,
                head.room_id,
                version.identifier,
                swap.new,
                swap.extremities,
                drafts[0].sender,
                int(is_public),
                now,
            )
            first = (rooms.INSERT, [row])
            return [first, *((sql, list(rows)) for sql, rows in events_of()), *also(head.nid)]

        write.bind = bind
        write.grouped = False
        with self._heads.creating(head):
            await self._committer.commit(write)
        return head

    async def answered(self, txn: ClientTxn) -> StoredEvent | None:
        """The event that this transaction id already stands for."""
        async with self._database.read() as conn:
            answer = await client_txns.answer(conn, txn)
        return None if answer is None else await self._cache.by_id(orjson.loads(answer)["event_id"])

    async def _prepare(self, head: RoomHead, draft: Draft) -> Prepared:
        check_local(draft.type, draft.state_key, draft.content)
        check_numbers(draft.content)
        prepared = Prepared(draft, relations.relation_of(draft.content))
        if prepared.relation is not None and prepared.relation.event_id is not None:
            if prepared.relation.rel_type == relations.THREAD:
                prepared.thread = prepared.relation.event_id
            else:
                related = await self._cache.by_id(prepared.relation.event_id)
                if related is not None and related.event.room_id == head.room_id:
                    prepared.thread = related.thread
        if draft.redacts is not None:
            target = await self._cache.by_id(draft.redacts)
            if target is None or target.event.room_id != head.room_id:
                raise NotFound("There is no such event in this room")
            prepared.target = target
        return prepared

    async def learn_hashes(self, head: RoomHead) -> None:
        """Looks up what the next event says of those before it in room versions 1 and 2."""
        while unknown := [i for i, _ in head.extremities if i not in head.hashes]:
            stored = await self._cache.by_id(unknown[0])
            if stored is None:
                raise MatrixError("The room's newest event is not there")
            head.learn_hash(stored.event)
        head.hashes = {event_id: head.hashes[event_id] for event_id, _ in head.extremities}

    def build(
        self,
        head: RoomHead,
        prepared: list[Prepared],
        txn: ClientTxn | None,
        *,
        create: Event | None = None,
    ) -> tuple[Write, list[StoredEvent]]:
        """Builds events on the head and the write that commits them. Does not wait for anything.

        If any of them is refused the head is as it was, and the error says why.
        """
        undone: list[Undo] = []
        batch = _Batch(head)
        expected = head.swap
        try:
            for item in prepared:
                undone.append(self._append(head, batch, item, txn, create))
                create = None
        except BaseException:
            for undo in reversed(undone):
                head.revert(undo)
            raise
        head.swap = expected + len(undone)
        if txn is not None:
            row = self._txn_row(txn, batch.stored[0].event)
            batch.fixed.append((client_txns.INSERT, [row]))
        write = Write(
            log=batch.log,
            bind=batch.bind,
            grouped=True,
            swap=Swap(head, expected, head.swap, orjson.dumps(head.extremities)),
        )
        return write, batch.stored

    def _append(
        self,
        head: RoomHead,
        batch: _Batch,
        item: Prepared,
        txn: ClientTxn | None,
        create: Event | None,
    ) -> Undo:
        draft = item.draft
        if create is not None:
            event = create
            check_auth(event, {})
        else:
            auth = head.auth_events(draft.type, draft.state_key, draft.sender, draft.content)
            event = self._build_event(
                head.version,
                head.room_id,
                draft,
                [event_id for event_id, _ in head.extremities],
                [auth_event.event_id for auth_event in auth.values()],
                max(depth for _, depth in head.extremities) + 1,
                reference_hashes(head, auth.values()),
            )
            try:
                check_auth(event, auth, create=head.event("m.room.create"), levels=head.power)
            except AuthRejected as refused:
                log.info(
                    "event_forbidden",
                    room_id=head.room_id,
                    sender=draft.sender,
                    type=draft.type,
                    rule=refused.rule,
                )
                raise Forbidden(refused.reason) from refused
        stored = StoredEvent(event, thread=item.thread)
        if item.relation is not None and item.relation.rel_type is not None:
            stored.relates_to = item.relation.event_id
            stored.rel_type = item.relation.rel_type
        if txn is not None and not batch.stored:
            stored.txn_device, stored.txn_id = txn.scope, txn.txn_id
        if item.target is not None:
            stored.applies_redaction = is_applied(event, item.target.event, head.power)
        stored.notify, stored.noticed = self._push.evaluate(head, event)
        row = LogRow("event", head, event.state_key if event.type == MEMBER else None, fact=stored)
        batch.add(stored, row, item.target)
        return head.apply(stored, row)

    def _build_event(
        self,
        version: RoomVersion,
        room_id: str | None,
        draft: Draft,
        prev_events: list[str],
        auth_events: list[str],
        depth: int,
        reference_hashes: Mapping[str, str] = NO_HASHES,
    ) -> Event:
        event = build_event(
            version=version,
            room_id=room_id,
            sender=draft.sender,
            type=draft.type,
            content=draft.content,
            state_key=draft.state_key,
            prev_events=prev_events,
            auth_events=auth_events,
            depth=depth,
            origin_server_ts=self._clock() if draft.ts is None else draft.ts,
            redacts=draft.redacts,
            reference_hashes=reference_hashes,
            signing_key=self._signing_key,
            server_name=self._server_name,
        )
        if len(event.to_bytes()) > _MAX_CONTENT:
            raise TooLarge("The event is larger than 65,536 bytes")
        return event


_Replaced = tuple[StoredEvent | None, LogRow]


@dataclass(slots=True)
class _Batch:
    """The events of one write, and the rows they become once they have positions."""

    head: RoomHead
    stored: list[StoredEvent] = field(default_factory=list)
    log: list[LogRow] = field(default_factory=list)
    fixed: list[tuple[Sql, list[Args]]] = field(default_factory=list)
    _later: list[tuple[StoredEvent, LogRow, _Replaced | None]] = field(default_factory=list)
    _redactions: list[tuple[StoredEvent, StoredEvent]] = field(default_factory=list)

    def add(
        self,
        stored: StoredEvent,
        row: LogRow,
        target: StoredEvent | None,
    ) -> None:
        replaced = None
        key = None if stored.event.state_key is None else stored.event.key
        if key is not None:
            since = self.head.since.get(key) or self.head.emptied.get(key)
            replaced = None if since is None else (self.head.state.get(key), since)
        self.stored.append(stored)
        self.log.append(row)
        self._later.append((stored, row, replaced))
        if target is not None and stored.applies_redaction:
            self._redactions.append((stored, target))

    def bind(self) -> list[tuple[Sql, list[Args]]]:
        """The statements, now that the log rows have positions."""
        room = self.head.nid
        inserts: list[Args] = []
        opened: list[Args] = []
        closed: list[Args] = []
        members: list[Args] = []
        noticed: list[Args] = []
        for stored, row, replaced in self._later:
            nid = row.position
            stored.nid = stored.ord_pos = nid
            stored.room = room
            if replaced is not None and replaced[0] is not None:
                stored.replaces = replaced[0].nid
            inserts.append(events.insert_args(stored))
            event = stored.event
            if event.state_key is not None:
                opened.append((room, event.type, event.state_key, nid, nid))
                if replaced is not None:
                    since = replaced[1].position
                    closed.append((nid, room, event.type, event.state_key, since))
            if event.type == MEMBER:
                members.append((room, event.state_key, event.membership, event.sender, nid))
            thread = stored.thread or ""
            noticed += [
                (notice.user_id, room, thread, nid, int(notice.notify), int(notice.highlight))
                for notice in stored.noticed or ()
            ]
        bound = [
            (events.INSERT, inserts),
            (room_state.INSERT, opened),
            (room_state.CLOSE, closed),
            (membership.UPSERT, members),
            (notifications.INSERT, noticed),
            *self.fixed,
        ]
        for redaction, target in self._redactions:
            pruned = redacted_event(target.event)
            bound.append((notifications.DELETE_OF_EVENT, [(pruned.event_id,)]))
            bound.append((events.REDACT, [(pruned.to_bytes(), redaction.nid, pruned.event_id)]))
        return [(sql, rows) for sql, rows in bound if rows]


def new_room_id(server_name: str) -> str:
    """An ID for a room whose version does not derive it from the create event."""
    opaque = "".join(secrets.choice(string.ascii_letters) for _ in range(18))
    return f"!{opaque}:{server_name}"


def reference_hashes(head: RoomHead, auth_events: Iterable[Event]) -> Mapping[str, str]:
    """The hashes that the references of the next event carry in room versions 1 and 2."""
    if not head.version.hashed_references:
        return NO_HASHES
    hashes = {
        event.event_id: to_base64(reference_hash(event.pdu, head.version)) for event in auth_events
    }
    return {**head.hashes, **hashes}
