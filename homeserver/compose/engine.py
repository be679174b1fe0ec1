"""The engine: database, committer, log, heads, events, notifier."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from homeserver.compose.memory import max_bytes
from homeserver.config import Config
from homeserver.errors import MatrixError
from homeserver.protocol.signing import SigningKey
from homeserver.services.accounts.ignored_users import IgnoredUsers
from homeserver.services.events.evaluate_push import EvaluatePush
from homeserver.services.events.event_cache import EventCache
from homeserver.services.events.judge_event import JudgeEvent
from homeserver.services.events.log_feed import LogFeed
from homeserver.services.events.open_gaps import OpenGaps
from homeserver.services.events.resolve_state import ResolveState
from homeserver.services.events.room_heads import RoomHeads
from homeserver.services.events.room_turns import RoomTurns
from homeserver.services.events.state_at import StateAt
from homeserver.services.events.take_event import TakeEvent
from homeserver.services.events.write_event import WriteEvent
from homeserver.services.events.write_wide import WriteWide
from homeserver.services.ground.clock import Clock, wall_clock
from homeserver.services.ground.token_buckets import Levels, levels
from homeserver.services.ground.whispers import Whispers
from homeserver.services.reading.render_events import RenderEvents
from homeserver.services.reading.visible_events import VisibleEvents
from homeserver.services.sync.notifier import Notifier
from homeserver.services.sync.presences import Presences
from homeserver.services.sync.typing import Typing
from homeserver.services.sync.unread import UnreadCounts
from homeserver.storage.commit import Committer
from homeserver.storage.database import Database, DatabaseUnavailable
from homeserver.storage.open_database import open_database


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
    judge: JudgeEvent
    take: TakeEvent
    gaps: OpenGaps
    visible: VisibleEvents
    render: RenderEvents
    unread: UnreadCounts
    ignored: IgnoredUsers
    notifier: Notifier
    typing: Typing
    presences: Presences
    whispers: Whispers
    levels: Levels

    async def start(self) -> None:
        """Begins to commit and to follow the log."""
        await self.heads.start()
        await self.feed.start()
        await self.whispers.start()
        self.committer.start()
        self.presences.start()

    async def catch_up(self) -> None:
        """Returns once what other processes committed before is known here. Raises MatrixError."""
        try:
            await self.feed.catch_up()
        except DatabaseUnavailable as error:
            raise MatrixError("The database does not answer", status=503) from error

    async def stop(self) -> None:
        """Commits what is queued and closes the database. Open polls must be answered before."""
        await self.presences.stop()
        await self.whispers.stop()
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
    shared = config.shared
    process = secrets.token_hex(8) if shared else None
    committer = Committer(database, process=process, clock=clock)
    together = database.together()
    cache = EventCache(together, max_bytes=max_bytes(config, "events"), shared=shared)
    feed = LogFeed(
        database,
        cache,
        ring_size=config.sync.ring_size,
        max_bytes=max_bytes(config, "log"),
        names_max_bytes=max_bytes(config, "room_names"),
        shared=shared,
    )
    heads = RoomHeads(
        database,
        cache,
        max_bytes=max_bytes(config, "heads"),
        catch_up=feed.catch_up if shared else None,
    )
    turns = RoomTurns(committer, feed.catch_up, clock) if shared else None
    push = EvaluatePush(database, heads, max_bytes=max_bytes(config, "push_rules"))
    state_at = StateAt(together, heads, max_bytes=max_bytes(config, "states"))
    resolve = ResolveState(cache)
    judge = JudgeEvent(cache, state_at, resolve)
    take = TakeEvent(database, committer, heads, cache, push, judge)
    write = WriteEvent(
        database,
        committer,
        heads,
        cache,
        push,
        WriteWide(cache, judge, take, committer),
        signing_key=signing_key,
        server_name=config.server_name,
        clock=clock,
        turns=turns,
    )
    gaps = OpenGaps(database)
    visible = VisibleEvents(together, cache, state_at, max_bytes=max_bytes(config, "courses"))
    render = RenderEvents(together, cache, visible)
    unread = UnreadCounts(
        together,
        visible,
        rooms_bytes=max_bytes(config, "counts"),
        readers_bytes=max_bytes(config, "readers"),
    )
    ignored = IgnoredUsers(database, max_bytes=max_bytes(config, "ignored"))
    notifier = Notifier(
        database,
        feed,
        wake_slice=config.sync.wake_slice,
        max_bytes=max_bytes(config, "streams"),
    )
    whispers = Whispers(database, shared=shared)
    typing = Typing(heads, lambda room_id: notifier.wake_room(typing.active()[room_id]), whispers)
    presences = Presences(database, notifier, whispers, clock, enabled=config.presence.enabled)

    # In this order: who wakes others comes last.
    feed.listen(cache.learn)
    feed.listen(heads.learn, heads.cares)
    if turns is not None:
        feed.listen(turns.learn)
    for learner in (state_at, gaps, visible, unread, ignored, push, typing, presences):
        feed.listen(learner.learn)
    feed.listen(notifier.learn, notifier.cares, notifier.waits)
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
        resolve=resolve,
        judge=judge,
        take=take,
        gaps=gaps,
        visible=visible,
        render=render,
        unread=unread,
        ignored=ignored,
        notifier=notifier,
        typing=typing,
        presences=presences,
        whispers=whispers,
        levels=levels(max_bytes(config, "buckets")),
    )
