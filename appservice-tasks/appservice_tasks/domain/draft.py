"""A task while a command is applied to it, and the record of what changes."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final

from appservice_tasks.contracts import Difference, Snapshot
from appservice_tasks.domain.canonical import canonical_json

MAX_VALUE_BYTES: Final = 256
"""Longer values are left out of a diff."""
MAX_DIFF_ENTRIES: Final = 100
MAX_DIFF_BYTES: Final = 12 * 1024
"""A longer diff names its fields only, so that an event with the largest snapshot still fits."""
MAX_REMOVED_FIELDS: Final = 20

DEFAULTS: Final[dict[str, object]] = {"needs_review": False, "priority": "none"}
"""What an absent field means, where that is not null."""

REQUIRED: Final = frozenset({"assignee", "priority"})
"""Fields that are present even where they say nothing."""


def value_of(task: dict[str, Any] | Snapshot, field: str) -> Any:
    """The field's value; its default where it is absent."""
    return task.get(field, DEFAULTS.get(field))


class Draft:
    """Collects the changes of one revision.

    task: the working copy. touched: fields whose value differs now from the predecessor's.
    """

    def __init__(self, task: Snapshot | dict[str, Any], rev: int) -> None:
        self.task: dict[str, Any] = deepcopy(dict(task))
        self.rev = rev
        self.reason: str | None = None
        self.invite: list[str] = []
        self._diff: list[Difference] = []

    def set(self, field: str, value: Any) -> None:
        """Give a scalar field a value; null and defaults make it absent."""
        before = value_of(self.task, field)
        if value == before:
            return
        self._place(field, value)
        self.mark(field)
        for entry in self._diff:
            if entry["field"] == field:
                entry["to"] = value
                return
        self._diff.append({"field": field, "from": before, "to": value})

    def set_custom(self, field: str, value: Any) -> None:
        """Give one custom field a value; null takes it away."""
        fields = self.task.get("fields", {})
        before = fields.get(field)
        # True equals 1 here, and they are different values of a field.
        if (type(value), value) == (type(before), before):
            return
        fields = {**fields, field: value}
        if value is None:
            del fields[field]
        self._place("fields", fields or None)
        self.mark(f"fields.{field}")
        self._forget_removed_fields()
        self._diff.append({"field": f"fields.{field}", "from": before, "to": value})

    def replace_list(self, field: str, value: list[Any]) -> None:
        """Give a set or the checklist its members; the caller records what changed."""
        self._place(field, value or None)
        self.mark(field)

    def record(self, difference: Difference) -> None:
        """Add what changed in a set or the checklist."""
        self._diff.append(difference)

    def mark(self, name: str) -> None:
        """Note that this revision changed the field."""
        self.task["frev"][name] = self.rev

    def unmark(self, name: str) -> None:
        """Forget the revision of what is no more."""
        self.task["frev"].pop(name, None)

    @property
    def changed(self) -> bool:
        """Whether anything differs from the predecessor."""
        return bool(self._diff)

    @property
    def fields(self) -> frozenset[str]:
        """The fields that the diff names."""
        return frozenset(entry["field"] for entry in self._diff)

    def diff(self) -> list[Difference]:
        """What changed, with values that are short enough."""
        short = [_shortened(entry) for entry in self._diff]
        if len(short) > MAX_DIFF_ENTRIES or len(canonical_json(short)) > MAX_DIFF_BYTES:
            names = dict.fromkeys(entry["field"] for entry in short)
            return [{"field": name} for name in names]
        return short

    def _forget_removed_fields(self) -> None:
        """Removals are remembered for conflicts, but not all of them for ever."""
        fields, frev = self.task.get("fields", {}), self.task["frev"]
        removed = [
            name
            for name in frev
            if name.startswith("fields.") and name.removeprefix("fields.") not in fields
        ]
        for name in sorted(removed, key=lambda name: (-frev[name], name))[MAX_REMOVED_FIELDS:]:
            self.unmark(name)

    def _place(self, field: str, value: Any) -> None:
        if field in REQUIRED or (value is not None and value is not False):
            self.task[field] = value
        else:
            self.task.pop(field, None)


def _shortened(entry: Difference) -> Difference:
    short: Difference = {"field": entry["field"]}
    for end in ("from", "to"):
        if end in entry and len(canonical_json(entry[end])) <= MAX_VALUE_BYTES:
            short[end] = entry[end]
    return short
