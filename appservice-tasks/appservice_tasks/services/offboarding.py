"""Somebody leaves: their open tasks go back to who assigned them, else to the head of their unit.

As commands of the administrator who does it, so that the history says so.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.domain.org import OrgChart
from appservice_tasks.observe import get_logger
from appservice_tasks.services.circumstances import Circumstances
from appservice_tasks.services.submit import Submission, Submit
from appservice_tasks.services.who import Caller
from appservice_tasks.services.work import Work
from appservice_tasks.storage import organisation
from appservice_tasks.storage.tables import task

log = get_logger(__name__)

_PAGE = 50


class ReturnTasks:
    """What `services.provision` calls `Offboarding`."""

    def __init__(self, work: Work, circumstances: Circumstances, submit: Submit) -> None:
        self._work = work
        self._circumstances = circumstances
        self._submit = submit

    async def run(self, admin: Caller, user_id: str) -> None:
        """Returns the open team tasks of somebody. Personal ones stay with their room."""
        async with self._work.database.read() as conn:
            open_ = await _open_tasks(conn, user_id)
            chart = await self._circumstances.chart(conn)
            heads = await _heads(conn, chart, user_id)
        for start in range(0, len(open_), _PAGE):
            page = open_[start : start + _PAGE]
            outcomes = await self._submit.many(
                [self._returning(admin, each, user_id, chart, heads) for each in page]
            )
            for outcome in outcomes:
                if outcome["state"] != "accepted":
                    log.warning("task_not_returned", outcome=outcome)

    def _returning(
        self, admin: Caller, row: Any, user_id: str, chart: OrgChart, heads: list[str]
    ) -> Submission:
        to = next(
            (
                each
                for each in (row.assigner, *heads)
                if each != user_id and chart.person(each).active
            ),
            None,
        )
        return Submission(
            actor=admin.user_id,
            content={
                "v": 1,
                "cmd_id": str(uuid4()),
                "task_id": row.task_id,
                "base_rev": row.rev,
                "on_conflict": "force",
                "ops": [{"op": "assign", "to": to}],
            },
        )


async def _open_tasks(conn: AsyncConnection, user_id: str) -> list[Any]:
    rows = await conn.execute(
        sa.select(task.c.task_id, task.c.rev, task.c.assigner)
        .where(task.c.assignee == user_id, task.c.closed == 0, task.c.kind == "team")
        .order_by(task.c.nid)
    )
    return list(rows)


async def _heads(conn: AsyncConnection, chart: OrgChart, user_id: str) -> list[str]:
    """The heads of the person's unit and of those above it, nearest first."""
    units = {unit.id: unit for unit in await organisation.units(conn)}
    found: list[str] = []
    at = chart.person(user_id).unit
    seen: set[str] = set()
    while at is not None and at in units and at not in seen:
        seen.add(at)
        head = units[at].head
        if head is not None:
            found.append(head)
        at = units[at].parent
    return found
