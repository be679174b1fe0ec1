"""The organisation: departments and lines of report, and what bots may do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from appservice_tasks.contracts import Fault, GrantedOperation, Grants, Organisation, OrgPerson
from appservice_tasks.contracts import Unit as UnitShape
from appservice_tasks.domain.ids import server_of
from appservice_tasks.domain.org import Role, Unit
from appservice_tasks.errors import Problem, not_found
from appservice_tasks.services.circumstances import Circumstances
from appservice_tasks.services.work import Work
from appservice_tasks.storage import organisation, people
from appservice_tasks.storage.people import Record


class Org:
    """Reads and changes it. Who may is the caller's to check."""

    def __init__(self, work: Work, circumstances: Circumstances, server_name: str) -> None:
        self._work = work
        self._circumstances = circumstances
        self._server_name = server_name

    async def note_admin(self, user_id: str, is_admin: bool) -> None:
        """What the homeserver says of somebody; decisions look at it from now on."""
        async with self._work.database.read() as conn:
            if await organisation.server_admin(conn, user_id) == is_admin:
                return
        async with self._work.begin() as unit:
            await organisation.put_person(unit.conn, user_id, {"server_admin": int(is_admin)})
            await organisation.changed(unit.conn, unit.now)

    async def get(self) -> Organisation:
        """All of it; people without a place in it are left out."""
        async with self._work.database.read() as conn:
            units = await organisation.units(conn)
            known = await people.every(conn)
        return {
            "units": [_unit_shape(each) for each in units],
            "people": [
                _place(each)
                for each in sorted(known.values(), key=lambda record: record.user_id)
                if each.unit is not None or each.reports_to is not None
            ],
        }

    async def put(self, wanted: Organisation) -> Organisation:
        """Replaces all of it. Raises Problem `invalid` unless units and lines are forests."""
        faults = list(_faults(wanted, self._server_name))
        if faults:
            raise Problem("invalid", "Not an organisation", errors=faults[:20])
        units = [
            Unit(each["id"], each["name"], each.get("parent"), each.get("head"))
            for each in wanted["units"]
        ]
        places = [
            (each["user_id"], each.get("unit"), each.get("reports_to")) for each in wanted["people"]
        ]
        async with self._work.begin() as unit:
            await organisation.replace_units(unit.conn, units)
            named = {user for user, _, _ in places} | {boss for _, _, boss in places if boss}
            for user_id in sorted(named):
                await organisation.ensure_person(unit.conn, user_id)
            await people.place_in_lines(unit.conn, places)
            lines = {user: boss for user, _, boss in places if boss is not None}
            await organisation.set_lines(unit.conn, closure(lines))
            await organisation.changed(unit.conn, unit.now)
        return await self.get()

    async def grants(self, bot: str) -> Grants:
        """What a bot may do, by room. Raises Problem `not_found`."""
        async with self._work.database.read() as conn:
            if (await self._circumstances.chart(conn)).person(bot).role is not Role.BOT:
                raise not_found("No such bot")
            found = await organisation.grants_of(conn, bot)
        return {
            "grants": [
                {"room_id": room_id, "operations": cast(list[GrantedOperation], names)}
                for room_id, names in found.items()
            ]
        }

    async def put_grants(self, bot: str, wanted: Grants) -> Grants:
        """Replaces them. Raises Problem: `not_found`, `invalid` (a room twice)."""
        rooms = [each["room_id"] for each in wanted["grants"]]
        if len(set(rooms)) < len(rooms):
            raise Problem(
                "invalid", "A room twice", errors=[{"pointer": "/grants", "code": "unique"}]
            )
        async with self._work.begin() as unit:
            if (await self._circumstances.chart(unit.conn)).person(bot).role is not Role.BOT:
                raise not_found("No such bot")
            by_room = {each["room_id"]: list(each["operations"]) for each in wanted["grants"]}
            await organisation.set_grants(unit.conn, bot, by_room)
            await organisation.changed(unit.conn, unit.now)
        return await self.grants(bot)


def closure(lines: Mapping[str, str]) -> Iterator[tuple[str, str, int]]:
    """(manager, report, depth) of everybody above everybody. lines: report to manager, a forest."""
    for report in lines:
        depth, above = 1, lines.get(report)
        while above is not None:
            yield above, report, depth
            depth, above = depth + 1, lines.get(above)


def in_a_cycle(up: Mapping[str, str]) -> set[str]:
    """Those from whom the way up never ends. up: each one's next one above."""
    fine: set[str] = set()
    bad: set[str] = set()
    for start in up:
        path: list[str] = []
        seen: set[str] = set()
        at: str | None = start
        while at is not None and at not in fine and at not in bad and at not in seen:
            path.append(at)
            seen.add(at)
            at = up.get(at)
        ends_badly = at is not None and (at in seen or at in bad)
        (bad if ends_badly else fine).update(path)
    return bad


def _faults(wanted: Organisation, server_name: str) -> Iterator[Fault]:
    units = {each["id"] for each in wanted["units"]}
    yield from _repeated("/units", [each["id"] for each in wanted["units"]])
    yield from _repeated("/people", [each["user_id"] for each in wanted["people"]])
    for number, unit in enumerate(wanted["units"]):
        parent = unit.get("parent")
        if parent is not None and parent not in units:
            yield {"pointer": f"/units/{number}/parent", "code": "unknown"}
    for number, each in enumerate(wanted["people"]):
        if server_of(each["user_id"]) != server_name:
            yield {"pointer": f"/people/{number}/user_id", "code": "stranger"}
        if (boss := each.get("reports_to")) and server_of(boss) != server_name:
            yield {"pointer": f"/people/{number}/reports_to", "code": "stranger"}
        if each.get("unit") is not None and each["unit"] not in units:
            yield {"pointer": f"/people/{number}/unit", "code": "unknown"}
    parents = {each["id"]: parent for each in wanted["units"] if (parent := each.get("parent"))}
    looped = in_a_cycle(parents)
    for number, unit in enumerate(wanted["units"]):
        if unit["id"] in looped:
            yield {"pointer": f"/units/{number}/parent", "code": "cycle"}
    bosses = {
        each["user_id"]: boss for each in wanted["people"] if (boss := each.get("reports_to"))
    }
    looped = in_a_cycle(bosses)
    for number, each in enumerate(wanted["people"]):
        if each["user_id"] in looped:
            yield {"pointer": f"/people/{number}/reports_to", "code": "cycle"}


def _repeated(pointer: str, names: Sequence[str]) -> Iterator[Fault]:
    seen: set[str] = set()
    for number, name in enumerate(names):
        if name in seen:
            yield {"pointer": f"{pointer}/{number}", "code": "unique"}
        seen.add(name)


def _unit_shape(unit: Unit) -> UnitShape:
    return {"id": unit.id, "name": unit.name, "parent": unit.parent, "head": unit.head}


def _place(record: Record) -> OrgPerson:
    shown: dict[str, Any] = {
        "user_id": record.user_id,
        "unit": record.unit,
        "reports_to": record.reports_to,
    }
    return cast(OrgPerson, shown)
