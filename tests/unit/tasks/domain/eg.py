"""Example builders: a small company, its room, and commands.

Zoe is the administrator. Olga manages Ivan, who manages Petr and Pavel; Nina reports to Olga and is
Ivan's peer. Greta is a guest, Rita lives on another server, `@bot_daily` is a bot.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from appservice_tasks.contracts import Config, Op, Snapshot
from appservice_tasks.domain.commands import Command, parse
from appservice_tasks.domain.context import Context, Neighbour
from appservice_tasks.domain.decide import decide
from appservice_tasks.domain.ids import task_id_for
from appservice_tasks.domain.org import OrgChart, Person, Role
from appservice_tasks.domain.outcome import Erasure, Refusal, Revision
from appservice_tasks.domain.room import Room

ZOE, OLGA, IVAN, PETR, PAVEL, NINA, GRETA = (
    f"@{name}:corp.example" for name in ("zoe", "olga", "ivan", "petr", "pavel", "nina", "greta")
)
BOT = "@bot_daily:corp.example"
RITA = "@rita:other.example"
TASKS = "@tasks:corp.example"
EVERYONE = frozenset({ZOE, OLGA, IVAN, PETR, PAVEL, NINA, GRETA, BOT, RITA, TASKS})

ROOM = "!ops:corp.example"
OTHER_ROOM = "!sales:corp.example"
NOW = 1_790_000_000_000

ORG = OrgChart(
    "corp.example",
    {
        person.user_id: person
        for person in (
            Person(ZOE, Role.ADMIN),
            Person(OLGA, Role.MANAGER),
            Person(IVAN, reports_to=OLGA),
            Person(NINA, reports_to=OLGA),
            Person(PETR, reports_to=IVAN),
            Person(PAVEL, reports_to=IVAN),
            Person(GRETA, Role.GUEST),
            Person(BOT, Role.BOT),
        )
    },
)
FLAT = OrgChart("corp.example", {ZOE: Person(ZOE, Role.ADMIN)})

CONFIG: Config = {"v": 1, "enabled": True, "authority": TASKS, "prefix": "OPS", "kind": "team"}


def config(**changes: Any) -> Config:
    return {**CONFIG, **changes}  # type: ignore[typeddict-item]


def room(**changes: Any) -> Room:
    """The operations' room, with everybody in it."""
    return replace(Room(ROOM, CONFIG, members=EVERYONE), **changes)


def context(actor: str = OLGA, **changes: Any) -> Context:
    """The circumstances of a command by REST; `config` and `org` may be given."""
    rules = changes.pop("config", None)
    own = room() if rules is None else room(config=rules)
    start = Context(
        actor=actor,
        room=own,
        org=ORG,
        at=NOW,
        via="rest",
        next_key="OPS-42",
        root_event_id="$root",
    )
    return replace(start, **changes)


def cmd_id(number: int) -> str:
    return f"0198f2aa-0000-7000-8000-{number:012d}"


def uuid(number: int) -> str:
    return f"5b1f0a6e-2f6f-5c3e-8f57-{number:012d}"


def command(
    *ops: dict[str, Any],
    task: Snapshot | None = None,
    actor: str = OLGA,
    number: int = 1,
    **changes: Any,
) -> Command:
    """A valid command; it has seen the present revision unless `base_rev` says otherwise."""
    own = cmd_id(number)
    content: dict[str, Any] = {
        "v": 1,
        "cmd_id": own,
        "task_id": task_id_for(actor, own) if task is None else task["task_id"],
        "base_rev": 0 if task is None else task["rev"],
        "ops": list(ops),
        **changes,
    }
    return parse(content)


def create(**fields: Any) -> dict[str, Any]:
    return {"op": "create", "task": {"title": "Sign the contract", **fields}}


def task(by: str = OLGA, around: Context | None = None, **fields: Any) -> Snapshot:
    """A task as `by` makes it, revision 1."""
    where = around if around is not None else context(by)
    made = decide(None, command(create(**fields), actor=by), where)
    assert isinstance(made, Revision), made
    return made.snapshot


def changed(snapshot: Snapshot, **fields: Any) -> Snapshot:
    """The snapshot with other values, whatever led to them."""
    return {**snapshot, **fields}  # type: ignore[typeddict-item]


def act(
    snapshot: Snapshot,
    actor: str,
    *ops: dict[str, Any],
    around: Context | None = None,
    **changes: Any,
) -> Revision | Erasure | Refusal:
    """Decide a command of this person on the task."""
    where = context(actor) if around is None else replace(around, actor=actor)
    return decide(snapshot, command(*ops, task=snapshot, actor=actor, number=2, **changes), where)


def done(
    snapshot: Snapshot,
    actor: str,
    *ops: dict[str, Any],
    around: Context | None = None,
    **changes: Any,
) -> Snapshot:
    """The task after a command that must be accepted."""
    outcome = act(snapshot, actor, *ops, around=around, **changes)
    assert isinstance(outcome, Revision), outcome
    return outcome.snapshot


def refused(
    snapshot: Snapshot,
    actor: str,
    *ops: dict[str, Any],
    around: Context | None = None,
    **changes: Any,
) -> str:
    """The code of a command that must be refused."""
    outcome = act(snapshot, actor, *ops, around=around, **changes)
    assert isinstance(outcome, Refusal), outcome
    return outcome.code


def op(**fields: Any) -> Op:
    """An operation by its members."""
    return fields  # type: ignore[return-value]


def neighbour(number: int, **changes: Any) -> Neighbour:
    """An open task of the same room."""
    start = Neighbour(uuid(number), ROOM, "todo", rank=f"V0000{number}")
    return replace(start, **changes)


def beside(*neighbours: Neighbour, actor: str = OLGA, **changes: Any) -> Context:
    """Circumstances in which these tasks exist too."""
    return context(actor, neighbours={each.task_id: each for each in neighbours}, **changes)


def act_of_creation(
    by: str = OLGA, around: Context | None = None, **fields: Any
) -> Revision | Erasure | Refusal:
    """Decide a `create` of this person."""
    where = around if around is not None else context(by)
    return decide(None, command(create(**fields), actor=by), where)


def decided(what: Command, around: Context | None = None) -> Revision | Erasure | Refusal:
    """Decide a command on a task that does not exist yet."""
    return decide(None, what, around if around is not None else context())
