"""Who answers to whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from appservice_tasks.contracts import Fault, Organisation
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


@dataclass(frozen=True)
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

    @cached_property
    def is_flat(self) -> bool:
        """Nobody reports to anybody: the chart has not been drawn."""
        return not any(person.reports_to for person in self.people.values())

    @cached_property
    def heads_of_lines(self) -> frozenset[str]:
        """Everyone with somebody active below."""
        return frozenset(
            above
            for person in self.people.values()
            if person.active and person.reports_to
            for above in self.managers_of(person.user_id)
        )

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


def faults_of_organisation(organisation: Organisation) -> list[Fault]:
    """What the schema cannot say: names lead somewhere, nobody stands twice, lines are forests."""
    faults: list[Fault] = []
    units = {unit["id"]: unit.get("parent") for unit in organisation["units"]}
    if len(units) < len(organisation["units"]):
        faults.append({"pointer": "/units", "code": "unique", "detail": "two units of one id"})
    for index, unit in enumerate(organisation["units"]):
        parent = unit.get("parent")
        if parent is not None and parent not in units:
            faults.append(_nowhere(f"/units/{index}/parent", "unit"))
        elif _circles(unit["id"], units):
            faults.append(_circle(f"/units/{index}/parent"))
    lines = {person["user_id"]: person.get("reports_to") for person in organisation["people"]}
    if len(lines) < len(organisation["people"]):
        faults.append({"pointer": "/people", "code": "unique", "detail": "one person twice"})
    for index, person in enumerate(organisation["people"]):
        if _circles(person["user_id"], lines):
            faults.append(_circle(f"/people/{index}/reports_to"))
        if person.get("unit") is not None and person.get("unit") not in units:
            faults.append(_nowhere(f"/people/{index}/unit", "unit"))
    return faults


def _circles(start: str, above: Mapping[str, str | None]) -> bool:
    """Whether going up from here leads back here."""
    seen: set[str] = set()
    at = above.get(start)
    while at is not None and at not in seen:
        if at == start:
            return True
        seen.add(at)
        at = above.get(at)
    return False


def _nowhere(pointer: str, what: str) -> Fault:
    return {"pointer": pointer, "code": "form", "detail": f"names no {what}"}


def _circle(pointer: str) -> Fault:
    return {"pointer": pointer, "code": "form", "detail": "the line leads back to its start"}
