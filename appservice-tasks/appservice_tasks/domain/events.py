"""Snapshots and changes as event content, both ways.

A moved task starts anew in its room: the revision is the root there, and the same snapshot and
change are sent as a replacement where it was. Readers know such a departure by `origin`, which
names the departure's own room.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from appservice_tasks.contracts import (
    Change,
    RejectionCode,
    Result,
    Snapshot,
    TaskRoot,
    TaskUpdate,
    TextPart,
    Tombstone,
)
from appservice_tasks.domain.ids import CHANGE, TASK
from appservice_tasks.domain.outcome import Erasure, Refusal, Revision
from appservice_tasks.domain.text import Telling, change_line, task_line
from appservice_tasks.shapes import check_event


def root_content(revision: Revision, telling: Telling, mentions: list[str]) -> TaskRoot:
    """Content of `org.teammessenger.task` for revision 1 or a moved task."""
    return {
        "org.teammessenger.task": revision.snapshot,
        "org.teammessenger.change": revision.change,
        "m.text": [{"body": task_line(revision.snapshot, telling)}],
        "m.mentions": {"user_ids": mentions} if mentions else {},
    }


def update_content(
    revision: Revision | Erasure, root_event_id: str, telling: Telling, mentions: list[str]
) -> TaskUpdate:
    """Content of the `m.replace`; people to notify stand in the outer `m.mentions`.

    `.m.rule.is_user_mention` has no condition on the type and precedes `.m.rule.suppress_edits`:
    just these people get a push.
    """
    task = revision.tombstone if isinstance(revision, Erasure) else revision.snapshot
    line = change_line(task, revision.change, telling)
    text: list[TextPart] = [
        {"body": line if isinstance(revision, Erasure) else task_line(revision.snapshot, telling)}
    ]
    return {
        "m.relates_to": {"rel_type": "m.replace", "event_id": root_event_id},
        "m.new_content": {"org.teammessenger.task": task, "m.text": text},
        "org.teammessenger.change": revision.change,
        "m.text": [{"body": f"* {line}"}],
        "m.mentions": {"user_ids": mentions} if mentions else {},
    }


def result_content(refusal: Refusal, *, actor: str, cmd_id: str, command_event_id: str) -> Result:
    """Content of `org.teammessenger.task.result`: the refusal of a command event."""
    content: Result = {
        "v": 1,
        "m.relates_to": {"rel_type": "m.reference", "event_id": command_event_id},
        "cause": {"actor": actor, "cmd_id": cmd_id},
        "outcome": "rejected",
        "code": cast(RejectionCode, refusal.code),
    }
    if refusal.detail:
        content["detail"] = refusal.detail[:500]
    if refusal.current_rev is not None:
        content["current_rev"] = refusal.current_rev
    if refusal.conflicts:
        content["conflicts"] = list(refusal.conflicts[:40])
    if refusal.errors:
        content["errors"] = list(refusal.errors[:20])
    return content


@dataclass(frozen=True, slots=True)
class TaskEvent:
    """What an event of the authority says.

    root_event_id: None when the event is a root itself.
    """

    task: Snapshot | Tombstone
    change: Change
    root_event_id: str | None

    def departs_from(self, room_id: str) -> bool:
        """Whether the event says that the task has left the room it stands in."""
        origin = None if "erased" in self.task else self.task.get("origin")
        return (
            self.root_event_id is not None and origin is not None and origin["room_id"] == room_id
        )


def read_task_event(content: object) -> TaskEvent | None:
    """The snapshot and change in an event's content.

    None when the content is not ours: redacted, or not as the schema has it. Whether the sender
    counts is the caller's question.
    """
    if check_event(content, TASK):
        return None
    valid = cast(Mapping[str, object], content)
    change = cast(Change, valid[CHANGE])
    if TASK in valid:
        return TaskEvent(cast(Snapshot, valid[TASK]), change, None)
    update = cast(TaskUpdate, content)
    return TaskEvent(
        update["m.new_content"]["org.teammessenger.task"],
        change,
        update["m.relates_to"]["event_id"],
    )
