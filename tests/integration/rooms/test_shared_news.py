"""Those who wait for the same are answered alike, and with what is their own; over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import weakref
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest

from homeserver.compose.engine import Engine
from homeserver.compose.members import build_members
from homeserver.compose.reading import reading_apis
from homeserver.compose.sync import sync_apis
from homeserver.compose.writing import writing_apis
from homeserver.services.appservices.appservice_registry import Appservices
from homeserver.services.events.write_event import Draft
from homeserver.services.reading.render_events import RenderEvents
from homeserver.services.sync.shared_news import SharedNews
from homeserver.storage.account_data import UPSERT
from homeserver.storage.commit import Write, statements
from tests.harness.client_api import ClientApi, client_api
from tests.harness.engine import ANNA, BOB, CAROL, room, running_engine, running_engines, say

CROWD = [f"@p{number}:a.example" for number in range(12)]


@contextlib.asynccontextmanager
async def company(tmp_path: Path, url: str) -> AsyncIterator[tuple[Engine, ClientApi]]:
    async with running_engine(tmp_path, url) as engine:
        apis = writing_apis(engine, build_members(engine), Appservices([]))
        async with client_api([*apis, *sync_apis(engine)]) as api:
            yield engine, api


async def waiting(api: ClientApi, who: str, since: str, **query: str) -> dict[str, Any]:
    answer = (await api.get(who, "v3/sync", since=since, timeout=5_000, **query)).ok
    assert isinstance(answer, dict)
    return answer


async def test_what_all_see_is_put_together_once_and_its_author_sees_it_as_theirs(
    tmp_path: Path, migrated_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with company(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine, ANNA, *CROWD)
        since = (await api.get(ANNA, "v3/sync")).ok["next_batch"]
        rendered: list[str] = []
        render = RenderEvents.render

        async def counted(self: RenderEvents, *args: Any, **options: Any) -> list[bytes]:
            rendered.append(options["user_id"])
            return await render(self, *args, **options)

        with monkeypatch.context() as patched:
            patched.setattr(RenderEvents, "render", counted)
            polls = [asyncio.create_task(waiting(api, who, since)) for who in (*CROWD, ANNA)]
            await asyncio.sleep(0.2)
            path = f"v3/rooms/{quote(head.room_id)}/send/m.room.message/one"
            sent = (await api.put(ANNA, path, {"body": "x", "msgtype": "m.text"})).ok
            answers = await asyncio.gather(*polls)
        entries = [answer["rooms"]["join"][head.room_id] for answer in answers]
        for entry in entries:
            (event,) = entry["timeline"]["events"]
            assert event["event_id"] == sent["event_id"]
            assert event["unsigned"].pop("age") >= 0
            assert entry["timeline"]["limited"] is False
        for entry in entries[:-1]:
            assert entry["timeline"] == entries[0]["timeline"]
            assert "transaction_id" not in entry["timeline"]["events"][0]["unsigned"]
            assert entry["unread_notifications"]["notification_count"] == 1
        assert entries[-1]["timeline"]["events"][0]["unsigned"]["transaction_id"] == "one"
        assert entries[-1]["unread_notifications"]["notification_count"] == 0
        # Of a dozen answers, not a dozen times; their author's is one of its own.
        assert rendered.count(ANNA) == 1
        assert len(rendered) <= 4, rendered


async def test_who_ignores_the_author_or_wants_something_else_is_answered_for_themself(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with company(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine, ANNA, BOB, *CROWD)
        content = orjson.dumps({"ignored_users": {BOB: {}}})
        params = {
            "user_id": CROWD[0],
            "room": 0,
            "type": "m.ignored_user_list",
            "content": content,
            "position": 1,
        }
        await engine.committer.commit(Write(bind=statements((UPSERT, params))))
        since = (await api.get(ANNA, "v3/sync")).ok["next_batch"]
        no_messages = '{"room":{"timeline":{"not_types":["m.room.message"]}}}'
        fields = '{"event_fields":["type"]}'
        polls = [
            asyncio.create_task(waiting(api, CROWD[0], since)),
            asyncio.create_task(waiting(api, CROWD[1], since, filter=no_messages)),
            asyncio.create_task(waiting(api, CROWD[2], since, filter=fields)),
            asyncio.create_task(waiting(api, CROWD[3], since)),
        ]
        await asyncio.sleep(0.2)
        await say(engine, head.room_id, "hello", BOB)
        draft = Draft("org.example.note", ANNA, {"note": 1})
        await engine.write.write(head.room_id, draft)
        await asyncio.sleep(0.3)
        after = [
            (await waiting(api, who, since, **query))["rooms"]["join"][head.room_id]["timeline"]
            for who, query in (
                (CROWD[0], {}),
                (CROWD[1], {"filter": no_messages}),
                (CROWD[2], {"filter": fields}),
                (CROWD[3], {}),
            )
        ]
        await asyncio.gather(*polls)
        types = [[event["type"] for event in timeline["events"]] for timeline in after]
        assert types == [
            ["org.example.note"],
            ["org.example.note"],
            ["m.room.message", "org.example.note"],
            ["m.room.message", "org.example.note"],
        ]
        assert after[2]["events"][0] == {"type": "m.room.message"}
        assert after[3]["events"][0]["content"]["body"] == "hello"


async def test_a_redaction_that_follows_at_once_is_seen_by_whoever_asks_later(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with company(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine, ANNA, *CROWD)
        since = (await api.get(ANNA, "v3/sync")).ok["next_batch"]
        secret = await say(engine, head.room_id, "secret")
        first = await waiting(api, CROWD[0], since)
        path = f"v3/rooms/{quote(head.room_id)}/redact/{quote(secret.event.event_id)}/one"
        assert (await api.put(ANNA, path, {})).ok
        second = await waiting(api, CROWD[1], since)

        def contents(answer: dict[str, Any]) -> list[Any]:
            events = answer["rooms"]["join"][head.room_id]["timeline"]["events"]
            return [event["content"] for event in events]

        assert contents(first)[0]["body"] == "secret"
        assert contents(second)[0] == {}


async def test_who_read_by_way_of_another_process_is_told_the_count_whatever_others_asked(
    tmp_path: Path, shared_database_url: str
) -> None:
    """The row of another process's account data lacks its fact, for its owner alone."""
    filtered = '{"room":{"ephemeral":{"types":[]},"account_data":{"types":[]}}}'
    async with (
        running_engines(tmp_path, shared_database_url, 2) as engines,
        contextlib.AsyncExitStack() as stack,
    ):
        one, two = [
            await stack.enter_async_context(
                client_api(
                    [
                        *writing_apis(each, build_members(each), Appservices([])),
                        *reading_apis(each),
                        *sync_apis(each),
                    ]
                )
            )
            for each in engines
        ]
        head = await room(engines[0], ANNA, BOB, CAROL)
        said = await say(engines[0], head.room_id, "hello")
        since = (await one.get(BOB, "v3/sync", filter=filtered)).ok["next_batch"]
        await engines[1].feed.catch_up()
        marks = {"m.fully_read": said.event.event_id, "m.read": said.event.event_id}
        path = f"v3/rooms/{quote(head.room_id)}/read_markers"
        assert (await two.post(BOB, path, marks)).status == 200
        await engines[0].feed.catch_up()
        await waiting(one, CAROL, since, filter=filtered)
        answer = await waiting(one, BOB, since, filter=filtered)
        counts = answer["rooms"]["join"][head.room_id]["unread_notifications"]
        assert counts["notification_count"] == 0


async def test_large_filters_are_not_kept_beside_what_is_shared(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with company(tmp_path, migrated_database_url) as (engine, api):
        head = await room(engine, ANNA, BOB)
        since = (await api.get(ANNA, "v3/sync")).ok["next_batch"]
        await say(engine, head.room_id, "hello")
        shared = weakref.WeakSet[SharedNews]()
        shared.update(each for each in gc.get_objects() if isinstance(each, SharedNews))
        for number in range(5):
            for types in ([f"a.{number}"], [f"a.{number}.{each}" for each in range(450)]):
                wanted = {"room": {"timeline": {"not_types": types}}}
                await waiting(api, BOB, since, filter=orjson.dumps(wanted).decode())
        kept = [made.wanted.size for each in shared for made in each._made.values()]
        assert len(kept) >= 5
        assert max(kept) < 4_097
