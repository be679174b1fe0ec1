"""The engine: database, committer, log, heads, events, notifier."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from homeserver.config import Config
from homeserver.protocol.signing import SigningKey
from homeserver.services.clock import Clock, wall_clock
from homeserver.services.evaluate_push import EvaluatePush
from homeserver.services.event_cache import EventCache
from homeserver.services.ignored_users import IgnoredUsers
from homeserver.services.log_feed import LogFeed
from homeserver.services.notifier import Notifier
from homeserver.services.open_gaps import OpenGaps
from homeserver.services.render_events import RenderEvents
from homeserver.services.resolve_state import ResolveState
from homeserver.services.room_heads import RoomHeads
from homeserver.services.state_at import StateAt
from homeserver.services.typing import Typing
from homeserver.services.unread import UnreadCounts
from homeserver.services.visible_events import VisibleEvents
from homeserver.services.write_event import WriteEvent
from homeserver.storage.commit import Committer
from homeserver.storage.database import Database, open_database


@dataclass(frozen=True)
class Engine:
    """What services are built on."""

    config: Config
    clock: Clock
    signing_key: SigningKey
    database: Database
    committer: Committer
    cache: EventCache
    feed: LogFeed
    heads: RoomHeads
    push: EvaluatePush
    write: WriteEvent
    state_at: StateAt
    resolve: ResolveState
    gaps: OpenGaps
    visible: VisibleEvents
    render: RenderEvents
    unread: UnreadCounts
    ignored: IgnoredUsers
    notifier: Notifier
    typing: Typing

    async def start(self) -> None:
        """Begins to commit and to follow the log."""
        await self.heads.start()
        await self.feed.start()
        self.committer.start()

    async def stop(self) -> None:
        """Commits what is queued and closes the database. Open polls must be answered before."""
        await self.committer.stop()
        await self.feed.stop()
        self.typing.close()
        await self.database.close()


async def build_engine(config: Config, *, clock: Clock = wall_clock) -> Engine:
    """Opens the database, whose tables must be up to date."""
    signing_key = SigningKey.parse(config.keys.signing_key.read_text())
    database = await open_database(
        config.database_url,
        pool_size=config.database.pool_size,
        synchronous=config.database.sqlite_synchronous,
        lock_timeout_ms=config.database.lock_timeout_ms,
        statement_timeout_ms=config.database.statement_timeout_ms,
    )
    committer = Committer(database)
    cache = EventCache(database, max_bytes=config.caches.events_bytes)
    feed = LogFeed(database, cache, ring_size=config.sync.ring_size)
    heads = RoomHeads(database, cache, max_bytes=config.caches.rooms_bytes)
    push = EvaluatePush(database, heads)
    write = WriteEvent(
        database,
        committer,
        heads,
        cache,
        push,
        signing_key=signing_key,
        server_name=config.server_name,
        clock=clock,
    )
    state_at = StateAt(database, heads)
    gaps = OpenGaps(database)
    visible = VisibleEvents(database, cache, state_at)
    render = RenderEvents(database, cache, visible)
    unread = UnreadCounts(database, visible)
    ignored = IgnoredUsers(database)
    notifier = Notifier(database, feed, wake_slice=config.sync.wake_slice)
    typing = Typing(heads, _wake_room(heads, notifier))

    # In this order: who wakes others comes last.
    for learner in (cache, heads, state_at, gaps, visible, unread, ignored, push, typing, notifier):
        feed.listen(learner.learn)
    committer.on_commit(feed.learn)
    committer.on_lost_room(heads.drop)
    return Engine(
        config=config,
        clock=clock,
        signing_key=signing_key,
        database=database,
        committer=committer,
        cache=cache,
        feed=feed,
        heads=heads,
        push=push,
        write=write,
        state_at=state_at,
        resolve=ResolveState(cache),
        gaps=gaps,
        visible=visible,
        render=render,
        unread=unread,
        ignored=ignored,
        notifier=notifier,
        typing=typing,
    )


def _wake_room(heads: RoomHeads, notifier: Notifier) -> Callable[[str], None]:
    def wake(room_id: str) -> None:
        head = heads.peek(room_id)
        if head is not None:
            notifier.wake_room(head.nid)

    return wake
