"""Snapshots and changes as event content, both ways."""

from __future__ import annotations

from collections.abc import Mapping

from appservice_tasks.contracts import Change, Result, Snapshot, Tombstone
from appservice_tasks.domain.outcome import Erasure, Refusal, Revision


def root_content(
    revision: Revision, names: Mapping[str, str], mentions: list[str]
) -> dict[str, object]:
    """Content of `org.teammessenger.task` for rev 1 or a moved task. names: display names."""
    raise NotImplementedError


def update_content(
    revision: Revision | Erasure,
    root_event_id: str,
    names: Mapping[str, str],
    mentions: list[str],
) -> dict[str, object]:
    """Content of the `m.replace`; people to notify stand in the outer `m.mentions`."""
    raise NotImplementedError


def result_content(refusal: Refusal, *, actor: str, cmd_id: str, command_event_id: str) -> Result:
    """Content of `org.teammessenger.task.result`: the rejection of a command event."""
    raise NotImplementedError


def read_task_event(
    content: Mapping[str, object],
) -> tuple[Snapshot | Tombstone, Change, str | None] | None:
    """Snapshot, change and root event ID (None for a root) of an event of the authority.

    None when the content is not ours: redacted, or not valid by the schema.
    """
    raise NotImplementedError
