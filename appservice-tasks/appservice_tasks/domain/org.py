"""Who answers to whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from appservice_tasks.domain.ids import server_of


class Role(StrEnum):
    """What a person is to the whole organisation."""

    ADMIN = "admin"
    MANAGER = "manager"
    MEMBER = "member"
    GUEST = "guest"
    BOT = "bot"


class Relation(StrEnum):
    """Where somebody stands, seen from the one who assigns."""

    ONESELF = "oneself"
    DOWN = "down"
    PEER = "peer"
    UP = "up"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Person:
    """A record of the organisation. A local user without one is an active member."""

    user_id: str
    role: Role = Role.MEMBER
    unit: str | None = None
    reports_to: str | None = None
    active: bool = True


@dataclass(frozen=True, slots=True)
class Unit:
    """A department. Units display the organisation and grant nothing."""

    id: str
    name: str
    parent: str | None = None
    head: str | None = None


@dataclass(frozen=True, slots=True)
class OrgChart:
    """The people known to the organisation, by user ID. Lines of report form a forest."""

    server_name: str
    people: Mapping[str, Person] = field(default_factory=dict)

    def person(self, user_id: str) -> Person:
        """The record; without one a local user is a member and anybody else a guest."""
        known = self.people.get(user_id)
        if known is not None:
            return known
        local = server_of(user_id) == self.server_name
        return Person(user_id, role=Role.MEMBER if local else Role.GUEST)

    @property
    def is_flat(self) -> bool:
        """Nobody reports to anybody: the chart has not been drawn."""
        return not any(person.reports_to for person in self.people.values())

    def managers_of(self, user_id: str) -> Iterator[str]:
        """The line above, nearest first. A cycle in damaged data ends it."""
        seen = {user_id}
        above = self.person(user_id).reports_to
        while above is not None and above not in seen:
            yield above
            seen.add(above)
            above = self.person(above).reports_to

    def manages(self, manager: str, report: str) -> bool:
        """Whether `report` is anywhere below `manager` in the line."""
        return manager in self.managers_of(report)

    def relation(self, assigner: str, target: str) -> Relation:
        """Where `target` stands for `assigner`.

        Guests and people of other servers are outside whatever the chart says.
        """
        if assigner == target:
            return Relation.ONESELF
        if server_of(target) != self.server_name or self.person(target).role is Role.GUEST:
            return Relation.OUTSIDE
        if self.manages(assigner, target):
            return Relation.DOWN
        if self.manages(target, assigner):
            return Relation.UP
        return Relation.PEER
