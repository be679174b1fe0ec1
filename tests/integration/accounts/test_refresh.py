"""Refresh tokens.

client-server-api, "Refreshing access tokens": "The old refresh token remains valid until the new
access token or refresh token is used, at which point the old refresh token is revoked."
"""

from __future__ import annotations

import asyncio
from typing import Any

from tests.harness.client_api import Answer
from tests.harness.whole_server import Person, WholeServer

UNKNOWN = (401, "M_UNKNOWN_TOKEN")
DAY = 24 * 3600


async def _refresh(server: WholeServer, session: dict[str, Any]) -> Answer:
    return await server.call("POST", "refresh", {"refresh_token": session["refresh_token"]})


async def _works(server: WholeServer, session: dict[str, Any]) -> bool:
    answer = await server.call("GET", "account/whoami", token=session["access_token"])
    assert answer.status in (200, 401)
    return answer.status == 200


async def _olga(server: WholeServer) -> Person:
    return await server.register("olga", refresh_token=True)


async def test_refreshing_gives_a_new_pair(server: WholeServer) -> None:
    olga = await _olga(server)
    second = (await _refresh(server, olga.session)).ok
    assert second["expires_in_ms"] == 900_000
    assert second["access_token"] != olga.token
    assert second["refresh_token"] != olga.session["refresh_token"]
    whoami = await server.call("GET", "account/whoami", token=second["access_token"])
    assert whoami.ok["device_id"] == olga.device_id


async def test_an_expired_access_token_is_no_obstacle(server: WholeServer) -> None:
    olga = await _olga(server)
    server.clock.forward(3600)
    assert not await _works(server, olga.session)
    assert await _works(server, (await _refresh(server, olga.session)).ok)


async def test_an_answer_that_was_lost_can_be_asked_for_again(server: WholeServer) -> None:
    olga = await _olga(server)
    lost = (await _refresh(server, olga.session)).ok
    again = (await _refresh(server, olga.session)).ok
    assert await _works(server, again)
    assert not await _works(server, lost), "the pair that nobody got is replaced"
    assert (await _refresh(server, lost)).refusal == UNKNOWN
    assert await _works(server, again)


async def test_once_the_new_access_token_is_used_the_old_refresh_token_ends_the_session(
    server: WholeServer,
) -> None:
    olga = await _olga(server)
    second = (await _refresh(server, olga.session)).ok
    assert await _works(server, second)
    assert (await _refresh(server, olga.session)).refusal == UNKNOWN
    assert not await _works(server, second)
    assert (await _refresh(server, second)).refusal == UNKNOWN


async def test_once_the_new_refresh_token_is_used_the_old_one_ends_the_session(
    server: WholeServer,
) -> None:
    olga = await _olga(server)
    second = (await _refresh(server, olga.session)).ok
    third = (await _refresh(server, second)).ok
    assert (await _refresh(server, olga.session)).refusal == UNKNOWN
    assert not await _works(server, third)


async def test_a_session_ended_by_theft_leaves_other_sessions_alone(server: WholeServer) -> None:
    olga = await _olga(server)
    laptop = await server.login("olga", refresh_token=True)
    second = (await _refresh(server, olga.session)).ok
    assert await _works(server, second)
    assert (await _refresh(server, olga.session)).refusal == UNKNOWN
    assert await _works(server, laptop.session)
    devices = (await laptop.get("devices")).ok["devices"]
    assert [each["device_id"] for each in devices] == [laptop.device_id]


async def test_a_long_chain_of_refreshes_works(server: WholeServer) -> None:
    olga = await _olga(server)
    session: dict[str, Any] = olga.session
    for _ in range(8):
        server.clock.forward(800)
        session = (await _refresh(server, session)).ok
        assert await _works(server, session)
    assert (await _refresh(server, olga.session)).refusal == UNKNOWN, "still recognised"
    assert not await _works(server, session)


async def test_two_refreshes_at_once_leave_one_working_pair(server: WholeServer) -> None:
    olga = await _olga(server)
    answers = await asyncio.gather(*(_refresh(server, olga.session) for _ in range(4)))
    assert [each.status for each in answers] == [200] * 4
    working = [each.body for each in answers if await _works(server, each.body)]
    assert len(working) == 1


async def test_a_refresh_token_left_in_a_drawer_is_a_soft_logout(server: WholeServer) -> None:
    olga = await _olga(server)
    server.clock.forward(181 * DAY)
    answer = await _refresh(server, olga.session)
    assert answer.refusal == UNKNOWN
    assert answer.body["soft_logout"] is True
    back = await server.login("olga", device_id=olga.device_id)
    assert back.device_id == olga.device_id


async def test_refresh_tokens_die_with_their_session(server: WholeServer) -> None:
    olga = await _olga(server)
    await olga.post("logout")
    answer = await _refresh(server, olga.session)
    assert answer.refusal == UNKNOWN
    assert answer.body["soft_logout"] is False


async def test_nonsense_is_unknown_and_nothing_is_missing(server: WholeServer) -> None:
    assert (await _refresh(server, {"refresh_token": "nonsense\0"})).refusal == UNKNOWN
    assert (await server.call("POST", "refresh", {})).refusal == (400, "M_MISSING_PARAM")
    wrong = await server.call("POST", "refresh", {"refresh_token": 5})
    assert wrong.refusal == (400, "M_BAD_JSON")


async def test_an_access_token_is_no_refresh_token(server: WholeServer) -> None:
    olga = await _olga(server)
    assert (await _refresh(server, {"refresh_token": olga.token})).refusal == UNKNOWN
    token = olga.session["refresh_token"]
    assert (await server.call("GET", "account/whoami", token=token)).refusal == UNKNOWN


async def test_few_rows_remain_of_a_long_life(server: WholeServer) -> None:
    olga = await _olga(server)
    session: dict[str, Any] = olga.session
    for _ in range(12):
        server.clock.forward(DAY)
        session = (await _refresh(server, session)).ok
        assert await _works(server, session)
    from homeserver.storage.database import Sql

    async with server.engine.database.read() as conn:
        assert await conn.fetch_value(Sql("SELECT COUNT(*) FROM access_token")) <= 2
        assert await conn.fetch_value(Sql("SELECT COUNT(*) FROM refresh_token")) <= 5
