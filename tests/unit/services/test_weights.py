"""What a cache takes an entry for is what the entry takes of memory, give or take a third."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import orjson
import pytest

from homeserver.config import RateLimit
from homeserver.ids import DeviceId, UserId
from homeserver.protocol.client_event import client_bytes
from homeserver.protocol.event import Event
from homeserver.protocol.power_levels import PowerLevels
from homeserver.protocol.push_rules import PushRules, evaluate
from homeserver.protocol.room_versions import ROOM_VERSIONS
from homeserver.protocol.sync_filter import parse_filter
from homeserver.services.accounts.filters import Filters
from homeserver.services.accounts.ignored_users import IgnoredUsers
from homeserver.services.accounts.session_cache import SessionCache
from homeserver.services.appservices.appservice_interest import AppserviceInterest
from homeserver.services.events.evaluate_push import EvaluatePush
from homeserver.services.events.log_feed import LogFeed
from homeserver.services.events.recent_txns import RecentTxns
from homeserver.services.events.room_heads import RoomHead, RoomHeads
from homeserver.services.events.state_at import StateAt
from homeserver.services.events.stored_rows import StoredRows
from homeserver.services.ground.cache_figures import every_cache
from homeserver.services.ground.requester import Requester
from homeserver.services.ground.token_buckets import TokenBuckets, levels
from homeserver.services.reading.visible_events import Course, VisibleEvents
from homeserver.services.sync.notifier import Notifier, UserStream
from homeserver.services.sync.sync_state import SyncState
from homeserver.services.sync.unread import UnreadCounts, _Reader, _Shared
from homeserver.storage.client_txns import ClientTxn
from homeserver.storage.commit import LogRow
from homeserver.storage.events import StoredEvent
from homeserver.storage.membership import Membership
from homeserver.storage.notifications import StoredNotice
from homeserver.storage.states import StateRow
from tests import eg

NONE = cast(Any, None)
ROOM = 8_000_000_000
"""Numbers and texts are new ones each time, as those of a database are."""
BOUND = 1_000_000_000


def number(n: int) -> int:
    return ROOM + n


def user(n: int) -> str:
    return f"@somebody.or.other-{n}:chat.example.org"


def room_id(n: int) -> str:
    return f"!{n:043d}"


def event_id(n: int) -> str:
    return f"${n:043d}"


def message(n: int) -> StoredEvent:
    content = {"msgtype": "m.text", "body": f"message {n}: good morning, everybody"}
    return shown(eg.event(content=content, auth_events=[event_id(n + k) for k in range(3)]), n)


def member(n: int) -> StoredEvent:
    content = {"membership": "join", "displayname": f"Person {n}"}
    auth = [event_id(n + k) for k in range(4)]
    return shown(eg.event("m.room.member", content, state_key=user(n), auth_events=auth), n)


def shown(event: Event, n: int) -> StoredEvent:
    """As it is read from the database, and then shown to somebody."""
    event = Event.from_bytes(event.to_bytes(), event.version, event_id=event.event_id)
    event.put_away()
    stored = StoredEvent(event, nid=number(n), room=ROOM, ord_pos=number(n))
    stored.rendered[False, "join"] = bytes(bytearray(client_bytes(event, False)))
    return stored


class Filled:
    """Services with nothing behind them, whose caches are filled by hand."""

    def __init__(self) -> None:
        self.heads = RoomHeads(NONE, NONE, max_bytes=BOUND)
        self.log = LogFeed(NONE, NONE, ring_size=10**6, max_bytes=BOUND, names_max_bytes=BOUND)
        self.sessions = SessionCache(max_bytes=BOUND)
        self.buckets = TokenBuckets(RateLimit(1, 10), kept=levels(BOUND))
        self.notifier = Notifier(NONE, NONE, wake_slice=1, max_bytes=BOUND)
        self.unread = UnreadCounts(NONE, NONE, rooms_bytes=BOUND, readers_bytes=BOUND)
        self.visible = VisibleEvents(NONE, NONE, NONE, max_bytes=BOUND)
        self.sync_state = SyncState(NONE, NONE, NONE, max_bytes=BOUND)
        self.state_at = StateAt(NONE, NONE, max_bytes=BOUND)
        self.txns = RecentTxns(NONE, max_bytes=BOUND)
        self.filters = Filters(NONE, NONE, max_timeline=100, max_bytes=BOUND)
        self.ignored = IgnoredUsers(NONE, max_bytes=BOUND)
        self.push = EvaluatePush(NONE, NONE, max_bytes=BOUND)
        self.interest = AppserviceInterest(NONE, NONE, NONE, max_bytes=BOUND)
        self.names = StoredRows(NONE, NONE, max_bytes=BOUND)

    def head(self, n: int, members: int = 5) -> None:
        head = RoomHead(number(n), room_id(n), ROOM_VERSIONS["12"], 7, [(event_id(n), 12)])
        for k in range(members):
            head.apply(member(1000 * n + k), LogRow("event", position=number(1000 * n + k)))
        self.heads.add(head)

    def crowded_head(self, n: int) -> None:
        self.head(n, 100)

    def row(self, n: int) -> None:
        stored = message(n)
        row = LogRow("event", head_name(n), None, None, stored, n + 1, n)
        self.log.learn([row])

    def session(self, n: int) -> None:
        token = f"{n:0300d}"
        who = Requester(UserId(user(n)), DeviceId(f"DEVICE{n}"), f"{n:022d}")
        self.sessions.put(token, who, 1_700_000_000_000 + n, 0)

    def bucket(self, n: int) -> None:
        self.buckets.take(user(n))

    def stream(self, n: int) -> None:
        rooms = {
            number(k): Membership(
                number(k), room_id(k), f"{'join'}"[:4], user(n), number(k), number(k), 0
            )
            for k in range(50 * n, 50 * n + 50)
        }
        self.notifier._streams.put(user(n), UserStream(user(n), rooms, number(n), number(n)))

    def counts(self, n: int) -> None:
        shared = _Shared()
        for k in range(100):
            shared.add(number(1000 * n + k), "" if k % 10 else event_id(k), 1)
        self.unread._rooms.put(number(n), shared)

    def reader(self, n: int) -> None:
        notices = [StoredNotice(event_id(n), number(n), 0, True, True, number(n))]
        reader = _Reader({"": number(n)}, {"": number(n)}, number(n), None, notices)
        self.unread._of_room.setdefault(number(n), set()).add(user(n))
        self.unread._readers.put((number(n), user(n)), reader)

    def course(self, n: int) -> None:
        course = Course([number(n), number(n) + 5], ["join" + "!" * (n % 2), "leave"], number(n))
        self.visible._courses.put((number(n), "m.room.member", user(n)), course)

    def sent(self, n: int) -> None:
        members = {user(1000 * n + k): (number(n + k), number(n * k)) for k in range(10)}
        self.sync_state._of_device((user(n), f"DEVICE{n}"), number(n), anew=True).members = members
        self.sync_state._sent.weigh_again(((user(n), f"DEVICE{n}"), number(n)))

    def state_row(self, n: int) -> None:
        entries = {
            ("m.room.member", user(1000 * n + k)): (number(n + k), event_id(n + k))
            for k in range(20)
        }
        row = StateRow(number(n), number(n), None, cast(Any, entries))
        self.state_at._rows.put(number(n), row)

    def txn(self, n: int) -> None:
        path = f"/rooms/{room_id(n)}/send/m.room.message"
        self.txns._answers.put(ClientTxn(user(n), f"DEVICE{n}", path, f"m{n:030d}"), event_id(n))

    def filter(self, n: int) -> None:
        given = {"room": {"timeline": {"limit": 10 + n}, "state": {"lazy_load_members": True}}}
        raw = orjson.dumps(given)
        parsed = replace(parse_filter(orjson.loads(raw)), size=len(raw))
        self.filters._parsed.put(raw.decode(), parsed)

    def list(self, n: int) -> None:
        self.ignored._lists.put(user(n), frozenset(user(1000 * n + k) for k in range(20)))

    def rules(self, n: int) -> None:
        rules = PushRules.default(user(n))
        for k in range(4):
            pattern = f"word-{n}-{k}"
            rules = rules.put("content", pattern, {"pattern": pattern, "actions": ["notify"]})
        levels = PowerLevels(None)
        evaluate(rules, eg.event(), display_name=None, member_count=5, levels=levels)
        self.push._rules[user(n)] = rules
        self.push._kept.put(user(n), rules)

    def ghosts(self, n: int) -> None:
        self.interest._rooms.put(number(n), {user(1000 * n + k) for k in range(20)})

    def name(self, n: int) -> None:
        self.names._names.put(number(n), room_id(n))


def head_name(n: int) -> Any:
    return RoomHead(number(n), room_id(n), ROOM_VERSIONS["12"], 7, []).name


KINDS: dict[str, tuple[str, Callable[[Filled, int], None], int]] = {
    "rooms": ("heads", Filled.head, 60),
    "rooms of many": ("heads", Filled.crowded_head, 6),
    "rows of the log": ("log", Filled.row, 300),
    "sessions": ("sessions", Filled.session, 1000),
    "buckets": ("buckets", Filled.bucket, 1000),
    "streams": ("streams", Filled.stream, 40),
    "counts": ("counts", Filled.counts, 100),
    "readers": ("readers", Filled.reader, 500),
    "courses": ("courses", Filled.course, 500),
    "members sent": ("sent_members", Filled.sent, 200),
    "states": ("states", Filled.state_row, 100),
    "transactions": ("transactions", Filled.txn, 500),
    "filters": ("filters", Filled.filter, 300),
    "ignored": ("ignored", Filled.list, 200),
    "push rules": ("push_rules", Filled.rules, 12),
    "ghosts": ("interest", Filled.ghosts, 200),
    "room names": ("room_names", Filled.name, 1000),
}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_entries_weigh_what_they_take(kind: str) -> None:
    cache, fill, count = KINDS[kind]
    services = Filled()
    fill(services, 10**6)  # what is made once is not what an entry takes
    figures = every_cache()[cache]
    before_bytes = figures.bytes
    gc.collect()
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for n in range(count):
            fill(services, n)
        gc.collect()
        taken = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    weighed = figures.bytes - before_bytes
    assert 0.7 < weighed / taken < 1.35, (weighed / count, taken / count)
