"""Tells the tasks service what the demo's company has to do, once everything is up.

Each person signs in and works through `/v1`, as any program of theirs could: what the service would
refuse them is not in the demo either.
"""

from __future__ import annotations

import asyncio
import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
import yaml

_PATIENCE: Final = 20
"""Tries of a request that is answered 429 or 503, before the telling gives up."""

Json = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """What was made by the story of the talk.

    password: that of its people. rooms: ids by the story's keys. events: ids by the labels of
    messages. users: user ids by localpart.
    """

    password: str
    rooms: Mapping[str, str]
    events: Mapping[str, str]
    users: Mapping[str, str]


def read_work() -> Json:
    """The content of `work.yaml`."""
    text = Path(__file__).with_name("work.yaml").read_text(encoding="utf-8")
    work: Json = yaml.safe_load(text)
    return work


async def add_work(address: str, told: Told, admin: tuple[str, str] | None) -> None:
    """Tell it to the services at `address`.

    admin: user name and password of an administrator, who draws the chart of the organisation;
    without it there is none. Raises RuntimeError where an answer is not the expected one.
    """
    try:
        async with aiohttp.ClientSession(address) as session:
            await _Telling(session, told).run(read_work(), admin)
    except (aiohttp.ClientError, TimeoutError) as error:
        raise RuntimeError(str(error)) from error


class _Telling:
    def __init__(self, session: aiohttp.ClientSession, told: Told) -> None:
        self._session = session
        self._told = told
        self._tokens: dict[str, str] = {}

    async def run(self, work: Json, admin: tuple[str, str] | None) -> None:
        try:
            if admin is not None:
                await self._sign_in("", *admin)
                await self._call("", "PUT", "/v1/admin/org", self._chart(work))
            for person in self._told.users:
                await self._sign_in(person, person, self._told.password)
            for key, rules in work["rooms"].items():
                await self._set_up(key, **rules)
            for task in work["tasks"]:
                await self._tell(task)
        finally:
            for person in self._tokens:
                await self._call(person, "POST", "/v1/auth/logout", {})

    def _chart(self, work: Json) -> Json:
        users = self._told.users
        units = [{**unit, "head": users[unit["head"]]} for unit in work["units"]]
        people = [
            {
                "user_id": users[person],
                "unit": place["unit"],
                "reports_to": users.get(place.get("reports_to", "")),
            }
            for person, place in work["people"].items()
        ]
        return {"units": units, "people": people}

    async def _sign_in(self, person: str, login: str, password: str) -> None:
        body = {"login": login, "password": password}
        answer = await self._call(None, "POST", "/v1/auth/login", body)
        self._tokens[person] = answer["access_token"]

    async def _set_up(self, key: str, by: str, **rules: Any) -> None:
        path = f"/v1/rooms/{self._told.rooms[key]}/tasks-config"
        rules["task_admins"] = [self._told.users[each] for each in rules.get("task_admins", [])]
        await self._call(by, "PUT", path, rules)

    async def _tell(self, told: Json) -> None:
        task: Json = {
            key: told[key]
            for key in ("title", "description", "priority", "labels", "needs_review")
            if key in told
        }
        if "for" in told:
            task["assigned_to"] = self._told.users[told["for"]]
        if "due" in told:
            task["due"] = _due(told["due"])
        if "room" in told:
            task["room_id"] = self._told.rooms[told["room"]]
        if "from" in told:
            task["source"] = {
                "room_id": self._told.rooms[told["room"]],
                "event_id": self._told.events[told["from"]],
            }
        items = [
            {"id": f"item-{number}", "text": text, "done": False}
            for number, text in enumerate(told.get("checklist", []))
        ]
        if items:
            task["checklist"] = items
        made = await self._call(told["by"], "POST", "/v1/tasks", task)
        for step in told.get("then", []):
            await self._step(made["id"], step)

    async def _step(self, task_id: str, step: Json) -> None:
        if "says" in step:
            path = f"/v1/tasks/{task_id}/comments"
            await self._call(step["who"], "POST", path, {"body": step["says"]})
            return
        task = await self._call(step["who"], "GET", f"/v1/tasks/{task_id}")
        command = {
            "v": 1,
            "cmd_id": str(uuid.uuid4()),
            "task_id": task_id,
            "base_rev": task["rev"],
            "ops": [_op(step)],
        }
        answer = await self._call(step["who"], "POST", "/v1/commands", {"commands": [command]})
        (result,) = answer["results"]
        if result["state"] == "rejected":
            raise RuntimeError(f"{step} of {task['title']!r}: {result}")

    async def _call(self, person: str | None, method: str, path: str, body: Any = None) -> Json:
        headers = {} if person is None else {"Authorization": f"Bearer {self._tokens[person]}"}
        for _ in range(_PATIENCE):
            async with self._session.request(method, path, headers=headers, json=body) as answer:
                if answer.status in (429, 503):
                    await asyncio.sleep(float(answer.headers.get("Retry-After", "0.5")))
                    continue
                got: Json = {} if answer.status == 204 else await answer.json(content_type=None)
                if answer.status >= 400:
                    raise RuntimeError(f"{method} {path}: {answer.status} {got}")
                return got
        raise RuntimeError(f"{method} {path} is not answered")


def _op(step: Json) -> Json:
    if "to" in step:
        return {"op": "transition", "to": step["to"]}
    if "ticks" in step:
        return {"op": "item_check", "id": f"item-{step['ticks']}", "done": True}
    if "declines" in step:
        return {"op": "decline", "reason": step["declines"]}
    return {"op": "accept"}


def _due(value: int | list[Any]) -> Json:
    now = datetime.datetime.now().astimezone()
    if isinstance(value, int):
        return {"date": (now.date() + datetime.timedelta(days=value)).isoformat()}
    days, time = value
    hour, minute = map(int, time.split(":"))
    date = now.date() + datetime.timedelta(days=days)
    moment = datetime.datetime.combine(date, datetime.time(hour, minute), now.tzinfo)
    return {"at": int(moment.timestamp() * 1000), "tz": "UTC"}
