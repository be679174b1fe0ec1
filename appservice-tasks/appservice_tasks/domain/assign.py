"""`assign`, `accept`, `decline`: assignment as a negotiation bounded by the organisation."""

from __future__ import annotations

from typing import Any

from appservice_tasks.contracts import OpAccept, OpAssign, OpDecline
from appservice_tasks.domain.apply_sets import LIMITS
from appservice_tasks.domain.case import Case
from appservice_tasks.domain.outcome import Refused
from appservice_tasks.domain.rights import Mode, assignment_mode, delegation_mode, has_line


def apply_assign(op: OpAssign, case: Case) -> None:
    """Give the task to somebody, ask them, or (null) to nobody.

    An editor becomes the assigner. An assignee who passes the task on down the line does not:
    who answers for its wording stays the same, and the one who passed it on goes on watching.
    """
    task, who, to = case.draft.task, case.who, op["to"]
    editor = who.may("assign")
    if not editor and not (who.assignee and has_line(who.user_id, case.context)):
        raise Refused("forbidden", "the task is not yours to assign")
    if to is None:
        if not editor:
            raise Refused("forbidden", "the task is not yours to return")
        if not _overlaps(case, None):
            _place(case, None, {"state": "none"})
        return
    if to == task["assignee"]:
        return
    choose = assignment_mode if editor else delegation_mode
    mode = choose(who.user_id, to, case.context)
    if mode == "deny":
        raise Refused("assignee_not_allowed", f"{to} cannot be assigned by you here")
    if _overlaps(case, to):
        return
    case.admit(to)
    if editor:
        case.draft.set("assigner", who.user_id)
    else:
        _watch(case)
    _place(case, to, assignment(case, to, mode, asked=op.get("request", False)))


def assignment(case: Case, to: str, mode: Mode, *, asked: bool) -> dict[str, Any]:
    """How a new assignment stands: active, or requested where the rules or the sender say so."""
    requested = mode == "request" or (asked and to != case.who.user_id)
    return {"state": "requested" if requested else "active", "at": case.at}


def apply_accept(_op: OpAccept, case: Case) -> None:
    """Take a request on; accepting again changes nothing."""
    if not case.who.asked:
        if case.who.assignee:
            return
        raise Refused("forbidden", "nobody asked you")
    case.draft.set("assignment", {"state": "active", "at": case.at})


def apply_decline(op: OpDecline, case: Case) -> None:
    """Turn a request down; the task is nobody's again and the assigner is told."""
    if not case.who.asked:
        if case.who.assignee:
            raise Refused("transition_not_allowed", "the task is yours already")
        raise Refused("forbidden", "nobody asked you")
    declined = {"state": "declined", "at": case.at}
    if op["reason"]:
        declined["reason"] = op["reason"]
        case.draft.reason = op["reason"]
    _place(case, None, declined)


def _overlaps(case: Case, to: str | None) -> bool:
    theirs = None if case.baseline.task is None else case.baseline.task["assignee"]
    return case.baseline.overlaps("assignee", to, theirs)


def _place(case: Case, to: str | None, assignment: dict[str, Any]) -> None:
    state = case.draft.task["assignment"]["state"]
    if to == case.draft.task["assignee"] and assignment["state"] == state:
        return
    case.draft.set("assignee", to)
    case.draft.set("assignment", assignment)


def _watch(case: Case) -> None:
    watchers = case.draft.task.get("watchers", [])
    me = case.who.user_id
    if me not in watchers and len(watchers) < LIMITS["watchers"]:
        case.draft.replace_list("watchers", [*watchers, me])
        case.draft.record({"field": "watchers", "to": me})
