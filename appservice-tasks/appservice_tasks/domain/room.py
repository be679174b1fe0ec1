"""The rules of one room, read from its state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from appservice_tasks.contracts import Config, Labels, Workflow
from appservice_tasks.domain.workflow import DEFAULT_WORKFLOW


@dataclass(frozen=True, slots=True)
class Room:
    """What a decision must know of a room.

    members: everyone joined. power_admins are not task admins: only `config.task_admins` are.
    owner: whose room it is, when `config.kind` is "personal".
    last_rank: the greatest rank in use, None in a room without tasks.
    grants: operation names (as in `can`) granted to bots here, by bot.
    """

    room_id: str
    config: Config | None
    workflow: Workflow = field(default_factory=lambda: DEFAULT_WORKFLOW)
    labels: Labels | None = None
    members: frozenset[str] = frozenset()
    encrypted: bool = False
    owner: str | None = None
    last_rank: str | None = None
    grants: Mapping[str, frozenset[str]] = field(default_factory=dict)
