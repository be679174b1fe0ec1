"""Lists of tasks: every filter, every order, and pages that miss and repeat nothing."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

import pytest

from tests.harness.company_server import Company, Person

DAY = 86_400_000


@dataclass
class Office:
    """Two people with some tasks in two rooms. The titles say what each is for."""

    olga: Person
    ivan: Person
    rooms: tuple[str, str]
    ids: dict[str, str]

    async def titles(self, who: Person | None = None, **query: Any) -> list[str]:
        """Titles of the first page, in order."""
        page = (await (who or self.olga).get("tasks", **query)).ok
        return [each["title"] for each in page["data"]]

    def named(self, value: Any) -> Any:
        """A filter with the real names in it."""
        names = {
            "olga": self.olga.user_id,
            "ivan": self.ivan.user_id,
            "room one": self.rooms[0],
            "room two": self.rooms[1],
            **{f"id of {title}": task_id for title, task_id in self.ids.items()},
        }
        if isinstance(value, list):
            return [self.named(each) for each in value]
        return names.get(value, value)


@pytest.fixture
async def office(colleagues: Company) -> Office:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    one, two = await olga.create_room(ivan), await olga.create_room(ivan, name="Sales")
    made = Office(olga, ivan, (one, two), {})

    async def task(who: Person, title: str, **fields: Any) -> None:
        made.ids[title] = (await who.task(title, **fields))["id"]

    past, far = {"date": "2020-01-01"}, {"date": "2035-06-01"}
    await task(olga, "late", room_id=one, due=past, priority="urgent", assigned_to=ivan.user_id)
    await task(olga, "far", room_id=one, due=far, labels=["legal", "new"], priority="low")
    soon = {"at": 2_000_000_000_000, "tz": "Europe/Moscow"}
    await task(ivan, "soon", room_id=two, due=soon, labels=["legal"], watchers=[olga.user_id])
    await task(ivan, "asked", room_id=two, assigned_to=olga.user_id, request=True)
    await task(olga, "waits", room_id=two, blocked_by=[made.ids["asked"]], priority="high")
    await task(olga, "child", room_id=two, parent=made.ids["waits"], collaborators=[ivan.user_id])
    await task(olga, "done", room_id=one, due=past, description="Zanzibar, договор")
    (await olga.put(f"tasks/{made.ids['done']}", {"status": "done"})).must()
    await task(olga, "mine")
    (await ivan.put(f"tasks/{made.ids['late']}", {"status": "in_progress"})).must()
    return made


EVERYTHING = {"late", "far", "soon", "asked", "waits", "child", "done", "mine"}

FILTERS: list[tuple[dict[str, Any], set[str]]] = [
    ({}, EVERYTHING),
    ({"assigned_to": "me"}, {"asked"}),
    ({"assigned_to": "ivan"}, {"late"}),
    ({"assigned_to": ["me", "ivan"]}, {"late", "asked"}),
    ({"assigned_to": "none", "room_id": "room two"}, {"soon", "waits", "child"}),
    ({"assigned_to": ["none", "ivan"], "room_id": "room one"}, {"late", "far", "done"}),
    ({"creator": "me"}, EVERYTHING - {"soon", "asked"}),
    ({"creator": "ivan"}, {"soon", "asked"}),
    ({"assigner": "ivan"}, {"soon", "asked"}),
    ({"involves": "ivan"}, {"late", "soon", "asked", "child"}),
    ({"involves": "me", "creator": "ivan"}, {"soon", "asked"}),
    ({"assignment": "requested"}, {"asked"}),
    ({"assignment": ["requested", "active"]}, {"asked", "late"}),
    ({"status": "done"}, {"done"}),
    ({"status": ["done", "in_progress"]}, {"done", "late"}),
    ({"status": "category:doing"}, {"late"}),
    ({"status": "category:open"}, EVERYTHING - {"done"}),
    ({"status": ["category:done", "category:doing"]}, {"done", "late"}),
    ({"room_id": "room one"}, {"late", "far", "done"}),
    ({"room_id": ["room one", "room two"]}, EVERYTHING - {"mine"}),
    ({"kind": "personal"}, {"mine"}),
    ({"kind": "team"}, EVERYTHING - {"mine"}),
    ({"label": "legal"}, {"far", "soon"}),
    ({"label": ["new", "old"]}, {"far"}),
    ({"priority_gte": "high"}, {"late", "waits"}),
    ({"priority_gte": "low"}, {"late", "far", "waits"}),
    ({"due_after": "2030-01-01"}, {"far", "soon"}),
    ({"due_before": "2030-01-01"}, {"late", "done"}),
    ({"due_after": "2033-05-18T03:33:20Z", "due_before": "2033-05-18T03:33:21Z"}, {"soon"}),
    ({"due_after": "2033-05-18T03:33:21Z"}, {"far"}),
    ({"due_after": "2035-06-01", "due_before": "2035-06-02"}, {"far"}),
    ({"no_due": True}, {"asked", "waits", "child", "mine"}),
    ({"no_due": False}, {"late", "far", "soon", "done"}),
    ({"overdue": True}, {"late"}),
    ({"overdue": False, "room_id": "room one"}, {"far", "done"}),
    ({"blocked": True}, {"waits"}),
    ({"blocked": False, "room_id": "room two"}, {"soon", "asked", "child"}),
    ({"parent": "id of waits"}, {"child"}),
    ({"parent": "none", "room_id": "room two"}, {"soon", "asked", "waits"}),
    ({"updated_since": "2020-01-01"}, EVERYTHING),
    ({"updated_since": "2100-01-01"}, set()),
    ({"q": "zanz"}, {"done"}),
    ({"q": "ДОГОВ"}, {"done"}),
    ({"q": "wai"}, {"waits"}),
    ({"q": "far away"}, set()),
    ({"q": "late", "status": "done"}, set()),
    ({"creator": "me", "label": "legal", "priority_gte": "low", "no_due": False}, {"far"}),
]


async def test_each_filter_leaves_what_it_says(office: Office) -> None:
    for query, wanted in FILTERS:
        found = await office.titles(**{name: office.named(each) for name, each in query.items()})
        assert set(found) == wanted, query
        assert len(found) == len(wanted), query


async def test_a_key_finds_its_task(office: Office) -> None:
    task = (await office.olga.get(f"tasks/{office.ids['far']}")).ok
    assert await office.titles(q=task["key"]) == ["far"]
    assert await office.titles(q=f"{task['key'].lower()} far") == ["far"]


async def test_a_space_is_the_rooms_in_it(office: Office) -> None:
    olga = office.olga
    space = await olga.create_room(tasks=False, creation_content={"type": "m.space"})
    path = f"rooms/{space}/state/m.space.child/{office.rooms[1]}"
    (await olga.matrix("PUT", path, {"via": ["corp.example"]})).must()
    found = await office.titles(space_id=space)
    assert set(found) == {"soon", "asked", "waits", "child"}
    assert await office.titles(space_id=space, room_id=office.rooms[0]) == []
    assert await office.titles(office.ivan, space_id=space) == [], "he does not see the space"


@pytest.mark.parametrize(
    ("sort", "first", "last"),
    [
        ("due", ["done", "late", "soon", "far"], None),
        ("-due", ["far", "soon"], None),
        ("priority", None, ["late"]),
        ("-priority", ["late", "waits", "far"], None),
        ("created", ["late", "far", "soon", "asked", "waits", "child", "done", "mine"], None),
        ("-created", ["mine", "done", "child"], None),
        ("-updated", ["late", "mine"], None),
        ("updated", ["far", "soon"], ["mine", "late"]),
        ("key", None, None),
        ("rank", None, None),
    ],
)
async def test_each_order_holds_over_pages(
    office: Office, sort: str, first: list[str] | None, last: list[str] | None
) -> None:
    whole = await office.titles(sort=sort)
    assert set(whole) == EVERYTHING
    if first is not None:
        # Equal ones are told apart by id: those two are due on the same day.
        got = ["done" if each == "late" else each for each in whole[: len(first)]]
        assert got == ["done" if each == "late" else each for each in first]
    if last is not None:
        assert whole[-len(last) :] == last
    page = (await office.olga.get("tasks", sort=sort, limit=3)).ok
    paged = [each["title"] for each in page["data"]]
    while page["next_cursor"]:
        following = {"sort": sort, "limit": 3, "cursor": page["next_cursor"]}
        page = (await office.olga.get("tasks", **following)).ok
        paged += [each["title"] for each in page["data"]]
    assert paged == whole


async def test_pages_miss_nothing_that_stays_while_others_come(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    stay = {(await olga.task(f"Task {number}"))["id"] for number in range(5)}
    page = (await olga.get("tasks", sort="-created", limit=2)).ok
    seen = [each["id"] for each in page["data"]]
    await olga.task("New")
    while page["next_cursor"]:
        query = {"sort": "-created", "limit": 2, "cursor": page["next_cursor"]}
        page = (await olga.get("tasks", **query)).ok
        seen += [each["id"] for each in page["data"]]
    assert len(seen) == len(set(seen))
    assert stay == set(seen)


async def test_a_rank_is_where_somebody_put_it(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    room = await olga.create_room()
    first, second, third = [await olga.task(f"Task {n}", room_id=room) for n in range(3)]
    for op in (
        {"op": "rank", "before": first["id"]},
        {"op": "rank", "after": third["id"], "before": first["id"]},
    ):
        subject = third if "after" not in op else second
        outcome = await olga.do_one(subject, op)
        assert outcome["state"] == "accepted"
    listed = (await olga.get("tasks", room_id=room, sort="rank")).ok["data"]
    assert [each["id"] for each in listed] == [third["id"], second["id"], first["id"]]
    (top, *_) = (await olga.get(f"tasks/{second['id']}/history")).ok["data"]
    assert top["silent"] is True


async def test_a_filter_names_nobody_and_nothing(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    await olga.task()
    for query in (
        {"assigned_to": "@nobody:corp.example"},
        {"room_id": "!nowhere"},
        {"label": "none"},
        {"status": "nowhere"},
        {"parent": str(uuid.uuid4())},
    ):
        assert (await olga.get("tasks", **query)).ok == {"data": [], "next_cursor": None}
