"""`verify` and `rebuild` from the command line, beside a running service or without one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from appservice_tasks.config import Config, ConfigError
from appservice_tasks.contracts import IndexDifference, IndexReport
from appservice_tasks.engine import connect
from appservice_tasks.observe import configure_logging
from appservice_tasks.storage import rooms, task_rows
from appservice_tasks.storage.database import open_database
from appservice_tasks.storage.migrate import newest_revision, revision_of

_SAYS: Final = {
    "missing": "the log has it and the index has not",
    "surplus": "the index has it and the log has not",
    "behind": "the index has an older revision than the log",
    "ahead": "the index has a newer revision than the log",
    "different": "index and log have the same revision and say different things",
}


@dataclass(frozen=True)
class Found:
    """report: as `POST /v1/admin/index` answers it. tasks: in the index afterwards, the erased ones
    too. out_of_reach: tasks in rooms that the service has left or was never let back into."""

    report: IndexReport
    tasks: int
    out_of_reach: int


async def maintain(
    config: Config, action: Literal["verify", "rebuild"], room_id: str | None = None
) -> Found:
    """Does it for one room or for all.

    `rebuild` takes the right to decide from whoever has it, for as long as it lasts.
    Raises ConfigError (the tables are not up to date), Problem (`not_found`, `unavailable`).
    """
    if await revision_of(config.database) != newest_revision():
        raise ConfigError("The tables are not up to date: run `python -m appservice_tasks migrate`")
    configure_logging("error", config.logging.format)
    database = open_database(config.database)
    connected = connect(config, database)
    engine = connected.engine
    keeping = asyncio.create_task(engine.leases.keep()) if action == "rebuild" else None
    try:
        report = await engine.maintain.run(action, room_id)
        tasks = out_of_reach = 0
        async with database.read() as conn:
            for room in await rooms.every(conn):
                if room_id in (None, room.room_id):
                    number = len(await task_rows.of_room(conn, room.room_id))
                    tasks += number
                    out_of_reach += 0 if room.joined else number
        return Found(report, tasks, out_of_reach)
    finally:
        if keeping is not None:
            keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeping
        await connected.stop()
        await database.close()


def tell(found: Found) -> Iterator[str]:
    """What was found, a line for each difference and one for the whole."""
    for each in found.report["differences"]:
        yield _line(each)
    if found.out_of_reach:
        yield (
            f"{found.out_of_reach} tasks are in rooms that the service is not in: "
            "nothing can be compared there."
        )
    if found.report["equal"]:
        yield f"The index is what the rooms say: {found.tasks} tasks."
    else:
        yield f"{len(found.report['differences'])} differences, {found.tasks} tasks in the index."


def _line(each: IndexDifference) -> str:
    index, log = each["index_rev"] or "none", each["log_rev"] or "none"
    said = _SAYS[each["problem"]]
    return f"{each['task_id']}: {each['problem']}: {said} (index: {index}, log: {log})"
