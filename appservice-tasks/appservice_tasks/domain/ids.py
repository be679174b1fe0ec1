"""Names of the namespace, and identities that need no server to make them."""

from __future__ import annotations

from typing import Final
from uuid import UUID, uuid5

NAMESPACE: Final = UUID("24f54a35-6c22-5386-8797-808ae5bd7641")
"""uuid5(NAMESPACE_DNS, "org.teammessenger"): every name-based UUID of ours hangs below it."""

TASK: Final = "org.teammessenger.task"
"""Type of a task's events, and the key of the snapshot in their content."""
CHANGE: Final = "org.teammessenger.change"
"""Content key of what a revision changed."""
CARD: Final = "org.teammessenger.card"
"""Content key that marks the messages kept for clients which know no tasks."""
COMMAND: Final = "org.teammessenger.task.command"
RESULT: Final = "org.teammessenger.task.result"
CONFIG: Final = "org.teammessenger.tasks.config"
WORKFLOW: Final = "org.teammessenger.tasks.workflow"
LABELS: Final = "org.teammessenger.tasks.labels"
MESSAGE: Final = "m.room.message"


def task_id_for(actor: str, cmd_id: str) -> str:
    """The identity of the task that this person's command creates: UUIDv5(NS, actor "/" cmd_id).

    A client that is offline knows it at once, and nobody else can arrive at it.
    """
    return str(uuid5(NAMESPACE, f"{actor}/{cmd_id}"))


def server_of(user_id: str) -> str:
    """The part after the first colon; empty for what is no user ID."""
    return user_id.partition(":")[2]
