"""A small company at random: a seed decides who does what, and every client must keep up."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import orjson

from homeserver.api.client.sync import SyncApi
from homeserver.api.endpoint import Query
from homeserver.compose.engine import Engine
from homeserver.compose.sync import sync_apis
from homeserver.errors import MatrixError
from homeserver.ids import DeviceId, UserId
from homeserver.services.events.write_event import Draft
from homeserver.services.ground.requester import Requester
from homeserver.services.ground.whispers import GATHER_SECONDS
from homeserver.services.sync.receipts import Receipts
from homeserver.storage import account_data
from homeserver.storage.account_data import AccountData
from homeserver.storage.commit import LogRow, Write
from tests.harness.engine import room
from tests.harness.sync_client import SyncClient

PEOPLE = ["@anna:a.example", "@bob:a.example", "@carol:a.example", "@dan:a.example"]

FILTERS: dict[str, dict[str, Any]] = {
    "plain": {},
    "short": {"room": {"timeline": {"limit": 2}}},
    "lazy": {
        "room": {
            "timeline": {"limit": 3, "unread_thread_notifications": True},
            "state": {"lazy_load_members": True},
        }
    },
    "quiet": {"room": {"timeline": {"not_types": ["m.room.topic", "m.reaction"]}}},
    "after": {"room": {"timeline": {"limit": 2, "unread_thread_notifications": True}}},
}


_TEXT = {"msgtype": "m.text", "body": "hello"}


class Scenario:
    """Rooms, people, and for each person one client of each kind.

    With several engines, those of several processes, everything that is done and every poll goes to
    one of them at random.
    """

    def __init__(self, engine: Engine, seed: int, *others: Engine) -> None:
        self._engines = [engine, *others]
        self.random = Random(seed)
        self.rooms: list[str] = []
        self.sent: list[tuple[str, str]] = []
        self._apis = [_sync_api(each) for each in self._engines]
        self.clients = [
            SyncClient(f"{person} {kind}", self._poll(person, kind), lazy=kind == "lazy")
            for person in PEOPLE
            for kind in FILTERS
        ]

    def _poll(self, person: str, kind: str) -> Callable[..., Awaitable[dict[str, Any]]]:
        async def poll(since: str | None) -> dict[str, Any]:
            # A fresh sync comes from a device of its own: it must not disturb the other's.
            device = f"{kind}-fresh" if since is None and self.rooms else kind
            query = {"filter": [orjson.dumps(FILTERS[kind]).decode()], "timeout": ["0"]}
            if since is not None:
                query["since"] = [since]
            if kind == "after":
                query["use_state_after"] = ["true"]
            who = Requester(UserId(person), DeviceId(device))
            number = self._any()
            await self._engines[number].catch_up()
            answer = await self._apis[number].sync(who, Query(query))
            assert isinstance(answer, bytes)
            parsed: dict[str, Any] = orjson.loads(answer)
            return parsed

        return poll

    async def _all_know_who_types(self) -> None:
        if len(self._engines) == 1:
            return
        await asyncio.sleep(2 * GATHER_SECONDS)
        async with asyncio.timeout(5):
            while any(  # noqa: ASYNC110 - several to watch
                len({tuple(each.typing.listing(room_id)) for each in self._engines}) > 1
                for room_id in self.rooms
            ):
                await asyncio.sleep(GATHER_SECONDS)

    def _any(self) -> int:
        return self.random.randrange(len(self._engines)) if len(self._engines) > 1 else 0

    @property
    def engine(self) -> Engine:
        """The engine to do the next thing with."""
        return self._engines[self._any()]

    async def run(self, steps: int) -> None:
        """Does things, some of which are refused, and lets clients poll in between."""
        if not self.rooms:
            for _ in range(2):
                self.rooms.append((await room(self.engine, PEOPLE[0], PEOPLE[1])).room_id)
                await self._write(Draft("m.room.message", PEOPLE[0], _TEXT), self.rooms[-1])
        acts = [
            (12, self._say),
            (3, self._reply_in_thread),
            (3, self._react),
            (2, self._edit),
            (3, self._redact),
            (3, self._set_topic),
            (4, self._change_membership),
            (4, self._read),
            (2, self._type),
            (2, self._keep),
            (1, self._new_room),
            (20, self._one_polls),
        ]
        weights = [weight for weight, _ in acts]
        for _ in range(steps):
            (_, act) = self.random.choices(acts, weights)[0]
            with contextlib.suppress(MatrixError):
                await act()

    async def check(self) -> None:
        """Every client knows everything."""
        await self._all_know_who_types()
        for client in self.clients:
            await client.check()

    def _person(self) -> str:
        return self.random.choice(PEOPLE)

    async def _write(self, draft: Draft, room_id: str | None = None) -> None:
        room_id = room_id or self.random.choice(self.rooms)
        for stored in await self.engine.write.write(room_id, draft):
            self.sent.append((room_id, stored.event.event_id))

    async def _say(self) -> None:
        content: dict[str, Any] = dict(_TEXT)
        if self.random.random() < 0.2:
            content["m.mentions"] = {"user_ids": [self._person()]}
        elif self.random.random() < 0.1:
            content["m.mentions"] = {"room": True}
        await self._write(Draft("m.room.message", self._person(), content))

    async def _relate(self, event_type: str, content: dict[str, Any], relation: Any) -> None:
        room_id, event_id = self.random.choice(self.sent[-12:])
        related = {**content, "m.relates_to": {**relation, "event_id": event_id}}
        await self._write(Draft(event_type, self._person(), related), room_id)

    async def _reply_in_thread(self) -> None:
        text = {"msgtype": "m.text", "body": "in a thread"}
        await self._relate("m.room.message", text, {"rel_type": "m.thread"})

    async def _react(self) -> None:
        await self._relate("m.reaction", {}, {"rel_type": "m.annotation", "key": "+1"})

    async def _edit(self) -> None:
        new = {"msgtype": "m.text", "body": "better"}
        text = {**new, "m.new_content": new}
        await self._relate("m.room.message", text, {"rel_type": "m.replace"})

    async def _redact(self) -> None:
        room_id, event_id = self.random.choice(self.sent[-12:])
        draft = Draft("m.room.redaction", self._person(), {}, redacts=event_id)
        await self._write(draft, room_id)

    async def _set_topic(self) -> None:
        topic = {"topic": str(self.random.random())}
        await self._write(Draft("m.room.topic", self._person(), topic, ""))

    async def _change_membership(self) -> None:
        kind = self.random.choice(["join", "join", "leave", "invite", "ban", "join"])
        target = self._person()
        sender = target if kind == "join" else self.random.choice([target, PEOPLE[0]])
        content = {"membership": kind, "displayname": str(self.random.randrange(3))}
        await self._write(Draft("m.room.member", sender, content, target))

    async def _read(self) -> None:
        room_id, event_id = self.random.choice(self.sent[-20:])
        kind = self.random.choice(["m.read", "m.read.private"])
        thread = self.random.choice([None, None, "main"])
        engine = self.engine
        receipts = Receipts(
            engine.database,
            engine.committer,
            engine.heads,
            engine.cache,
            engine.visible,
            engine.clock,
        )
        await receipts.read(room_id, self._person(), kind, event_id, thread=thread)

    async def _type(self) -> None:
        room_id, person = self.random.choice(self.rooms), self._person()
        if self.random.random() < 0.5:
            await self.engine.typing.start(room_id, person, 60_000)
        else:
            await self.engine.typing.stop(room_id, person)

    async def _keep(self) -> None:
        """Account data, global or of a room."""
        person, number = self._person(), self.random.randrange(5)
        engine = self.engine
        head = await engine.heads.get(self.random.choice(self.rooms))
        nid = self.random.choice([account_data.GLOBAL, head.nid])
        fact = AccountData(nid, "org.example.kept", orjson.dumps({"n": number}))
        row = LogRow("account_data", head if nid else None, person, fact=fact)
        sql = account_data.UPSERT
        await engine.committer.commit(
            Write(
                log=[row],
                bind=lambda: [(sql, [(person, nid, fact.type, fact.content, row.position)])],
            )
        )

    async def _new_room(self) -> None:
        self.rooms.append((await room(self.engine, self._person())).room_id)

    async def _one_polls(self) -> None:
        await self.random.choice(self.clients).catch_up()


def _sync_api(engine: Engine) -> SyncApi:
    (api,) = sync_apis(engine)
    assert isinstance(api, SyncApi)
    return api
