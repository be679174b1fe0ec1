"""The envelope: what is a command, and what the refusal of another points at."""

from __future__ import annotations

from typing import Any

import pytest

from appservice_tasks.domain.commands import InvalidCommand, content_of, parse
from tests.unit.tasks.domain import eg


def content(*ops: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "v": 1,
        "cmd_id": eg.cmd_id(1),
        "task_id": eg.uuid(1),
        "base_rev": 1,
        "ops": list(ops),
        **changes,
    }


ACCEPT = {"op": "accept"}


def faults(value: object) -> list[tuple[str, str]]:
    with pytest.raises(InvalidCommand) as refused:
        parse(value)
    assert str(refused.value)
    return [(fault["pointer"], fault["code"]) for fault in refused.value.errors]


def test_a_command_is_read_and_written() -> None:
    full = content(ACCEPT, depends_on=eg.cmd_id(2), on_conflict="force")
    command = parse(full)
    assert (command.cmd_id, command.base_rev, command.on_conflict) == (eg.cmd_id(1), 1, "force")
    assert content_of(command) == full
    short = content(ACCEPT)
    assert content_of(parse(short)) == short
    assert not command.creates


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        (None, ("", "type")),
        ([], ("", "type")),
        (content(), ("/ops", "count")),
        (content(*[ACCEPT] * 41), ("/ops", "count")),
        (content(ACCEPT, room_id=eg.ROOM), ("/room_id", "unknown")),
        (content(ACCEPT, base_rev=True), ("/base_rev", "type")),
        (content(ACCEPT, base_rev=1.0), ("/base_rev", "type")),
        (content(ACCEPT, depends_on=eg.cmd_id(1)), ("/depends_on", "form")),
        (content({"op": "x"}), ("/ops/0", "form")),
        (content(ACCEPT, eg.create(), base_rev=0), ("/ops/1", "form")),
        (content(eg.create()), ("/base_rev", "const")),
        (content({"op": "erase"}, ACCEPT), ("/ops/0", "form")),
        (content(ACCEPT, {"op": "move", "room_id": eg.ROOM}), ("/ops/1", "form")),
        (content({"op": "rank"}), ("/ops/0", "required")),
        (
            content({"op": "rank", "before": eg.uuid(1), "after": eg.uuid(1)}),
            ("/ops/0/after", "form"),
        ),
        (
            content({"op": "item_put", "item": {"id": "item_1", "text": "x"}, "after": "item_1"}),
            ("/ops/0/after", "form"),
        ),
        (
            content({"op": "set", "field": "due", "value": {"at": 5, "tz": "Mars/Olympus"}}),
            ("/ops/0/value/tz", "format"),
        ),
        (
            content(eg.create(start={"at": 5, "tz": "europe/moscow"}), base_rev=0),
            ("/ops/0/task/start/tz", "format"),
        ),
        (
            content(
                eg.create(checklist=[{"id": "item_1", "text": "x", "done": False}] * 2), base_rev=0
            ),
            ("/ops/0/task/checklist", "unique"),
        ),
        (
            content({"op": "set", "field": "title", "value": "a\x00b"}),
            ("/ops/0/value", "characters"),
        ),
        (
            content({"op": "set", "field": "title", "value": "\ud83d"}),
            ("/ops/0/value", "characters"),
        ),
    ],
)
def test_what_is_no_command_is_pointed_at(value: object, fault: tuple[str, str]) -> None:
    assert fault in faults(value)


def test_a_custom_field_may_be_called_tz() -> None:
    parse(content({"op": "set", "field": "fields", "value": {"tz": "nowhere"}}))


def test_nothing_recursive_hurts() -> None:
    deep: Any = "x"
    for _ in range(500):
        deep = {"a": deep}
    assert faults(content({"op": "set", "field": "fields", "value": {"a": deep}}))
