"""The fold of a room's log without the index: what the index must be equal to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from appservice_tasks.domain.events import TaskEvent, read_task_event
from appservice_tasks.domain.ids import RESULT, TASK
from appservice_tasks.matrix_client import Homeserver, MatrixEvent, senders_filter
from appservice_tasks.storage import json_text

PAGE: Final = 100


@dataclass(frozen=True, slots=True)
class Newest:
    """The highest revision of a task in a log. departed: the task has left this room by it."""

    rev: int
    sha256: str
    room_id: str
    event_id: str
    departed: bool


async def pages(
    homeserver: Homeserver, room_id: str, senders: Sequence[str]
) -> AsyncIterator[list[MatrixEvent]]:
    """The task events and results of a room's log, oldest first, page by page."""
    token: str | None = None
    while True:
        page = await homeserver.messages(
            room_id, start=token, limit=PAGE, accept=senders_filter((TASK, RESULT), senders)
        )
        yield page["chunk"]
        following = page.get("end")
        if following is None or following == token:
            return
        token = following


def counts(event: MatrixEvent, senders: Iterable[str]) -> TaskEvent | None:
    """What a task event says, if it is one that counts."""
    if event["type"] != TASK or event["sender"] not in senders or "state_key" in event:
        return None
    read = read_task_event(event["content"])
    if read is None or read.task["rev"] != read.change["rev"]:
        return None
    return read


async def causes_of(
    homeserver: Homeserver, room_id: str, senders: Sequence[str]
) -> dict[tuple[str, int], tuple[str, str]]:
    """The command (actor, cmd_id) of each revision (task_id, rev) in a room's log."""
    found: dict[tuple[str, int], tuple[str, str]] = {}
    async for page in pages(homeserver, room_id, senders):
        for event in page:
            read = counts(event, senders)
            if read is not None:
                cause = read.change["actor"], read.change["cause"]["cmd_id"]
                found.setdefault((read.task["task_id"], read.task["rev"]), cause)
    return found


async def newest_of(
    homeserver: Homeserver, room_id: str, senders: Sequence[str]
) -> dict[str, Newest]:
    """The highest revision of each task in a room's log; of equal ones the first."""
    found: dict[str, Newest] = {}
    async for page in pages(homeserver, room_id, senders):
        for event in page:
            read = counts(event, senders)
            if read is None:
                continue
            task_id, rev = read.task["task_id"], read.task["rev"]
            known = found.get(task_id)
            if known is None or known.rev < rev:
                found[task_id] = Newest(
                    rev,
                    json_text.digest(read.task),
                    room_id,
                    event["event_id"],
                    read.departs_from(room_id),
                )
    return found
