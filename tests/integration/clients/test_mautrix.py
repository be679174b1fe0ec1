"""mautrix, which most bridges are written with: the Application Service API and its client.

mautrix types each event as the union of all; the tests say `Any` where they know which it is.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from mautrix.appservice import AppService
from mautrix.appservice.state_store import ASStateStore
from mautrix.client import Client
from mautrix.client.state_store import MemoryStateStore
from mautrix.errors import IntentError, MatrixRequestError, MExclusive, MForbidden
from mautrix.types import (
    EventID,
    EventType,
    Membership,
    MessageEvent,
    MessageType,
    PaginationDirection,
    RoomCreatePreset,
    RoomID,
    TextMessageEventContent,
    UserID,
)

from tests.harness.homeserver import Answer, RunningHomeserver, new_name

PASSWORD = "correct horse"
SignIn = Callable[[str], Awaitable[Any]]

# mautrix gives aiohttp the loop it runs on, which aiohttp has come to regret.
pytestmark = pytest.mark.filterwarnings("ignore:loop argument is deprecated:DeprecationWarning")


class BridgeState(MemoryStateStore, ASStateStore):
    """What the bridge remembers of rooms, in memory."""

    def __init__(self) -> None:
        MemoryStateStore.__init__(self)
        ASStateStore.__init__(self)


class Bridge(AppService):
    """An appservice that keeps what it is told, in the order in which it is told."""

    def __init__(self, homeserver: RunningHomeserver) -> None:
        registered = homeserver.appservice
        super().__init__(
            server=homeserver.url,
            domain=homeserver.server_name,
            as_token=registered.as_token,
            hs_token=registered.hs_token,
            bot_localpart=registered.sender_localpart,
            id=registered.id,
            state_store=BridgeState(),
            loop=asyncio.get_running_loop(),
            log=logging.getLogger("bridge"),
        )
        self.synchronous_handlers = True
        self.prefix = registered.prefix
        self.told: list[Any] = []
        self.something_new = asyncio.Event()
        self.matrix_event_handler(self.keep)

    async def keep(self, event: Any) -> None:
        """Handle one event of a transaction."""
        self.told.append(event)
        self.something_new.set()

    def texts(self, room_id: RoomID) -> list[str]:
        """The bodies of the messages of one room, as they came."""
        return [
            event.content.body
            for event in self.told
            if isinstance(event, MessageEvent) and event.room_id == room_id
        ]

    def memberships(self, room_id: RoomID, user_id: UserID) -> list[Membership]:
        """What one user was in one room, one after the other."""
        return [
            event.content.membership
            for event in self.told
            if event.type == EventType.ROOM_MEMBER
            and (event.room_id, event.state_key) == (room_id, user_id)
        ]

    async def until(self, satisfied: Callable[[], object], seconds: float = 20) -> None:
        """Wait until what it was told satisfies; the time limit fails the test."""
        async with asyncio.timeout(seconds):
            while not satisfied():
                self.something_new.clear()
                await self.something_new.wait()

    def ghost_id(self, stem: str) -> UserID:
        """A new user id in the namespace of the bridge."""
        return UserID(f"@{self.prefix}{new_name(stem)}:{self.domain}")

    def ghost(self, stem: str) -> Any:
        """What acts for a new ghost."""
        return self.intent.user(self.ghost_id(stem))


@asynccontextmanager
async def listening(homeserver: RunningHomeserver) -> AsyncIterator[Bridge]:
    """The bridge at the address of its registration."""
    bridge = Bridge(homeserver)
    await bridge.start("127.0.0.1", homeserver.appservice.port)
    try:
        yield bridge
    finally:
        await bridge.stop()


@pytest.fixture
async def bridge(homeserver: RunningHomeserver) -> AsyncIterator[Bridge]:
    """The bridge, listening."""
    async with listening(homeserver) as running:
        yield running


@pytest.fixture
async def sign_in(homeserver: RunningHomeserver) -> AsyncIterator[SignIn]:
    """Makes an account with a name like the one given, and a client of it."""
    clients: list[Client] = []

    async def new_client(stem: str) -> Client:
        name = new_name(stem)
        await homeserver.register(name, PASSWORD)
        client = Client(base_url=homeserver.url, state_store=MemoryStateStore())
        clients.append(client)
        await client.login(UserID(name), password=PASSWORD, device_name="Test")
        return client

    yield new_client
    for client in clients:
        client.stop()
        await client.api.session.close()


async def test_the_homeserver_reaches_the_appservice(bridge: Bridge) -> None:
    await bridge.intent.ensure_registered()
    milliseconds = await bridge.ping_self("ping-1")
    assert 0 <= milliseconds < 10_000


async def test_an_unreachable_appservice_is_told_to_the_one_who_pings(
    homeserver: RunningHomeserver,
) -> None:
    registered = homeserver.appservice
    answer = await homeserver.request(
        "POST",
        f"/_matrix/client/v1/appservice/{registered.id}/ping",
        {"transaction_id": "ping-2"},
        token=registered.as_token,
    )
    assert (answer.status, answer.body["errcode"]) == (502, "M_CONNECTION_FAILED")


async def test_a_ghost_speaks_under_a_name_of_its_own(bridge: Bridge, sign_in: SignIn) -> None:
    olga = await sign_in("olga")
    ghost = bridge.ghost("fax")
    await ghost.set_displayname("Fax machine")
    room_id = await ghost.create_room(name="Incoming", invitees=[olga.mxid])
    await olga.join_room(room_id)
    said = await ghost.send_text(room_id, "page one")

    event = await olga.get_event(room_id, said)
    assert (event.sender, event.content.body) == (ghost.mxid, "page one")
    assert await olga.get_displayname(ghost.mxid) == "Fax machine"
    member = await olga.get_state_event(room_id, EventType.ROOM_MEMBER, ghost.mxid)
    assert (member.membership, member.displayname) == (Membership.JOIN, "Fax machine")


async def test_what_happens_around_a_ghost_is_told_in_order(
    bridge: Bridge, sign_in: SignIn
) -> None:
    olga = await sign_in("olga")
    ghost = bridge.ghost("fax")
    await ghost.ensure_registered()
    room_id = await olga.create_room(invitees=[ghost.mxid])

    await bridge.until(lambda: Membership.INVITE in bridge.memberships(room_id, ghost.mxid))
    await ghost.ensure_joined(room_id)
    wanted = [f"line {number}" for number in range(20)]
    for text in wanted:
        await olga.send_text(room_id, text)
    await bridge.until(lambda: wanted[-1] in bridge.texts(room_id))
    assert bridge.texts(room_id) == wanted
    told = [event.event_id for event in bridge.told]
    assert len(told) == len(set(told)), "nothing is told twice"
    ours = [event for event in bridge.told if event.room_id == room_id]
    assert all(event.sender and event.event_id and event.timestamp for event in ours)


async def test_rooms_without_ghosts_are_not_told(bridge: Bridge, sign_in: SignIn) -> None:
    olga = await sign_in("olga")
    private = await olga.create_room()
    await olga.send_text(private, "none of the bridge's business")
    ghost = bridge.ghost("fax")
    await ghost.ensure_registered()
    shared = await olga.create_room(invitees=[ghost.mxid])
    await bridge.until(lambda: any(event.room_id == shared for event in bridge.told))
    assert not [event for event in bridge.told if event.room_id == private]


async def test_an_appservice_that_was_away_is_told_what_it_missed(
    homeserver: RunningHomeserver, sign_in: SignIn
) -> None:
    olga = await sign_in("olga")
    async with listening(homeserver) as bridge:
        ghost = bridge.ghost("fax")
        room_id = await ghost.create_room(invitees=[olga.mxid])
        await olga.join_room(room_id)
        await olga.send_text(room_id, "before")
        await bridge.until(lambda: "before" in bridge.texts(room_id))
    wanted = [f"meanwhile {number}" for number in range(5)]
    for text in wanted:
        await olga.send_text(room_id, text)
    async with listening(homeserver) as returned:
        await returned.until(lambda: wanted[-1] in returned.texts(room_id), seconds=60)
        texts = returned.texts(room_id)
        assert texts[texts.index(wanted[0]) :] == wanted
        assert set(texts) <= {"before", *wanted}


async def test_a_refused_transaction_is_sent_again_under_the_same_id(
    homeserver: RunningHomeserver, sign_in: SignIn
) -> None:
    olga = await sign_in("olga")
    async with listening(homeserver) as bridge:
        ghost = bridge.ghost("fax")
        room_id = await ghost.create_room(invitees=[olga.mxid])
        await olga.join_room(room_id)
        await bridge.until(lambda: any(e.sender == olga.mxid for e in bridge.told))
        offered: list[str] = []
        broken: Any = bridge
        handle = bridge.handle_transaction

        async def refuse_twice(txn_id: str, **rest: Any) -> Any:
            offered.append(txn_id)
            if len(offered) < 3:
                raise asyncio.CancelledError  # the connection breaks without an answer
            return await handle(txn_id, **rest)

        broken.handle_transaction = refuse_twice
        await olga.send_text(room_id, "stubborn")
        await bridge.until(lambda: "stubborn" in bridge.texts(room_id), seconds=60)
        assert offered[0] == offered[1] == offered[2]
        assert bridge.texts(room_id) == ["stubborn"]


async def test_a_bridged_message_keeps_the_time_of_its_origin(bridge: Bridge) -> None:
    ghost = bridge.ghost("fax")
    room_id = await ghost.create_room()
    long_ago = 1_234_567_890_123
    content = TextMessageEventContent(MessageType.TEXT, "from the archive")
    said = await ghost.send_message_event(
        room_id, EventType.ROOM_MESSAGE, content, timestamp=long_ago
    )
    event = await ghost.get_event(room_id, said)
    assert event.timestamp == long_ago


async def test_the_bot_invites_its_ghosts_into_a_private_room(
    bridge: Bridge, sign_in: SignIn
) -> None:
    olga = await sign_in("olga")
    room_id = await bridge.intent.create_room(invitees=[olga.mxid])
    ghost = bridge.ghost("fax")
    said = await ghost.send_text(room_id, "let in by the bot")
    await olga.join_room(room_id)
    assert (await olga.get_event(room_id, said)).sender == ghost.mxid
    members = await olga.get_joined_members(room_id)
    assert set(members) == {bridge.bot_mxid, ghost.mxid, olga.mxid}


async def test_an_appservice_acts_for_nobody_outside_its_namespace(
    bridge: Bridge, sign_in: SignIn
) -> None:
    olga = await sign_in("olga")
    impostor = bridge.intent.user(olga.mxid)
    with pytest.raises(MForbidden):
        await impostor.whoami()
    stranger = bridge.intent.user(UserID(f"@{new_name('stranger')}:{bridge.domain}"))
    with pytest.raises(MExclusive):
        await stranger.ensure_registered()


async def test_a_name_of_the_namespace_belongs_to_the_appservice(
    homeserver: RunningHomeserver, bridge: Bridge, sign_in: SignIn
) -> None:
    body = {
        "username": f"{bridge.prefix}{new_name('thief')}",
        "password": PASSWORD,
        "auth": {"type": "m.login.dummy"},
    }
    answer: Answer = await homeserver.request("POST", "/_matrix/client/v3/register", body)
    assert (answer.status, answer.body["errcode"]) == (400, "M_EXCLUSIVE")
    olga = await sign_in("olga")
    room_id = await olga.create_room()
    with pytest.raises(MExclusive):
        await olga.add_room_alias(room_id, f"{bridge.prefix}{new_name('lair')}")


async def test_a_ghost_signs_in_with_the_appservice_token(
    homeserver: RunningHomeserver, bridge: Bridge
) -> None:
    ghost = bridge.ghost("fax")
    await ghost.ensure_registered()
    body = {
        "type": "m.login.application_service",
        "identifier": {"type": "m.id.user", "user": ghost.mxid},
    }
    answer = await homeserver.request(
        "POST", "/_matrix/client/v3/login", body, token=bridge.as_token
    )
    session = answer.ok()
    assert session["user_id"] == ghost.mxid
    who = await homeserver.request(
        "GET", "/_matrix/client/v3/account/whoami", token=session["access_token"]
    )
    assert who.ok()["device_id"] == session["device_id"]
    stranger = await homeserver.register(new_name("olga"))
    refused = await homeserver.request("POST", "/_matrix/client/v3/login", body, token=stranger)
    assert refused.status in (401, 403)


async def test_a_room_is_made_when_somebody_asks_for_its_alias(
    bridge: Bridge, sign_in: SignIn
) -> None:
    olga = await sign_in("olga")
    localpart = f"{bridge.prefix}{new_name('portal')}"
    made: list[RoomID] = []

    async def make(alias: str) -> dict[str, Any]:
        assert alias == f"#{localpart}:{bridge.domain}"
        preset = RoomCreatePreset.PUBLIC
        made.append(await bridge.intent.create_room(alias_localpart=localpart, preset=preset))
        return {"made": True}

    asked: Any = bridge
    asked.query_alias = make
    joined = await olga.join_room(f"#{localpart}:{bridge.domain}", max_retries=0)
    assert made == [joined]
    missing = f"#{bridge.prefix}{new_name('nowhere')}:{bridge.domain}"

    async def nothing(alias: str) -> None:
        assert alias == missing

    asked.query_alias = nothing
    with pytest.raises(MatrixRequestError):
        await olga.join_room(missing, max_retries=0)


async def test_a_ghost_types_reads_and_reacts(bridge: Bridge, sign_in: SignIn) -> None:
    olga = await sign_in("olga")
    ghost = bridge.ghost("fax")
    room_id = await ghost.create_room(invitees=[olga.mxid])
    await olga.join_room(room_id)
    first = await olga.sync(timeout=0)
    said = await olga.send_text(room_id, "are you there?")
    await ghost.set_typing(room_id, timeout=20_000)
    await ghost.mark_read(room_id, said)
    reaction = await ghost.react(room_id, said, "👀")

    seen: dict[str, Any] = {}
    since = first["next_batch"]
    async with asyncio.timeout(10):
        while seen.keys() < {"m.typing", "m.receipt", "m.reaction"}:
            answer = await olga.sync(since=since, timeout=2000)
            since = answer["next_batch"]
            room = answer.get("rooms", {}).get("join", {}).get(room_id, {})
            events = [
                *room.get("timeline", {}).get("events", []),
                *room.get("ephemeral", {}).get("events", []),
            ]
            seen |= {event["type"]: event for event in events}
    assert seen["m.typing"]["content"]["user_ids"] == [ghost.mxid]
    assert ghost.mxid in seen["m.receipt"]["content"][said]["m.read"]
    assert seen["m.reaction"]["event_id"] == reaction


async def test_a_ghost_is_kicked_and_its_bridge_hears_of_it(
    bridge: Bridge, sign_in: SignIn
) -> None:
    olga = await sign_in("olga")
    ghost = bridge.ghost("fax")
    await ghost.ensure_registered()
    room_id = await olga.create_room(invitees=[ghost.mxid])
    await ghost.ensure_joined(room_id)
    await olga.kick_user(room_id, ghost.mxid, reason="too loud")

    await bridge.until(lambda: Membership.LEAVE in bridge.memberships(room_id, ghost.mxid))
    with pytest.raises(IntentError):
        await ghost.send_text(room_id, "still here?", ensure_joined=False)


async def test_a_client_hears_messages_by_sync_and_pages_back(sign_in: SignIn) -> None:
    olga, ivan = await sign_in("olga"), await sign_in("ivan")
    room_id = await olga.create_room(invitees=[ivan.mxid])
    await ivan.join_room(room_id)
    heard: asyncio.Queue[tuple[EventID, str]] = asyncio.Queue()

    async def hear(event: MessageEvent) -> None:
        if event.room_id == room_id:
            await heard.put((event.event_id, event.content.body))

    ivan.add_event_handler(EventType.ROOM_MESSAGE, hear)
    ivan.ignore_initial_sync = True
    ivan.ignore_first_sync = True
    syncing = ivan.start(None)
    try:
        sent = []
        for number in range(3):
            sent.append((await olga.send_text(room_id, f"n{number}"), f"n{number}"))
            await asyncio.sleep(0.2)
        async with asyncio.timeout(10):
            got = await heard.get()
            while got != sent[-1]:
                got = await heard.get()
    finally:
        ivan.stop()
        await asyncio.gather(syncing, return_exceptions=True)
    page = await ivan.get_messages(room_id, PaginationDirection.BACKWARD, limit=3)
    assert [(event.event_id, event.content.body) for event in page.events] == sent[::-1]
