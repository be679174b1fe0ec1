"""Everything a decision may look at besides the task and the command."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from appservice_tasks.contracts import Category, Via
from appservice_tasks.domain.org import OrgChart
from appservice_tasks.domain.room import Room


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another task, as far as blockers, parents and ranks are concerned.

    visible: whether the actor may see it; what is invisible cannot be named in a command.
    """

    task_id: str
    room_id: str
    category: Category
    visible: bool = True
    parent: str | None = None
    blocked_by: tuple[str, ...] = ()
    rank: str | None = None


@dataclass(frozen=True, slots=True)
class Dependency:
    """What became of the command named by `depends_on`.

    revs: the revisions of this task made by it and by what it depended on in turn; a later command
    of the same chain never conflicts with them.
    """

    state: Literal["accepted", "rejected", "missing"]
    revs: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Author:
    """Who made a revision, and when (ms)."""

    actor: str
    at: int


@dataclass(frozen=True, slots=True)
class Context:
    """The circumstances of one decision.

    actor: who sent the command; with on_behalf_of (a bot that holds that person's delegated token)
      rights are the person's, and both names are recorded.
    room: where the task lives, or is to live (create). target: where `move` goes, None when the
      authority is not in that room.
    at: the time of the decision, ms. via, event_id: how the command came.
    root_event_id: root of the task in `room`; `move` leaves it behind as `origin`.
    next_key: the key that a created task gets; spent only if the command is accepted.
    neighbours: every task of `named_tasks(task, command)` that exists, and what those lead to by
      `parent` and `blocked_by`, transitively.
    absent: people named by the command who have no account.
    authors: by revision, at least those after the command's base_rev; conflicts name them.
    """

    actor: str
    room: Room
    org: OrgChart
    at: int
    via: Via
    next_key: str
    on_behalf_of: str | None = None
    event_id: str | None = None
    target: Room | None = None
    root_event_id: str | None = None
    dependency: Dependency | None = None
    neighbours: Mapping[str, Neighbour] = field(default_factory=dict)
    absent: frozenset[str] = frozenset()
    authors: Mapping[int, Author] = field(default_factory=dict)

    @property
    def judged(self) -> str:
        """The person whose rights count."""
        return self.on_behalf_of or self.actor
