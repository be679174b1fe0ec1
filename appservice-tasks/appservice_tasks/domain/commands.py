"""The command envelope: one shape on REST, socket and as a room event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, cast

from appservice_tasks.contracts import CommandContent, Fault, NewTask, Op
from appservice_tasks.domain.ids import COMMAND
from appservice_tasks.domain.zones import is_zone
from appservice_tasks.shapes import check_event

ALONE = ("move", "erase")
"""Operations that share a command with no other."""


class InvalidCommand(Exception):
    """The content is no command. Carries what is wrong and where (JSON pointers)."""

    def __init__(self, errors: list[Fault]) -> None:
        super().__init__("; ".join(f"{error['pointer']}: {error['code']}" for error in errors))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Command:
    """A valid envelope. `ops` succeed or fail together.

    base_rev: the revision the sender saw, 0 for create. A write that saw nothing (PUT without
    If-Match) is base_rev 0 with on_conflict "force".
    """

    cmd_id: str
    task_id: str
    base_rev: int
    ops: tuple[Op, ...]
    depends_on: str | None = None
    on_conflict: Literal["reject", "force"] = "reject"

    @property
    def creates(self) -> bool:
        """Whether it opens the task it is about."""
        return self.ops[0]["op"] == "create"


def parse(content: object) -> Command:
    """Read the content of `org.teammessenger.task.command`; raises InvalidCommand.

    `room_id`, which REST and socket add for `create`, must have been taken out.
    """
    faults = check_event(content, COMMAND)
    if not faults:
        faults = list(_faults_beyond_schema(cast(CommandContent, content)))
    if faults:
        raise InvalidCommand(faults)
    valid = cast(CommandContent, content)
    return Command(
        cmd_id=valid["cmd_id"],
        task_id=valid["task_id"],
        base_rev=valid["base_rev"],
        ops=tuple(valid["ops"]),
        depends_on=valid.get("depends_on"),
        on_conflict=valid.get("on_conflict", "reject"),
    )


def content_of(command: Command) -> CommandContent:
    """The content that `parse` reads as this command; absent is what has its default."""
    content: CommandContent = {
        "v": 1,
        "cmd_id": command.cmd_id,
        "task_id": command.task_id,
        "base_rev": command.base_rev,
        "ops": list(command.ops),
    }
    if command.depends_on is not None:
        content["depends_on"] = command.depends_on
    if command.on_conflict != "reject":
        content["on_conflict"] = command.on_conflict
    return content


def _faults_beyond_schema(content: CommandContent) -> Iterator[Fault]:
    ops = content["ops"]
    if content.get("depends_on") == content["cmd_id"]:
        yield {"pointer": "/depends_on", "code": "form", "detail": "depends on itself"}
    if ops[0]["op"] == "create" and content["base_rev"] != 0:
        yield {"pointer": "/base_rev", "code": "const", "detail": "0 for create"}
    for index, op in enumerate(ops):
        at = f"/ops/{index}"
        if op["op"] == "create" and index > 0:
            yield {"pointer": at, "code": "form", "detail": "create stands first"}
        if op["op"] in ALONE and len(ops) > 1:
            yield {"pointer": at, "code": "form", "detail": f"{op['op']} stands alone"}
        yield from _faults_of_op(op, at)


def _faults_of_op(op: Op, at: str) -> Iterator[Fault]:
    if op["op"] == "create":
        yield from faults_of_draft(op["task"], f"{at}/task")
    elif op["op"] == "set":
        if op["field"] in ("due", "start", "recurrence"):
            yield from _faults_of_zone(op["value"], f"{at}/value")
    elif op["op"] == "rank":
        if "before" not in op and "after" not in op:
            yield {"pointer": at, "code": "required", "detail": "before, after or both"}
        elif op.get("before") == op.get("after"):
            yield {"pointer": f"{at}/after", "code": "form", "detail": "the same as before"}
    elif op["op"] == "item_put" and op.get("after") == op["item"]["id"]:
        yield {"pointer": f"{at}/after", "code": "form", "detail": "the item itself"}


def faults_of_draft(task: NewTask, at: str) -> Iterator[Fault]:
    """What the schema of a new task cannot say."""
    for field in ("due", "start", "recurrence"):
        value = task.get(field)
        if isinstance(value, dict):
            yield from _faults_of_zone(value, f"{at}/{field}")
    ids = [item["id"] for item in task.get("checklist", ())]
    if len(set(ids)) < len(ids):
        yield {"pointer": f"{at}/checklist", "code": "unique", "detail": "two items of one id"}


def _faults_of_zone(value: object, at: str) -> Iterator[Fault]:
    zone = value.get("tz") if isinstance(value, dict) else None
    if isinstance(zone, str) and not is_zone(zone):
        yield {"pointer": f"{at}/tz", "code": "format", "detail": "no zone of the IANA database"}
