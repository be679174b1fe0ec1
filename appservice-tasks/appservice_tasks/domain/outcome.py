"""What a decision can be."""

from __future__ import annotations

from dataclasses import dataclass

from appservice_tasks.contracts import Change, Code, Conflict, Fault, Snapshot, Tombstone


@dataclass(frozen=True, slots=True)
class Revision:
    """The command is accepted: this is the task now.

    room_id: where it lives from now on. moved_from: the room it left; then the revision is sent
      as a root in `room_id` (its snapshot carries `origin`) and a copy departs from the old room.
    invite: people to be invited to the room before the revision is sent.
    """

    snapshot: Snapshot
    change: Change
    room_id: str
    moved_from: str | None = None
    invite: tuple[str, ...] = ()

    @property
    def is_root(self) -> bool:
        """Whether it is sent as a new root and not as a replacement."""
        return self.snapshot["rev"] == 1 or self.moved_from is not None


@dataclass(frozen=True, slots=True)
class Erasure:
    """The command is accepted: only key, revision, actor and time remain.

    The tombstone is sent as the last revision; then every earlier one and the commands that led
    to them are redacted and the index forgets the text.
    """

    tombstone: Tombstone
    change: Change
    room_id: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """The command is refused as a whole, and nothing changes.

    detail: English, for developers; clients render from `code`. current_rev: the task's revision
    where the sender may know it.
    """

    code: Code
    detail: str = ""
    current_rev: int | None = None
    conflicts: tuple[Conflict, ...] = ()
    errors: tuple[Fault, ...] = ()


class Refused(Exception):
    """Raised while a command is applied; `decide` turns it into a Refusal."""

    def __init__(self, code: Code, detail: str, errors: tuple[Fault, ...] = ()) -> None:
        super().__init__(detail)
        self.code: Code = code
        self.detail = detail
        self.errors = errors
