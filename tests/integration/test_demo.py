from __future__ import annotations

import datetime
import json
from pathlib import Path

from homeserver.config import Config
from homeserver.demo.story import read_story
from homeserver.demo.tell import add_demo
from homeserver.installation import configure, prepare
from homeserver.services.accounts.provision import ensure_admin
from homeserver.storage.database import Sql
from homeserver.storage.open_database import open_database

NOW = datetime.datetime(2026, 3, 29, 12, 0, tzinfo=datetime.UTC)


def test_the_story_lasts_a_week_and_ends_now() -> None:
    story = read_story(NOW)
    first, last = (
        datetime.datetime.fromtimestamp(message.ts / 1000, datetime.UTC)
        for message in (story.messages[0], story.messages[-1])
    )
    assert datetime.timedelta(days=5) < NOW - first < datetime.timedelta(days=8)
    assert datetime.timedelta() < NOW - last < datetime.timedelta(hours=1)


def test_what_is_named_in_the_story_is_in_it() -> None:
    story = read_story(NOW)
    known = {*story.people, "admin"}
    members = {room.key: {room.creator, *room.members} for room in story.rooms}
    said: set[str] = set()
    for message in story.messages:
        assert message.relates is None or message.relates[1] in said
        assert {message.sender, *(name for names in message.likes.values() for name in names)} <= (
            members[message.room] & known
        )
        said.add(message.label)


async def test_the_demo_is_told_once(tmp_path: Path, database_url: str) -> None:
    config = await _installed(tmp_path, database_url)
    told = await add_demo(config)
    assert told is not None
    assert told.password
    assert await add_demo(config) is None
    database = await open_database(config.database_url)
    try:
        async with database.read() as connection:
            rows = await connection.fetch(Sql("SELECT json FROM event"))
            portraits = await connection.fetch(
                Sql("SELECT user_id FROM profile WHERE field = 'avatar_url'")
            )
            direct = await connection.fetch(
                Sql("SELECT user_id FROM account_data WHERE type = 'm.direct'")
            )
            readers = await connection.fetch(Sql("SELECT DISTINCT user_id FROM receipt"))
    finally:
        await database.close()
    events = [json.loads(row[0]) for row in rows]
    messages = [event for event in events if event["type"] == "m.room.message"]
    story = read_story(datetime.datetime.now().astimezone())
    assert len(messages) == len(story.messages)
    now = datetime.datetime.now(datetime.UTC).timestamp() * 1000
    assert {row[0] for row in portraits} == {f"@{name}:localhost" for name in story.people}
    assert {row[0] for row in direct} == {
        f"@{name}:localhost" for name in ("olga", "ivan", "maria", "admin")
    }
    assert {row[0] for row in readers} == {
        f"@{name}:localhost" for name in (*story.people, "admin")
    }
    week = 8 * 86_400_000
    assert all(now - week < event["origin_server_ts"] < now for event in messages)
    reactions = sum(event["type"] == "m.reaction" for event in events)
    assert reactions == sum(
        len(people) for message in story.messages for people in message.likes.values()
    )


async def _installed(folder: Path, database_url: str) -> Config:
    (folder / "config.yaml").write_text("accounts: {bcrypt_cost: 4}")
    _, config = configure(folder, {"DATABASE_URL": database_url})
    await prepare(config)
    await ensure_admin(config, "correct horse")
    return config
