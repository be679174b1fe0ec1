"""Tasks over REST: who may do what, what is answered, and how writes meet."""

from __future__ import annotations

import asyncio
import uuid
from urllib.parse import quote

import pytest

from appservice_tasks import shapes
from tests.harness.company_server import Company, on_sqlite


async def test_a_task_has_the_one_shape(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    task = await olga.task(
        "Write",
        description="All of it",
        priority="high",
        due={"date": "2030-01-31"},
        checklist=[{"id": "item-1", "text": "Begin", "done": False}],
        fields={"room": 12},
    )
    assert shapes.check(task, "Task") == []
    assert task["rev"] == 1
    assert task["kind"] == "personal"
    assert task["key"].startswith("MY-")
    assert (await olga.get(f"tasks/{task['id']}")).ok == task


async def test_a_task_is_found_by_id_and_by_key(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    room = await olga.create_room()
    task = await olga.task(room_id=room)
    for name in (task["id"], task["key"], task["key"].lower(), task["id"].upper()):
        assert (await olga.get(f"tasks/{name}")).ok["id"] == task["id"]
    for name in (str(uuid.uuid4()), "OPS-999999", "x", "%00", quote("../x", safe="")):
        assert (await olga.get(f"tasks/{name}")).status in (400, 404)


async def test_where_a_task_goes_that_names_no_room(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    own = await olga.task()
    to_self = await olga.task(assigned_to=olga.user_id)
    for_ivan = await olga.task(assigned_to=ivan.user_id)
    back = await ivan.task(assigned_to=olga.user_id)
    assert own["room_id"] == to_self["room_id"]
    assert for_ivan["room_id"] == back["room_id"] != own["room_id"]
    joined = (await ivan.matrix("GET", "joined_rooms")).ok["joined_rooms"]
    assert for_ivan["room_id"] in joined
    assert own["room_id"] not in joined
    assert (await ivan.get(f"tasks/{for_ivan['id']}")).ok["can"]
    assert (await ivan.get(f"tasks/{own['id']}")).refusal == (404, "not_found")


async def test_a_stranger_cannot_be_assigned(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    answer = await olga.post("tasks", {"title": "x", "assigned_to": "@nobody:corp.example"})
    assert answer.refusal[0] in (400, 403, 404)


async def test_an_entity_tag_is_the_revision(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    task = await olga.task()
    path = f"tasks/{task['id']}"
    assert (await olga.get(path)).headers["ETag"] == '"r1"'
    same = await olga.call("GET", path, headers={"If-None-Match": '"r0", W/"r1"'})
    assert (same.status, same.body) == (304, "")
    changed = await olga.put(path, {"title": "Other"}, If_Match='"r1"')
    assert changed.headers["ETag"] == '"r2"'
    assert (await olga.call("GET", path, headers={"If-None-Match": '"r1"'})).ok["title"] == "Other"


async def test_writes_that_do_not_meet_are_merged(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    path = f"tasks/{(await olga.task())['id']}"
    (await olga.put(path, {"title": "Other"}, If_Match='"r1"')).must()
    merged = (await olga.put(path, {"priority": "urgent"}, If_Match='"r1"')).ok
    assert (merged["title"], merged["priority"], merged["rev"]) == ("Other", "urgent", 3)


async def test_writes_that_meet_are_shown_to_each_other(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    task = await olga.task(room_id=room)
    path = f"tasks/{task['key']}"
    (await olga.put(path, {"due": {"date": "2030-01-01"}}, If_Match='"r1"')).must()
    late = await olga.put(path, {"due": {"date": "2030-02-02"}}, If_Match='"r1"')
    assert late.refusal == (409, "conflict")
    assert shapes.check(late.body, "Problem") == []
    (conflict,) = late.body["conflicts"]
    assert conflict["field"] == "due"
    assert conflict["theirs"] == {"date": "2030-01-01"}
    assert (conflict["theirs_rev"], conflict["theirs_by"]) == (2, olga.user_id)
    assert late.body["current"] == {"rev": 2}
    forced = {"due": {"date": "2030-02-02"}, "on_conflict": "force"}
    assert (await olga.put(path, forced, If_Match='"r1"')).ok["due"] == {"date": "2030-02-02"}
    blind = await olga.put(path, {"due": None})
    assert blind.ok["due"] is None


async def test_a_key_is_answered_once(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    key = str(uuid.uuid4())
    first, again = await asyncio.gather(
        *(olga.post("tasks", {"title": "Once"}, Idempotency_Key=key) for _ in range(2))
    )
    assert first.ok["id"] == again.ok["id"]
    assert first.ok["rev"] == again.ok["rev"] == 1
    other = await olga.post("tasks", {"title": "Twice"}, Idempotency_Key=key)
    assert other.refusal == (422, "idempotency_key_reused")
    assert len((await olga.get("tasks")).ok["data"]) == 1


async def test_a_change_with_a_key_is_made_once(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    path, key = f"tasks/{(await olga.task())['id']}", str(uuid.uuid4())
    body = {"labels": ["legal"], "status": "in_progress"}
    for _ in range(2):
        changed = (await olga.call("PATCH", path, body, headers={"Idempotency-Key": key})).ok
        assert (changed["rev"], changed["labels"]) == (2, ["legal"])
    other = await olga.call("PATCH", path, {"labels": []}, headers={"Idempotency-Key": key})
    assert other.refusal == (422, "idempotency_key_reused")


async def test_a_list_in_a_patch_replaces_the_list(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    task = await olga.task(labels=["a", "b"], fields={"x": 1, "y": 2})
    path = f"tasks/{task['id']}"
    changed = (await olga.put(path, {"labels": ["b", "c"], "fields": {"x": None, "z": True}})).ok
    assert (sorted(changed["labels"]), changed["fields"]) == (["b", "c"], {"y": 2, "z": True})
    same = (await olga.put(path, {"labels": ["b", "c"]})).ok
    assert same["rev"] == changed["rev"]


async def test_a_member_sees_and_a_stranger_does_not(colleagues: Company) -> None:
    olga, ivan, eve = [await colleagues.person(name) for name in ("olga", "ivan", "eve")]
    room = await olga.create_room(ivan)
    task = await olga.task(room_id=room)
    path = f"tasks/{task['id']}"
    assert (await ivan.get(path)).ok["title"] == task["title"]
    for answer in (
        await eve.get(path),
        await eve.put(path, {"title": "Mine"}),
        await eve.call("DELETE", path),
        await eve.get(f"{path}/history"),
        await eve.get(f"{path}/comments"),
        await eve.post(f"{path}/comments", {"body": "Hello"}),
        await eve.get(f"rooms/{quote(room)}/tasks-config"),
        await eve.post("tasks", {"title": "x", "room_id": room}),
    ):
        assert answer.refusal == (404, "not_found")
    assert (await eve.get("tasks", room_id=room)).ok["data"] == []


async def test_a_member_who_left_is_a_stranger(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    task = await olga.task(room_id=room)
    (await ivan.get(f"tasks/{task['id']}")).must()
    (await ivan.matrix("POST", f"rooms/{quote(room)}/leave", {})).must()
    for _ in range(100):
        if (await ivan.get(f"tasks/{task['id']}")).status == 404:
            break
        await asyncio.sleep(0.05)
    assert (await ivan.get(f"tasks/{task['id']}")).refusal == (404, "not_found")


async def test_an_assignee_starts_and_ends_and_does_not_rename(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    task = await olga.task(room_id=room, assigned_to=ivan.user_id)
    path = f"tasks/{task['id']}"
    assert "set:title" not in (await ivan.get(path)).ok["can"]
    assert (await ivan.put(path, {"title": "Mine"})).refusal == (403, "forbidden")
    assert (await ivan.put(path, {"status": "in_progress"})).ok["category"] == "doing"
    assert (await ivan.put(path, {"status": "nowhere"})).refusal == (
        409,
        "transition_not_allowed",
    )
    assert (await ivan.put(path, {"status": "cancelled"})).refusal == (403, "forbidden")
    assert (await ivan.put(path, {"status": "done"})).ok["closed_at"] > 0
    assert (await ivan.put(path, {"status": "done"})).ok["status"] == "done", "PUT again"


async def test_history_tells_every_revision(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    path = f"tasks/{(await olga.task())['id']}"
    for number in range(3):
        (await olga.put(path, {"title": f"Title {number}"})).must()
    first = (await olga.get(f"{path}/history", limit=3)).ok
    assert shapes.check(first, "RevisionPage") == []
    assert [each["rev"] for each in first["data"]] == [4, 3, 2]
    assert first["data"][0]["diff"] == [{"field": "title", "from": "Title 1", "to": "Title 2"}]
    assert first["data"][0]["cause"]["via"] == "rest"
    rest = (await olga.get(f"{path}/history", limit=3, cursor=first["next_cursor"])).ok
    assert ([each["rev"] for each in rest["data"]], rest["next_cursor"]) == ([1], None)
    assert (await olga.get(f"{path}/history", cursor="x")).refusal == (400, "invalid")


async def test_comments_are_the_thread_of_the_task(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    room = await olga.create_room(ivan)
    task = await olga.task(room_id=room)
    path, key = f"tasks/{task['key']}/comments", str(uuid.uuid4())
    first = (await ivan.post(path, {"body": "I begin"}, Idempotency_Key=key)).ok
    again = (await ivan.post(path, {"body": "I begin"}, Idempotency_Key=key)).ok
    assert first == again
    assert (first["thread"], first["sender"]) == (task["event_id"], ivan.user_id)
    other = await ivan.post(path, {"body": "I end"}, Idempotency_Key=key)
    assert other.refusal == (422, "idempotency_key_reused")
    (await olga.post(path, {"body": "Good", "formatted_body": "<b>Good</b>"})).must()
    page = (await olga.get(path, limit=1)).ok
    assert shapes.check(page, "MessagePage") == []
    assert [each["body"] for each in page["data"]] == ["Good"]
    rest = (await olga.get(path, limit=1, cursor=page["next_cursor"])).ok
    assert [each["body"] for each in rest["data"]] == ["I begin"]


async def test_an_erased_task_is_gone(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    task = await olga.task("The secret")
    path, key = f"tasks/{task['id']}", str(uuid.uuid4())
    (await olga.put(path, {"title": "Another secret"})).must()
    for _ in range(2):
        erased = await olga.call("DELETE", path, headers={"Idempotency-Key": key})
        assert erased.status == 204
    assert (await olga.get(path)).refusal == (404, "not_found")
    assert (await olga.get("tasks")).ok["data"] == []
    event = f"rooms/{quote(task['room_id'])}/event/{quote(task['event_id'])}"
    for _ in range(100):
        content = (await olga.matrix("GET", event)).ok["content"]
        if "secret" not in str(content):
            break
        await asyncio.sleep(0.05)
    assert "secret" not in str(content)


@on_sqlite
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"title": ""}, "/title"),
        ({"title": "x" * 256}, "/title"),
        ({"title": "x", "due": {}}, "/due"),
        ({"title": "x", "priority": "huge"}, "/priority"),
        ({"title": "x", "labels": ["a"] * 2}, "/labels"),
        ({"title": "x", "status": "open"}, "/status"),
        ({"title": "x", "fields": {"a": 1.5}}, "/fields/a"),
    ],
)
async def test_a_body_that_does_not_fit_says_where(
    colleagues: Company, body: dict[str, object], pointer: str
) -> None:
    olga = await colleagues.person("olga")
    answer = await olga.post("tasks", body)
    assert answer.refusal == (400, "invalid")
    assert any(each["pointer"].startswith(pointer) for each in answer.body["errors"])


async def test_a_task_has_a_size(colleagues: Company) -> None:
    olga = await colleagues.person("olga")
    items = [{"id": f"item{n:03}", "text": "щ" * 300, "done": False} for n in range(50)]
    big = {"title": "x", "description": "щ" * 8000, "checklist": items}
    assert (await olga.post("tasks", big)).refusal == (413, "too_large")
    assert (await olga.get("tasks")).ok["data"] == []
