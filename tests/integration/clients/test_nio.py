"""matrix-nio, the client library of most Python bots, on our homeserver."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import nio
import pytest
from nio.api import RelationshipType
from PIL import Image

from tests.harness.homeserver import RunningHomeserver, new_name

PASSWORD = "correct horse"
SignIn = Callable[[str], Awaitable[nio.AsyncClient]]


@pytest.fixture
async def sign_in(homeserver: RunningHomeserver) -> AsyncIterator[SignIn]:
    """Makes an account with a name like the one given, and a client signed in to it."""
    clients: list[nio.AsyncClient] = []

    async def new_client(stem: str) -> nio.AsyncClient:
        client = nio.AsyncClient(homeserver.url, config=nio.AsyncClientConfig(max_timeouts=1))
        clients.append(client)
        answer = await client.register(new_name(stem), PASSWORD)
        assert isinstance(answer, nio.RegisterResponse), answer
        return client

    yield new_client
    for client in clients:
        await client.close()


async def create_room(client: nio.AsyncClient, *guests: nio.AsyncClient, **settings: Any) -> str:
    """A private room in which the guests are members already."""
    made = await client.room_create(invite=[guest.user_id for guest in guests], **settings)
    assert isinstance(made, nio.RoomCreateResponse), made
    for guest in guests:
        assert isinstance(await guest.join(made.room_id), nio.JoinResponse)
    return str(made.room_id)


async def say(client: nio.AsyncClient, room_id: str, body: str, **more: Any) -> str:
    """Send a text message; gives its event id."""
    content = {"msgtype": "m.text", "body": body, **more}
    sent = await client.room_send(room_id, "m.room.message", content)
    assert isinstance(sent, nio.RoomSendResponse), sent
    return str(sent.event_id)


async def catch_up(client: nio.AsyncClient) -> nio.SyncResponse:
    """One sync that does not wait. The first of a client asks for everything."""
    answer = await client.sync(timeout=0, full_state=False)
    assert isinstance(answer, nio.SyncResponse), answer
    return answer


def bodies(answer: nio.SyncResponse, room_id: str) -> list[str]:
    """The texts in one room's piece of timeline."""
    room = answer.rooms.join.get(room_id)
    events = room.timeline.events if room else []
    return [event.body for event in events if isinstance(event, nio.RoomMessageText)]


async def test_a_client_registers_signs_in_again_and_signs_out(
    homeserver: RunningHomeserver,
) -> None:
    name = new_name("olga")
    client = nio.AsyncClient(homeserver.url, name)
    try:
        flows = await client.login_info()
        assert "m.login.password" in flows.flows
        registered = await client.register(name, PASSWORD, device_name="Laptop")
        assert registered.user_id == homeserver.user_id(name)
        first_device = client.device_id
        assert isinstance(await client.logout(), nio.LogoutResponse)

        refused = await client.login("wrong", device_name="Laptop")
        assert isinstance(refused, nio.LoginError)
        assert refused.status_code == "M_FORBIDDEN"
        signed_in = await client.login(PASSWORD, device_name="Phone")
        assert signed_in.user_id == homeserver.user_id(name)
        who = await client.whoami()
        assert (who.user_id, who.device_id) == (client.user_id, client.device_id)
        devices = await client.devices()
        assert {device.id: device.display_name for device in devices.devices} == {
            client.device_id: "Phone"
        }, f"{first_device} went with its session"

        lost_token = client.access_token
        await client.logout()
        client.access_token = lost_token
        gone = await client.whoami()
        assert isinstance(gone, nio.WhoamiError)
        assert gone.status_code == "M_UNKNOWN_TOKEN"
    finally:
        await client.close()


async def test_deleting_a_device_wants_the_password_and_ends_its_session(
    homeserver: RunningHomeserver, sign_in: SignIn
) -> None:
    olga = await sign_in("olga")
    phone = nio.AsyncClient(homeserver.url, olga.user_id)
    try:
        await phone.login(PASSWORD, device_name="Phone")
        asked = await olga.delete_devices([phone.device_id])
        assert isinstance(asked, nio.DeleteDevicesAuthResponse)
        proof = {
            "type": "m.login.password",
            "session": asked.session,
            "identifier": {"type": "m.id.user", "user": olga.user_id},
            "password": PASSWORD,
        }
        deleted = await olga.delete_devices([phone.device_id], proof)
        assert isinstance(deleted, nio.DeleteDevicesResponse)
        assert isinstance(await phone.whoami(), nio.WhoamiError)
    finally:
        await phone.close()


async def test_an_invited_person_joins_and_both_talk(sign_in: SignIn) -> None:
    olga, ivan = await sign_in("olga"), await sign_in("ivan")
    made = await olga.room_create(name="Plans", topic="What next", invite=[ivan.user_id])
    room_id = made.room_id

    await catch_up(ivan)
    invitation = ivan.invited_rooms[room_id]
    assert (invitation.name, invitation.inviter) == ("Plans", olga.user_id)
    await ivan.join(room_id)
    await catch_up(ivan)
    assert room_id not in ivan.invited_rooms
    await say(olga, room_id, "Hello Ivan")
    assert bodies(await catch_up(ivan), room_id) == ["Hello Ivan"]
    await say(ivan, room_id, "Hello Olga")
    assert bodies(await catch_up(olga), room_id) == ["Hello Ivan", "Hello Olga"]

    room = ivan.rooms[room_id]
    assert (room.name, room.topic, room.room_version) == ("Plans", "What next", "12")
    assert set(room.users) == {olga.user_id, ivan.user_id}
    assert room.member_count == 2


async def test_a_long_poll_brings_a_message_at_once(sign_in: SignIn) -> None:
    olga, ivan = await sign_in("olga"), await sign_in("ivan")
    room_id = await create_room(olga, ivan)
    await catch_up(ivan)
    heard: asyncio.Queue[str] = asyncio.Queue()

    async def hear(room: nio.MatrixRoom, event: nio.RoomMessageText) -> None:
        assert room.room_id == room_id
        await heard.put(event.body)

    ivan.add_event_callback(hear, nio.RoomMessageText)
    listening = asyncio.create_task(ivan.sync_forever(timeout=30_000))
    try:
        for body in ("one", "two", "three"):
            await say(olga, room_id, body)
            assert await asyncio.wait_for(heard.get(), 5) == body
    finally:
        ivan.stop_sync_forever()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def test_a_repeated_transaction_is_one_message(sign_in: SignIn) -> None:
    olga = await sign_in("olga")
    room_id = await create_room(olga)
    content = {"msgtype": "m.text", "body": "once"}
    first = await olga.room_send(room_id, "m.room.message", content, tx_id="t1")
    again = await olga.room_send(room_id, "m.room.message", content, tx_id="t1")
    assert first.event_id == again.event_id
    assert bodies(await catch_up(olga), room_id) == ["once"]


async def test_history_is_paged_back_to_the_creation(sign_in: SignIn) -> None:
    olga = await sign_in("olga")
    room_id = await create_room(olga)
    for number in range(25):
        await say(olga, room_id, f"message {number}")
    answer = await catch_up(olga)
    timeline = answer.rooms.join[room_id].timeline
    assert timeline.limited
    seen = bodies(answer, room_id)
    start = timeline.prev_batch
    types: list[type] = []
    while start:
        page = await olga.room_messages(room_id, start, limit=7)
        assert isinstance(page, nio.RoomMessagesResponse), page
        seen = [e.body for e in reversed(page.chunk) if isinstance(e, nio.RoomMessageText)] + seen
        types = [type(e) for e in reversed(page.chunk)] + types
        start = page.end
    assert seen == [f"message {number}" for number in range(25)]
    assert types[0] is nio.RoomCreateEvent


async def test_the_context_of_an_event_has_both_sides(sign_in: SignIn) -> None:
    olga = await sign_in("olga")
    room_id = await create_room(olga)
    ids = [await say(olga, room_id, str(number)) for number in range(5)]
    context = await olga.room_context(room_id, ids[2], limit=4)
    assert context.event.body == "2"
    assert [event.body for event in context.events_before] == ["1", "0"]
    assert [event.body for event in context.events_after] == ["3", "4"]


async def test_an_edit_a_reaction_and_a_thread_are_found_by_relation(sign_in: SignIn) -> None:
    olga, ivan = await sign_in("olga"), await sign_in("ivan")
    room_id = await create_room(olga, ivan)
    root = await say(olga, room_id, "Lunch at noon")
    edit = await say(
        olga,
        room_id,
        "* Lunch at one",
        **{
            "m.new_content": {"msgtype": "m.text", "body": "Lunch at one"},
            "m.relates_to": {"rel_type": "m.replace", "event_id": root},
        },
    )
    liked = await ivan.room_send(
        room_id,
        "m.reaction",
        {"m.relates_to": {"rel_type": "m.annotation", "event_id": root, "key": "👍"}},
    )
    thread = {"rel_type": "m.thread", "event_id": root}
    reply = await say(ivan, room_id, "Where?", **{"m.relates_to": thread})

    related = [event async for event in olga.room_get_event_relations(room_id, root)]
    assert [event.event_id for event in related] == [reply, liked.event_id, edit]
    kind = RelationshipType.annotation
    reactions = [event async for event in olga.room_get_event_relations(room_id, root, kind)]
    assert [event.key for event in reactions] == ["👍"]
    roots = [event async for event in ivan.room_get_threads(room_id)]
    assert [event.event_id for event in roots] == [root]
    relations = roots[0].source["unsigned"]["m.relations"]
    assert relations["m.thread"]["count"] == 1
    assert relations["m.thread"]["latest_event"]["event_id"] == reply
    assert relations["m.thread"]["current_user_participated"] is True
    assert relations["m.replace"]["event_id"] == edit


async def test_a_redacted_message_loses_its_text_for_everyone(sign_in: SignIn) -> None:
    olga, ivan = await sign_in("olga"), await sign_in("ivan")
    room_id = await create_room(olga, ivan)
    slip = await say(olga, room_id, "my password is hunter2")
    await catch_up(ivan)
    answer = await olga.room_redact(room_id, slip, reason="slip")
    assert isinstance(answer, nio.RoomRedactResponse)

    events = (await catch_up(ivan)).rooms.join[room_id].timeline.events
    told = [event for event in events if isinstance(event, nio.RedactionEvent)]
    assert [(event.redacts, event.reason) for event in told] == [(slip, "slip")]
    found = await ivan.room_get_event(room_id, slip)
    assert isinstance(found.event, nio.RedactedEvent)
    assert (found.event.redacter, found.event.reason) == (olga.user_id, "slip")
    refused = await ivan.room_redact(room_id, await say(olga, room_id, "not yours"))
    assert refused.status_code == "M_FORBIDDEN"


async def test_unread_counts_grow_with_messages_and_fall_with_the_receipt(
    sign_in: SignIn,
) -> None:
    olga, ivan = await sign_in("olga"), await sign_in("ivan")
    room_id = await create_room(olga, ivan)
    await catch_up(ivan)
    await say(olga, room_id, "one")
    mention = {"m.mentions": {"user_ids": [ivan.user_id]}}
    last = await say(olga, room_id, "two, Ivan", **mention)
    await catch_up(ivan)
    room = ivan.rooms[room_id]
    assert (room.unread_notifications, room.unread_highlights) == (2, 1)
    await catch_up(olga)
    assert olga.rooms[room_id].unread_notifications == 0, "one's own messages are read"

    await ivan.room_read_markers(room_id, fully_read_event=last, read_event=last)
    await catch_up(ivan)
    assert (room.unread_notifications, room.unread_highlights) == (0, 0)
    assert room.fully_read_marker == last
    await catch_up(olga)
    assert olga.rooms[room_id].read_receipts[ivan.user_id].event_id == last


async def test_typing_is_seen_and_ends(sign_in: SignIn) -> None:
    olga, ivan = await sign_in("olga"), await sign_in("ivan")
    room_id = await create_room(olga, ivan)
    await catch_up(ivan)
    await olga.room_typing(room_id, True, timeout=20_000)
    await catch_up(ivan)
    assert ivan.rooms[room_id].typing_users == [olga.user_id]
    await olga.room_typing(room_id, False)
    await catch_up(ivan)
    assert ivan.rooms[room_id].typing_users == []


async def test_power_decides_who_may_kick_and_a_ban_keeps_out(sign_in: SignIn) -> None:
    olga, ivan, mallory = await sign_in("olga"), await sign_in("ivan"), await sign_in("mallory")
    room_id = await create_room(olga, ivan, mallory)
    refused = await mallory.room_kick(room_id, ivan.user_id)
    assert refused.status_code == "M_FORBIDDEN"
    assert isinstance(await olga.room_kick(room_id, mallory.user_id), nio.RoomKickResponse)
    assert room_id not in (await catch_up(mallory)).rooms.join

    assert isinstance(await olga.room_invite(room_id, mallory.user_id), nio.RoomInviteResponse)
    await olga.room_ban(room_id, mallory.user_id, reason="spam")
    assert isinstance(await mallory.join(room_id), nio.JoinError)
    assert isinstance(await olga.room_invite(room_id, mallory.user_id), nio.RoomInviteError)
    await olga.room_unban(room_id, mallory.user_id)
    assert isinstance(await olga.room_invite(room_id, mallory.user_id), nio.RoomInviteResponse)
    members = await olga.joined_members(room_id)
    assert {member.user_id for member in members.members} == {olga.user_id, ivan.user_id}


async def test_a_knock_is_answered_by_an_invitation(sign_in: SignIn) -> None:
    olga, ivan = await sign_in("olga"), await sign_in("ivan")
    rule = {"type": "m.room.join_rules", "state_key": "", "content": {"join_rule": "knock"}}
    room_id = await create_room(olga, initial_state=[rule])
    assert (await ivan.join(room_id)).status_code == "M_FORBIDDEN"
    assert isinstance(await ivan.room_knock(room_id, "let me in"), nio.RoomKnockResponse)
    state = await olga.room_get_state_event(room_id, "m.room.member", ivan.user_id)
    assert (state.content["membership"], state.content["reason"]) == ("knock", "let me in")
    await olga.room_invite(room_id, ivan.user_id)
    assert isinstance(await ivan.join(room_id), nio.JoinResponse)


async def test_a_room_is_found_by_alias_and_in_the_directory(
    homeserver: RunningHomeserver, sign_in: SignIn
) -> None:
    olga, ivan = await sign_in("olga"), await sign_in("ivan")
    alias = new_name("lounge")
    room_id = await create_room(
        olga,
        alias=alias,
        name=f"The {alias}",
        visibility=nio.RoomVisibility.public,
        preset=nio.RoomPreset.public_chat,
    )
    full = f"#{alias}:{homeserver.server_name}"
    assert (await ivan.room_resolve_alias(full)).room_id == room_id
    joined = await ivan.join(full)
    assert joined.room_id == room_id
    listed = await ivan.list_public_rooms(limit=1000)
    [entry] = [room for room in listed.public_rooms if room.room_id == room_id]
    assert (entry.name, entry.canonical_alias, entry.num_joined_members) == (
        f"The {alias}",
        full,
        2,
    )
    await olga.room_delete_alias(full)
    assert (await ivan.room_resolve_alias(full)).status_code == "M_NOT_FOUND"


async def test_a_name_and_a_picture_are_seen_in_rooms(sign_in: SignIn) -> None:
    olga, ivan = await sign_in("olga"), await sign_in("ivan")
    room_id = await create_room(olga, ivan)
    await catch_up(ivan)
    picture = await upload_picture(olga, 64, 64)
    await olga.set_displayname("Ольга Петрова")
    await olga.set_avatar(picture)
    profile = await ivan.get_profile(olga.user_id)
    assert (profile.displayname, profile.avatar_url) == ("Ольга Петрова", picture)
    member = ivan.rooms[room_id].users[olga.user_id]
    async with asyncio.timeout(5):  # rooms may learn of it after the answer
        while (member.display_name, member.avatar_url) != ("Ольга Петрова", picture):
            await ivan.sync(timeout=1000)


async def test_a_file_comes_back_whole_and_a_picture_in_small(sign_in: SignIn) -> None:
    olga, ivan = await sign_in("olga"), await sign_in("ivan")
    data = bytes(range(256)) * 300
    sent, _ = await olga.upload(
        io.BytesIO(data), "application/octet-stream", "отчёт.bin", filesize=len(data)
    )
    assert isinstance(sent, nio.UploadResponse), sent
    got = await ivan.download(sent.content_uri)
    assert (got.body, got.content_type, got.filename) == (
        data,
        "application/octet-stream",
        "отчёт.bin",
    )
    media_id = (await upload_picture(olga, 800, 600)).rpartition("/")[2]
    small = await ivan.thumbnail("localhost", media_id, 96, 96, nio.ResizingMethod.crop)
    assert isinstance(small, nio.ThumbnailResponse), small
    with Image.open(io.BytesIO(small.body)) as image:
        assert image.size == (96, 96)
    missing = await ivan.download(f"{sent.content_uri}x")
    assert missing.status_code == "M_NOT_FOUND"


async def test_a_filter_kept_on_the_server_shortens_the_sync(sign_in: SignIn) -> None:
    olga = await sign_in("olga")
    room_id = await create_room(olga)
    for number in range(5):
        await say(olga, room_id, str(number))
    kept = await olga.upload_filter(room={"timeline": {"limit": 2, "types": ["m.room.message"]}})
    answer = await olga.sync(timeout=0, sync_filter=kept.filter_id)
    assert bodies(answer, room_id) == ["3", "4"]
    assert answer.rooms.join[room_id].timeline.limited


async def test_leaving_and_forgetting_takes_the_room_away(sign_in: SignIn) -> None:
    olga, ivan = await sign_in("olga"), await sign_in("ivan")
    room_id = await create_room(olga, ivan)
    await catch_up(ivan)
    await ivan.room_leave(room_id)
    assert room_id in (await catch_up(ivan)).rooms.leave
    assert isinstance(await ivan.room_forget(room_id), nio.RoomForgetResponse)
    assert room_id not in (await ivan.joined_rooms()).rooms
    assert (await ivan.room_messages(room_id, "")).status_code == "M_FORBIDDEN"


async def upload_picture(client: nio.AsyncClient, width: int, height: int) -> str:
    """A PNG of that size; gives its mxc address."""
    data = io.BytesIO()
    Image.new("RGB", (width, height), "teal").save(data, "PNG")
    size = data.tell()
    data.seek(0)
    sent, _ = await client.upload(data, "image/png", "picture.png", filesize=size)
    assert isinstance(sent, nio.UploadResponse), sent
    return str(sent.content_uri)
