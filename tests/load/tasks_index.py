"""An index with many tasks, as a large company would have after some years."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from appservice_tasks.contracts import Snapshot
from appservice_tasks.domain.workflow import DEFAULT_WORKFLOW
from appservice_tasks.storage import json_text, tables
from appservice_tasks.storage.database import Database
from appservice_tasks.storage.task_rows import CLOSED, PRIORITIES, due_moment, words_of

SERVER = "corp.example"
AUTHORITY = f"@tasks:{SERVER}"
ADMIN = f"@admin:{SERVER}"
WORKER = f"@worker0:{SERVER}"
"""In a tenth of the rooms."""
NEWCOMER = f"@newcomer:{SERVER}"
"""In one small room."""
BEGAN = 1_700_000_000_000

_STATUSES = {status["id"]: status["category"] for status in DEFAULT_WORKFLOW["statuses"]}
_WORDS = [
    "договор",
    "отчёт",
    "смета",
    "клиент",
    "поставка",
    "склад",
    "бюджет",
    "встреча",
    "заявка",
    "оплата",
    "план",
    "ремонт",
    "contract",
    "report",
    "budget",
    "client",
    "delivery",
    "stock",
    "meeting",
    "invoice",
    "plan",
    "repair",
    "review",
    "release",
    "server",
    "backup",
    "printer",
    "travel",
    "training",
    "hiring",
    "security",
    "audit",
]
_DAY_MS = 86_400_000


async def fill(
    database: Database, *, tasks: int = 100_000, rooms: int = 200, people: int = 300
) -> None:
    """Writes the index of a company into empty tables. Always the same company."""
    chance = random.Random(1)
    names = [f"@worker{number}:{SERVER}" for number in range(people)]
    room_ids = [f"!room{number}:{SERVER}" for number in range(rooms)]
    members = {room_id: sorted({*chance.sample(names, people // 10)}) for room_id in room_ids}
    for number, room_id in enumerate(room_ids):
        is_in = WORKER in members[room_id]
        if (number % 10 == 0) is not is_in:
            (members[room_id].append if not is_in else members[room_id].remove)(WORKER)
    members[room_ids[1]].append(NEWCOMER)
    async with database.write() as conn:
        await conn.execute(
            tables.room.insert(), [_room(number, each) for number, each in enumerate(room_ids)]
        )
        await conn.execute(
            tables.room_member.insert(),
            [
                {"room_id": room_id, "user_id": user, "membership": "join", "power": 0}
                for room_id, inside in members.items()
                for user in inside
            ],
        )
        await conn.execute(
            tables.person.insert(),
            [
                {"user_id": ADMIN, "role": "member", "server_admin": 1},
                {"user_id": NEWCOMER, "role": "member", "server_admin": 0},
                *({"user_id": each, "role": "member", "server_admin": 0} for each in names),
            ],
        )
    made = _tasks(chance, tasks, room_ids, members)
    nid = 0
    still_open: set[str] = set()
    while batch := [each for _, each in zip(range(5_000), made, strict=False)]:
        still_open |= {task["task_id"] for _, task in batch if task["category"] not in CLOSED}
        await _write(database, nid, batch, still_open)
        nid += len(batch)


def _room(number: int, room_id: str) -> dict[str, Any]:
    config = {
        "v": 1,
        "enabled": True,
        "authority": AUTHORITY,
        "prefix": f"R{number}",
        "kind": "team",
    }
    return {
        "room_id": room_id,
        "name": f"Room {number}",
        "config": json_text.dumps(config),
        "workflows": "{}",
        "kind": "team",
        "encrypted": 0,
        "joined": 1,
        "guarded": 1,
        "told": 0,
        "version": 1,
    }


def _tasks(
    chance: random.Random, count: int, room_ids: list[str], members: dict[str, list[str]]
) -> Iterator[tuple[str, Snapshot]]:
    # A few rooms have most of the tasks.
    weights = [1 / (number + 3) for number in range(len(room_ids))]
    keys = dict.fromkeys(room_ids, 0)
    ids: list[str] = []
    for number in range(count):
        (room_id,) = chance.choices(room_ids, weights)
        keys[room_id] += 1
        status = chance.choices(list(_STATUSES), [30, 15, 5, 45, 5])[0]
        creator = chance.choice(members[room_id])
        task_id = str(uuid.UUID(int=chance.getrandbits(128), version=4))
        created = BEGAN + number * 600_000
        ids.append(task_id)
        snapshot: dict[str, Any] = {
            "v": 1,
            "task_id": task_id,
            "key": f"R{room_ids.index(room_id)}-{keys[room_id]}",
            "rev": chance.randrange(1, 9),
            "kind": "team",
            "title": " ".join(chance.sample(_WORDS, 4)).capitalize(),
            "description": " ".join(chance.choices(_WORDS, k=30)),
            "status": status,
            "category": _STATUSES[status],
            "creator": creator,
            "assigner": creator,
            "assignee": None if chance.random() < 0.1 else chance.choice(members[room_id]),
            "assignment": {"state": "active", "at": created},
            "priority": chance.choice(list(PRIORITIES)),
            "labels": chance.sample(["legal", "urgent_client", "it", "office", "finance"], 2),
            "rank": f"{number:07d}",
            "created_at": created,
            "updated_at": created + chance.randrange(30 * _DAY_MS),
            "frev": {"title": 1},
        }
        if chance.random() < 0.7:
            due = datetime.fromtimestamp(created / 1000, UTC) + timedelta(chance.randrange(1, 90))
            snapshot["due"] = {"date": due.date().isoformat()}
        if snapshot["category"] in CLOSED:
            snapshot["closed_at"] = snapshot["updated_at"]
        if number % 20 == 0 and len(ids) > 100:
            snapshot["blocked_by"] = [chance.choice(ids[-100:-1])]
        if number % 15 == 0 and len(ids) > 100:
            snapshot["parent"] = chance.choice(ids[-100:-1])
        if snapshot["assignee"] is None:
            snapshot["assignment"] = {"state": "none"}
        yield room_id, cast(Snapshot, snapshot)


async def _write(
    database: Database, nid: int, batch: list[tuple[str, Snapshot]], still_open: set[str]
) -> None:
    rows: dict[Any, list[dict[str, Any]]] = {
        table: []
        for table in (
            tables.task,
            tables.task_text,
            tables.task_person,
            tables.task_label,
            tables.task_blocks,
        )
    }
    for room_id, task in batch:
        nid += 1
        due_at, due_date = due_moment(task.get("due"))
        prefix, _, number = task["key"].rpartition("-")
        rows[tables.task].append(
            {
                "nid": nid,
                "task_id": task["task_id"],
                "room_id": room_id,
                "root_event_id": f"$root{nid}",
                "key_prefix": prefix,
                "key_no": int(number),
                "rev": task["rev"],
                "kind": task["kind"],
                "status": task["status"],
                "category": task["category"],
                "closed": int(task["category"] in CLOSED),
                "creator": task["creator"],
                "assigner": task["assigner"],
                "assignee": task["assignee"],
                "assignment_state": task["assignment"]["state"],
                "priority": PRIORITIES[task["priority"]],
                "due_at": due_at,
                "due_date": due_date,
                "rank": task.get("rank"),
                "parent": task.get("parent"),
                "has_reason": 0,
                "created_at": task["created_at"],
                "updated_at": task["updated_at"],
                "closed_at": task.get("closed_at"),
                "erased": 0,
                "sha256": "",
            }
        )
        rows[tables.task_text].append(
            {"nid": nid, "snapshot": json_text.dumps(task), "words": words_of(task)}
        )
        people = {("creator", task["creator"]), ("assigner", task["assigner"])}
        if task["assignee"] is not None:
            people.add(("assignee", task["assignee"]))
        rows[tables.task_person] += [
            {"user_id": user, "role": role, "nid": nid} for role, user in sorted(people)
        ]
        rows[tables.task_label] += [{"label": each, "nid": nid} for each in task["labels"]]
        rows[tables.task_blocks] += [
            {"nid": nid, "blocker": each, "room_id": room_id, "open": int(each in still_open)}
            for each in task.get("blocked_by", ())
        ]
    async with database.write() as conn:
        for table, values in rows.items():
            if values:
                await conn.execute(table.insert(), values)
