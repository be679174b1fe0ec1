"""A server that is killed while it tells an application service loses nothing."""

from __future__ import annotations

import asyncio

import pytest

from tests.harness.appservice import FakeAppservice, fake_appservice
from tests.harness.homeserver import RunningHomeserver, new_name

pytestmark = pytest.mark.crash


async def test_every_acknowledged_message_is_told_once_and_in_order(
    homeserver: RunningHomeserver,
) -> None:
    port = homeserver.appservice.port
    async with fake_appservice(port) as bridge:
        token = await homeserver.register(new_name("olga"))
        bot = homeserver.user_id(homeserver.appservice.sender_localpart)
        body = {"preset": "public_chat", "invite": [bot]}
        made = await homeserver.request("POST", "/_matrix/client/v3/createRoom", body, token=token)
        room_id = made.ok()["room_id"]
        acknowledged: list[str] = []
        for round_number in range(3):
            bridge.failures.append(0)
            await _talk_until_killed(homeserver, token, room_id, round_number, acknowledged, bridge)
            await asyncio.to_thread(homeserver.start)
        await bridge.until(lambda: set(acknowledged) <= _told(bridge), seconds=30)
    offers = bridge.transactions
    bodies = {each.txn_id: each.body for each in offers}
    assert all(bodies[each.txn_id] == each.body for each in offers), "never altered"
    told = [event["event_id"] for event in bridge.events if event["type"] == "m.room.message"]
    assert len(told) == len(set(told))
    assert [each for each in told if each in set(acknowledged)] == acknowledged


def _told(bridge: FakeAppservice) -> set[str]:
    return {event["event_id"] for event in bridge.events}


async def _talk_until_killed(
    homeserver: RunningHomeserver,
    token: str,
    room_id: str,
    round_number: int,
    acknowledged: list[str],
    bridge: FakeAppservice,
) -> None:
    offered = len(bridge.transactions)
    for number in range(40):
        path = f"/_matrix/client/v3/rooms/{room_id}/send/m.room.message/{round_number}.{number}"
        body = {"msgtype": "m.text", "body": f"{round_number}.{number}"}
        answer = await homeserver.request("PUT", path, body, token=token)
        acknowledged.append(answer.ok()["event_id"])
        if number > 10 and len(bridge.transactions) > offered:
            break
    homeserver.kill()
