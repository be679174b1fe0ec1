"""The command envelope: one shape on REST, socket and as a room event."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from appservice_tasks.contracts import Fault, Op


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


def parse(content: object) -> Command:
    """Read the content of `org.teammessenger.task.command`; raises InvalidCommand."""
    raise NotImplementedError
