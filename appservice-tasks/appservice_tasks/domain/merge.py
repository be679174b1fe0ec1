"""Conflicts: what others changed after the revision that the sender saw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from appservice_tasks.contracts import Conflict
from appservice_tasks.domain.context import Author


@dataclass(slots=True)
class Baseline:
    """What the sender had in mind, against what the task is.

    task: the predecessor (None for create). own_revs: revisions of the sender's own chain of
    commands, which count as seen. force: overwrite. conflicts: those met so far.
    """

    task: Mapping[str, Any] | None
    base_rev: int
    own_revs: frozenset[int]
    force: bool
    authors: Mapping[int, Author]
    conflicts: list[Conflict] = field(default_factory=list)

    def overlaps(self, name: str, wanted: object, theirs: Any, *, shown: Any = None) -> bool:
        """Whether writing `wanted` would undo unseen work; then it is noted as a conflict.

        name: key in `frev`. theirs: the predecessor's value. shown: what the conflict shows, where
        that is more than what is compared. Writing what is there already never conflicts.
        """
        if self.task is None or self.force or wanted == theirs:
            return False
        rev = self.task["frev"].get(name, 0)
        if rev <= self.base_rev or rev in self.own_revs:
            return False
        self.note(name, theirs if shown is None else shown, rev)
        return True

    def note(self, name: str, theirs: Any, rev: int) -> None:
        """Remember a conflict; each field is named once."""
        if any(conflict["field"] == name for conflict in self.conflicts):
            return
        conflict: Conflict = {"field": name, "theirs": theirs, "theirs_rev": rev}
        author = self.authors.get(rev)
        if author is not None:
            conflict["theirs_by"] = author.actor
            conflict["theirs_at"] = author.at
        self.conflicts.append(conflict)
