"""The engine: everything that decides, follows and tells, put together. The faces stand on it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from appservice_tasks.config import Config
from appservice_tasks.matrix_client import Homeserver, MatrixClient
from appservice_tasks.services.bus import Bus
from appservice_tasks.services.cards import Cards
from appservice_tasks.services.catch_up import CatchUp
from appservice_tasks.services.circumstances import Circumstances
from appservice_tasks.services.clock import Clock, wall_clock
from appservice_tasks.services.digest import Digest
from appservice_tasks.services.do_chores import DoChores
from appservice_tasks.services.erase import Erase
from appservice_tasks.services.follow_room import FollowRoom
from appservice_tasks.services.hold_leases import Leases
from appservice_tasks.services.index import Index
from appservice_tasks.services.join_rooms import JoinRooms
from appservice_tasks.services.maintain import Maintain
from appservice_tasks.services.make_decision import MakeDecision
from appservice_tasks.services.mend_redaction import MendRedaction
from appservice_tasks.services.notices import Notices
from appservice_tasks.services.outbox import Outbox
from appservice_tasks.services.own_rooms import OwnRooms
from appservice_tasks.services.people import People
from appservice_tasks.services.recover_room import RecoverRoom
from appservice_tasks.services.reminders import Reminders
from appservice_tasks.services.set_up_room import SetUpRoom
from appservice_tasks.services.steps import NoSteps, Steps
from appservice_tasks.services.submit import Submit
from appservice_tasks.services.task_commands import TaskCommands
from appservice_tasks.services.tidy import Tidy
from appservice_tasks.services.transactions import Transactions
from appservice_tasks.services.watch_homeserver import Generation, WatchHomeserver
from appservice_tasks.services.work import Work
from appservice_tasks.storage.database import Database


@dataclass
class Engine:
    """The parts that others use, and those that run in the background."""

    config: Config
    database: Database
    work: Work
    homeserver: Homeserver
    generation: Generation
    circumstances: Circumstances
    people: People
    index: Index
    follow: FollowRoom
    leases: Leases
    outbox: Outbox
    submit: Submit
    transactions: Transactions
    notices: Notices
    reminders: Reminders
    digest: Digest
    chores: DoChores
    catch_up: CatchUp
    maintain: Maintain
    tidy: Tidy
    _running: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def bus(self) -> Bus:
        """Tells what was committed."""
        return self.work.bus

    async def start(self) -> None:
        """Takes what leases are free, and begins to work."""
        await self.leases.round()
        for work in (
            self.leases.keep(),
            self.outbox.poll(),
            self.chores.run(),
            self.reminders.run(),
            self.digest.run(),
            self.catch_up.run(),
            self.tidy.run(),
        ):
            self.run(work)
        self.catch_up.ask()

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Something more that runs until the end."""
        self._running.append(asyncio.create_task(work))

    async def stop(self) -> None:
        """Ends everything where it is; what was decided is sent by whoever starts next."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self.outbox.stop()
        await self.follow.stop()
        await self.leases.give_up()


def build_engine(
    config: Config,
    database: Database,
    homeserver: Homeserver,
    *,
    clock: Clock = wall_clock,
    steps: Steps | None = None,
    holder: str | None = None,
    lease_ttl_ms: int | None = None,
    longest_pause: float = 5.0,
) -> Engine:
    """Builds it. Nothing runs yet. homeserver: speaks as the authority."""
    steps = steps or NoSteps()
    bus = Bus()
    work = Work(database, bus, clock)
    circumstances = Circumstances(config.server_name)
    people = People(homeserver, clock, config.server_name)
    notices = Notices(
        circumstances,
        people,
        server_name=config.server_name,
        language=config.language,
        timezone=config.timezone,
    )
    reminders = Reminders(work, notices, config.timezone)
    cards = Cards(
        work,
        homeserver,
        circumstances,
        people,
        server_name=config.server_name,
        language=config.language,
    )
    index = Index(config.authority, config.authorities).follow_with(
        notices, reminders, cards, Erase()
    )
    follow = FollowRoom(work, homeserver, notices, config.authority)
    generation = Generation()
    catch_up: CatchUp | None = None

    def taken(_shards: list[int]) -> None:
        if catch_up is not None:
            catch_up.ask()

    ttl_ms = round(config.lease_seconds * 1000) if lease_ttl_ms is None else lease_ttl_ms
    leases = Leases(database, clock, holder=holder, ttl_ms=ttl_ms, on_taken=taken)
    recovery = RecoverRoom(work, homeserver, index, follow, notices, generation, steps)
    decision = MakeDecision(
        circumstances, people, language=config.language, authority=config.authority
    )
    outbox = Outbox(
        work,
        homeserver,
        leases,
        index,
        decision,
        recovery,
        people,
        steps,
        longest_pause=longest_pause,
    )
    submit = Submit(work)
    catch_up = CatchUp(work, homeserver, follow, leases, outbox, recovery)
    commands = TaskCommands(
        database,
        homeserver,
        circumstances,
        people,
        submit,
        clock,
        language=config.language,
        timezone=config.timezone,
    )
    redactions = MendRedaction(work, homeserver, config.authority)
    joins = JoinRooms(work, homeserver, follow, outbox, config.server_name)
    chores = DoChores(
        work,
        homeserver,
        {
            "plain_command": commands.do,
            "card": cards.draw,
            "check_redaction": redactions.do,
            "join": joins.do,
        },
    )
    return Engine(
        config=config,
        database=database,
        work=work,
        homeserver=homeserver,
        generation=generation,
        circumstances=circumstances,
        people=people,
        index=index,
        follow=follow,
        leases=leases,
        outbox=outbox,
        submit=submit,
        transactions=Transactions(work, index, follow, notices, steps, authority=config.authority),
        notices=notices,
        reminders=reminders,
        digest=Digest(work, language=config.language, timezone=config.timezone),
        chores=chores,
        catch_up=catch_up,
        maintain=Maintain(work, homeserver, index, leases, outbox, recovery),
        tidy=Tidy(work),
    )


@dataclass
class Connected:
    """An engine over HTTP, with what needs a whole client."""

    engine: Engine
    client: MatrixClient
    set_up: SetUpRoom
    own_rooms: OwnRooms
    session: aiohttp.ClientSession

    async def start(self) -> None:
        """Begins."""
        await self.engine.start()
        watch = WatchHomeserver(
            self.engine.config.homeserver_url,
            self.engine.generation,
            self.engine.catch_up.ask,
        )
        self.engine.run(watch.watch())

    async def stop(self) -> None:
        """Ends."""
        await self.engine.stop()
        await self.session.close()


def connect(
    config: Config,
    database: Database,
    *,
    clock: Clock = wall_clock,
    steps: Steps | None = None,
) -> Connected:
    """Builds the engine over HTTP. Must be called in a running event loop."""
    session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64))
    client = MatrixClient(session, config.homeserver_url, config.as_token)
    engine = build_engine(config, database, client, clock=clock, steps=steps)
    set_up = SetUpRoom(engine.work, client, engine.circumstances, engine.follow, config.authority)
    own_rooms = OwnRooms(
        engine.work,
        client,
        set_up,
        engine.people,
        server_name=config.server_name,
        authority=config.authority,
        language=config.language,
    )
    return Connected(engine, client, set_up, own_rooms, session)
