"""Who may do what to a task, and whom one may assign. Source: README.md."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from appservice_tasks.contracts import Op, Snapshot
from appservice_tasks.domain.context import Context
from appservice_tasks.domain.org import Relation, Role
from appservice_tasks.domain.room import Room

Mode = Literal["direct", "request", "deny"]
"""How an assignment takes effect: at once, once accepted, or not at all."""

Part = Literal["editor", "assignee", "collaborator"]

_E: Final[frozenset[Part]] = frozenset({"editor"})
_EA: Final[frozenset[Part]] = frozenset({"editor", "assignee"})
_EAC: Final[frozenset[Part]] = frozenset({"editor", "assignee", "collaborator"})

MATRIX: Final[dict[str, frozenset[Part]]] = {
    "set:title": _E,
    "set:description": _E,
    "set:priority": _E,
    "set:due": _E,
    "set:start": _E,
    "set:estimate_min": _EA,
    "set:parent": _E,
    "set:blocked_reason": _EAC,
    "set:needs_review": _E,
    "set:recurrence": _E,
    "set:fields": _E,
    "add:labels": _E,
    "remove:labels": _E,
    "add:collaborators": _E,
    "remove:collaborators": _E,
    "add:watchers": _E,
    "remove:watchers": _E,
    "add:blocked_by": _EA,
    "remove:blocked_by": _EA,
    "add:links": _EAC,
    "remove:links": _EAC,
    "add:attachments": _EAC,
    "remove:attachments": _EAC,
    "item_put": _EA,
    "item_check": _EAC,
    "item_remove": _EA,
    "rank": _EAC,
    "assign": _E,
    "move": _E,
}
"""Operations that depend only on one's part in the task. The others have rules of their own:
`transition` (the workflow), `delegate`, `accept`, `decline`, `erase`, `watch`, `comment`."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody is to a task.

    sees: the task exists for them. parts: what the matrix and workflows speak of. An editor is
    creator, assigner, room task-admin or organisation admin (and, where the room says so, a
    manager of the assignee); an assignee is one only once the assignment is active. asked: while
    it is a request. erases: may erase. granted: what a bot may do in its own name; None for people.
    """

    user_id: str
    sees: bool = False
    member: bool = False
    guest: bool = False
    parts: frozenset[Part] = frozenset()
    asked: bool = False
    erases: bool = False
    granted: frozenset[str] | None = None

    @property
    def editor(self) -> bool:
        """Whether the task is theirs to word."""
        return "editor" in self.parts

    @property
    def assignee(self) -> bool:
        """Whether it is theirs to do."""
        return "assignee" in self.parts

    @property
    def collaborator(self) -> bool:
        """Whether they help."""
        return "collaborator" in self.parts

    def may(self, operation: str) -> bool:
        """Whether the matrix allows an operation of `MATRIX`."""
        if self.granted is not None:
            return operation in self.granted
        return self.sees and not MATRIX[operation].isdisjoint(self.parts)

    def may_go(self, who: frozenset[str]) -> bool:
        """Whether a transition that is open to `who` is open to this person."""
        if self.granted is not None:
            return bool(who) and "transition" in self.granted
        return self.sees and not who.isdisjoint(self.parts)


def standing(user_id: str, task: Snapshot, context: Context) -> Standing:
    """Gather what the rules ask about; bots here act in their own name."""
    room, person = context.room, context.org.person(user_id)
    member = user_id in room.members
    if person.role is Role.BOT:
        granted = room.grants.get(user_id, frozenset()) if member else frozenset()
        return Standing(
            user_id, sees=member and bool(granted), member=member, granted=frozenset(granted)
        )
    if not person.active or not visible(user_id, task, context):
        return Standing(user_id, member=member)
    guest = person.role is Role.GUEST
    personal = task["kind"] == "personal"
    owner = personal and user_id == (room.owner or task["creator"])
    governs = not guest and not personal and _governs(user_id, room, person.role)
    holds, state = task["assignee"] == user_id, task["assignment"]["state"]
    parts: set[Part] = set()
    if not guest and (owner or governs or _edits(user_id, task, context)):
        parts.add("editor")
    if holds and state == "active":
        parts.add("assignee")
    if user_id in task.get("collaborators", ()):
        parts.add("collaborator")
    return Standing(
        user_id,
        sees=True,
        member=member,
        guest=guest,
        parts=frozenset(parts),
        asked=holds and state == "requested",
        erases=owner or governs,
    )


def visible(user_id: str, task: Snapshot, context: Context) -> bool:
    """Members see the room's tasks; an organisation admin sees team tasks anywhere."""
    person = context.org.person(user_id)
    if user_id in context.room.members:
        return person.active
    return person.active and person.role is Role.ADMIN and task["kind"] == "team"


def may_create(user_id: str, room: Room, context: Context) -> bool:
    """Whether the person (or the bot in its own name) may open tasks in the room."""
    person = context.org.person(user_id)
    if user_id not in room.members or not person.active or person.role is Role.GUEST:
        return False
    if room.config is None:
        return False
    if person.role is Role.BOT:
        return "create" in room.grants.get(user_id, ())
    if room.config["kind"] == "personal":
        return room.owner is None or room.owner == user_id
    match room.config.get("create", "member"):
        case "admin":
            return _governs(user_id, room, person.role)
        case "manager":
            return person.role is Role.MANAGER or _governs(user_id, room, person.role)
    return True


def assignment_mode(assigner: str, target: str, context: Context) -> Mode:
    """The assignment table with the room's own settings; admins and task-admins are direct.

    Peers are direct while nobody in the organisation reports to anybody.
    """
    org, room = context.org, context.room
    person = org.person(target)
    if not person.active or target in context.absent or room.config is None:
        return "deny"
    if target == room.config["authority"]:
        return "deny"
    relation = org.relation(assigner, target)
    if relation is Relation.ONESELF:
        return "deny" if person.role is Role.GUEST else "direct"
    if _governs(assigner, room, org.person(assigner).role):
        return "direct"
    rules = room.config.get("assign", {})
    match relation:
        case Relation.DOWN:
            return rules.get("down", "direct")
        case Relation.PEER:
            return rules.get("peer", "direct" if org.is_flat else "request")
        case Relation.UP:
            return rules.get("up", "request")
    return rules.get("outside", "deny")


def delegation_mode(delegator: str, target: str, context: Context) -> Mode:
    """An assignee who is no editor may pass the task down the own line only."""
    if context.org.relation(delegator, target) is not Relation.DOWN:
        return "deny"
    return assignment_mode(delegator, target, context)


def has_line(user_id: str, context: Context) -> bool:
    """Whether anybody active reports to this person, directly or not."""
    return user_id in context.org.heads_of_lines


def operation_name(op: Op, user_id: str) -> str:
    """The name of an operation in `MATRIX`, `can` and grants.

    Joining or leaving the watchers oneself is `watch` and `unwatch`.
    """
    if op["op"] == "add" or op["op"] == "remove":
        if op["field"] == "watchers" and op["value"] == user_id:
            return "watch" if op["op"] == "add" else "unwatch"
        return f"{op['op']}:{op['field']}"
    if op["op"] == "set":
        return f"set:{op['field']}"
    return op["op"]


def _governs(user_id: str, room: Room, role: Role) -> bool:
    admins = room.config.get("task_admins", ()) if room.config is not None else ()
    return role is Role.ADMIN or (user_id in admins and user_id in room.members)


def _edits(user_id: str, task: Snapshot, context: Context) -> bool:
    if task["kind"] == "personal":
        return False
    if user_id in (task["creator"], task["assigner"]):
        return True
    config, assignee = context.room.config, task["assignee"]
    return (
        config is not None
        and config.get("line_manager_edits", False)
        and assignee is not None
        and context.org.manages(user_id, assignee)
    )
