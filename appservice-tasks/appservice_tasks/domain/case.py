"""One command on its way through the operations."""

from __future__ import annotations

from dataclasses import dataclass

from appservice_tasks.contracts import Fault
from appservice_tasks.domain.context import Context, Neighbour
from appservice_tasks.domain.draft import Draft
from appservice_tasks.domain.merge import Baseline
from appservice_tasks.domain.outcome import Refused
from appservice_tasks.domain.rights import Standing


@dataclass(slots=True)
class Case:
    """What every operation works with.

    who: whose rights count, as they stood before the command. at: the revision's time, ms.
    pointer: where the present operation stands in the command.
    """

    draft: Draft
    who: Standing
    baseline: Baseline
    context: Context
    at: int
    pointer: str = "/ops/0"

    def require(self, operation: str) -> None:
        """Raise Refused unless the matrix allows the operation."""
        if not self.who.may(operation):
            raise Refused("forbidden", f"{operation} is not yours to do")

    def neighbour(self, task_id: str, where: str) -> Neighbour:
        """Another task that the actor may name; Refused points at `where` below the operation."""
        found = self.context.neighbours.get(task_id)
        if found is None or not found.visible:
            raise self.invalid(where, "not_found", "names no task that you can see")
        return found

    def invalid(self, where: str, code: str, detail: str) -> Refused:
        """A refusal for a value that only the present state shows to be wrong."""
        fault: Fault = {"pointer": f"{self.pointer}{where}", "code": code, "detail": detail}
        return Refused("invalid", detail, (fault,))

    def admit(self, user_id: str) -> None:
        """Make sure that a person can see the task: a member, or invited; raises Refused."""
        context = self.context
        config = context.room.config
        person = context.org.person(user_id)
        if user_id in context.absent or not person.active:
            raise Refused("assignee_not_allowed", f"{user_id} has no active account")
        if user_id in context.room.members or user_id in self.draft.invite:
            return
        if config is None or config["kind"] != "team":
            raise Refused("assignee_not_member", f"{user_id} is not in this room of one or two")
        if config.get("non_member", "invite") == "reject":
            raise Refused("assignee_not_member", f"{user_id} is not in the room")
        self.draft.invite.append(user_id)
