"""A homeserver's rooms in this process, over HTTP: everything that writes into them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest

from homeserver.compose.engine import Engine
from homeserver.compose.members import Members, build_members
from homeserver.compose.writing import writing_apis
from homeserver.services.appservices.appservice_registry import Appservices, parse_registration
from homeserver.storage import account_data, accounts, events, profiles
from homeserver.storage.commit import Write, statements
from homeserver.storage.events import StoredEvent
from tests.harness.client_api import Answer, ClientApi, client_api
from tests.harness.engine import running_engine

REGISTRATION = {
    "id": "bridge",
    "url": None,
    "as_token": "as",
    "hs_token": "hs",
    "sender_localpart": "bridge",
    "namespaces": {
        "users": [{"exclusive": True, "regex": "@bridged_.*"}],
        "aliases": [{"exclusive": True, "regex": "#bridged_.*"}],
    },
}


async def ok(call: Awaitable[Answer]) -> Any:
    """The body of a call that must succeed."""
    return (await call).ok


@dataclass(frozen=True)
class Company:
    """People who need no account to be in rooms; `register` those who are to be found."""

    engine: Engine
    members: Members
    api: ClientApi

    async def create(self, user: str, **body: Any) -> str:
        """The id of a new room."""
        room_id: str = (await self.api.post(user, "v3/createRoom", body)).ok["room_id"]
        return room_id

    async def do(self, user: str, verb: str, room_id: str, **body: Any) -> Answer:
        """POST /rooms/{room_id}/{verb}: join, leave, invite, kick ..."""
        return await self.api.post(user, f"v3/rooms/{quote(room_id)}/{verb}", body)

    async def send(
        self,
        user: str,
        room_id: str,
        body: Any = "hello",
        *,
        txn: str = "1",
        type_: str = "m.room.message",
    ) -> Answer:
        """Sends a message, or an event with this content."""
        content = {"msgtype": "m.text", "body": body} if isinstance(body, str) else body
        return await self.api.put(
            user, f"v3/rooms/{quote(room_id)}/send/{quote(type_)}/{quote(txn, safe='')}", content
        )

    async def set(self, user: str, room_id: str, type_: str, content: Any, key: str = "") -> Answer:
        """Sets state."""
        path = f"v3/rooms/{quote(room_id)}/state/{quote(type_)}/{quote(key, safe='')}"
        return await self.api.put(user, path, content)

    async def content(self, room_id: str, type_: str, key: str = "") -> dict[str, Any] | None:
        """What the state says."""
        event = (await self.engine.heads.get(room_id)).event(type_, key)
        return None if event is None else event.content

    async def membership(self, room_id: str, user: str) -> str | None:
        """Someone's membership."""
        return (await self.engine.heads.get(room_id)).membership(user)

    async def timeline(self, room_id: str) -> list[StoredEvent]:
        """Everything that was committed, oldest first."""
        head = await self.engine.heads.get(room_id)
        async with self.engine.database.read() as conn:
            nids = await events.since(conn, head.nid, (0, 0), limit=10_000)
        return await self.engine.cache.listed(nids)

    async def register(self, user: str, name: str | None = None, avatar: str | None = None) -> None:
        """Makes an account with a profile."""
        account = {
            "user_id": user,
            "password_hash": None,
            "admin": 0,
            "must_change_password": 0,
            "kind": accounts.USER,
            "appservice_id": None,
            "created_ts": 0,
        }
        await self._write((accounts.INSERT, account))
        await self.rename(user, name, avatar)

    async def rename(self, user: str, name: str | None, avatar: str | None = None) -> None:
        """Changes a profile, and tells nobody."""
        for field, value in (("displayname", name), ("avatar_url", avatar)):
            if value is not None:
                await self._write((profiles.SET, profiles.set_args(user, field, value)))
            else:
                await self._write((profiles.DELETE, {"user_id": user, "field": field}))

    async def set_account_data(self, user: str, type_: str, content: Any) -> None:
        """Sets global account data."""
        row = {
            "user_id": user,
            "room": account_data.GLOBAL,
            "type": type_,
            "content": orjson.dumps(content),
            "position": 1,
        }
        await self._write((account_data.UPSERT, row))

    async def _write(self, *items: Any) -> None:
        await self.engine.committer.commit(Write(bind=statements(*items)))


@pytest.fixture
async def company(migrated_database_url: str, tmp_path: Path) -> AsyncIterator[Company]:
    """A running company, once on each database."""
    async with running_engine(tmp_path, migrated_database_url) as engine:
        members = build_members(engine)
        appservices = Appservices([parse_registration(REGISTRATION, "a.example", source="test")])
        async with client_api(writing_apis(engine, members, appservices)) as api:
            yield Company(engine, members, api)
