"""Tasks, their history and comments."""

from __future__ import annotations

import re
from typing import Final

from appservice_tasks.api.endpoint import Answer, Call, endpoint
from appservice_tasks.contracts import Task
from appservice_tasks.services.change_tasks import ChangeTasks
from appservice_tasks.services.limits import Limit
from appservice_tasks.services.list_tasks import ListTasks
from appservice_tasks.services.messages import NewMessage
from appservice_tasks.services.read_task import ReadTask

_REV: Final = re.compile(r'(?:W/)?"r([1-9][0-9]*)"')


class TasksApi:
    def __init__(self, listing: ListTasks, read: ReadTask, change: ChangeTasks) -> None:
        self._listing = listing
        self._read = read
        self._change = change

    @endpoint("GET", "/v1/tasks", "listTasks")
    async def page(self, call: Call) -> Answer:
        """Tasks that the caller may see."""
        return Answer(await self._listing.page(call.who, call.query))

    @endpoint("POST", "/v1/tasks", "createTask", limit=Limit.WRITE)
    async def create(self, call: Call) -> Answer:
        """Open a task."""
        task = await self._change.create(
            call.who,
            call.body,
            key=call.headers.get("Idempotency-Key"),
            delegated=call.headers.get("Delegated-Token"),
        )
        headers = {"ETag": etag(task), "Location": f"/v1/tasks/{task['id']}"}
        return Answer(task, 201, headers)

    @endpoint("GET", "/v1/tasks/{task}", "getTask")
    async def get(self, call: Call) -> Answer:
        """One task."""
        task = await self._read.one(call.who.user_id, call.path["task"])
        headers = {"ETag": etag(task)}
        if etag(task) in _entity_tags(call.headers.get("If-None-Match", "")):
            return Answer(None, 304, headers)
        return Answer(task, headers=headers)

    @endpoint("PUT", "/v1/tasks/{task}", "putTask", limit=Limit.WRITE)
    async def put(self, call: Call) -> Answer:
        """Change the fields that are named; the same as PATCH."""
        return await self._patch(call)

    @endpoint("PATCH", "/v1/tasks/{task}", "patchTask", limit=Limit.WRITE)
    async def patch(self, call: Call) -> Answer:
        """Change the fields that are named."""
        return await self._patch(call)

    async def _patch(self, call: Call) -> Answer:
        seen = _REV.fullmatch(call.headers.get("If-Match", ""))
        task = await self._change.patch(
            call.who,
            call.path["task"],
            call.body,
            key=call.headers.get("Idempotency-Key"),
            seen_rev=None if seen is None else int(seen[1]),
            delegated=call.headers.get("Delegated-Token"),
        )
        return Answer(task, headers={"ETag": etag(task)})

    @endpoint("DELETE", "/v1/tasks/{task}", "eraseTask", limit=Limit.WRITE)
    async def erase(self, call: Call) -> Answer:
        """Erase the content for good."""
        key = call.headers.get("Idempotency-Key")
        await self._change.erase(call.who, call.path["task"], key=key)
        return Answer(status=204)

    @endpoint("GET", "/v1/tasks/{task}/history", "taskHistory")
    async def history(self, call: Call) -> Answer:
        """Revisions, newest first."""
        page = await self._read.history(
            call.who.user_id,
            call.path["task"],
            limit=call.query["limit"],
            cursor=call.query.get("cursor"),
        )
        return Answer(page)

    @endpoint("GET", "/v1/tasks/{task}/comments", "listComments")
    async def comments(self, call: Call) -> Answer:
        """The thread of the task, newest first."""
        page = await self._read.comments(
            call.who,
            call.path["task"],
            limit=call.query["limit"],
            cursor=call.query.get("cursor"),
        )
        return Answer(page)

    @endpoint("POST", "/v1/tasks/{task}/comments", "addComment", limit=Limit.WRITE)
    async def comment(self, call: Call) -> Answer:
        """Write into the thread as the caller."""
        message = await self._read.comment(
            call.who,
            call.path["task"],
            NewMessage(call.body["body"], call.body.get("formatted_body")),
            key=call.headers.get("Idempotency-Key"),
        )
        return Answer(message, 201)


def etag(task: Task) -> str:
    """The revision as an entity tag."""
    return f'"r{task["rev"]}"'


def _entity_tags(header: str) -> set[str]:
    """RFC 9110, section 13.1.2: compared weakly."""
    return {each.strip().removeprefix("W/") for each in header.split(",")}
