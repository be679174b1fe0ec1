"""The few calls that everything else grew from, and the socket's four events."""

from __future__ import annotations

from tests.harness.company_server import Company


async def test_a_task_is_opened_listed_and_done(colleagues: Company) -> None:
    olga, ivan = await colleagues.person("olga"), await colleagues.person("ivan")
    body = {
        "title": "Согласовать договор",
        "description": "С приложениями",
        "assigned_to": ivan.user_id,
    }
    made = await olga.post("tasks", body)
    assert made.status == 201
    task = made.ok
    assert (task["title"], task["description"], task["assigned_to"]) == (
        body["title"],
        body["description"],
        ivan.user_id,
    )
    listed = (await ivan.get("tasks", assigned_to="me", creator=olga.user_id, status="open")).ok
    assert [each["id"] for each in listed["data"]] == [task["id"]]
    done = (await ivan.put(f"tasks/{task['id']}", {"status": "done"})).ok
    assert (done["status"], done["category"], done["rev"]) == ("done", "done", 2)
    assert (await olga.get("tasks", creator="me", status="open")).ok["data"] == []
