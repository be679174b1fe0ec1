"""What schemathesis is told about the company that it speaks to.

Random ids would find nothing but 404: where a request is to be a good one, ids in it are mostly
those of rooms, people and tasks that there are. What would end the run itself is kept from it: the
one session, and the one account.
"""

from __future__ import annotations

import json
import os
import random
import urllib.request
from typing import Any, Final
from urllib.parse import unquote

import schemathesis
from schemathesis import AuthContext, Case, HookContext, Response
from schemathesis.core.failures import AcceptedNegativeData, Failure
from schemathesis.core.parameters import ParameterLocation

URL: Final = os.environ["FUZZ_URL"]
TOKEN: Final = os.environ["FUZZ_TOKEN"]
COMPANY: Final[dict[str, list[str]]] = json.loads(os.environ["FUZZ_COMPANY"])
"""rooms, people (the first of them is the caller), bots, tasks, units, calendars, delegations."""
PASSWORD: Final = os.environ["FUZZ_PASSWORD"]

_KINDS: Final = {
    "room_id": "rooms",
    "space_id": "rooms",
    "task": "tasks",
    "task_id": "tasks",
    "parent": "tasks",
    "blocked_by": "tasks",
    "assigned_to": "people",
    "assigner": "people",
    "creator": "people",
    "involves": "people",
    "user_id": "people",
    "reports_to": "people",
    "head": "people",
    "to": "people",
    "collaborators": "people",
    "watchers": "people",
    "task_admins": "people",
    "bot": "bots",
    "unit": "units",
    "calendar_id": "calendars",
    "delegation_id": "delegations",
}
_LISTS: Final = frozenset({"blocked_by", "collaborators", "watchers", "task_admins"})
_NEW: Final = {
    "createTask": "tasks",
    "createCalendar": "calendars",
    "createDelegation": "delegations",
}
_MOST_KNOWN: Final = 200
_OFTEN: Final = 0.7
_dice = random.Random(0)


def _known(name: str, value: Any) -> Any:
    """Mostly something that there is, in place of what was made up."""
    candidates = COMPANY.get(_KINDS.get(name, ""), [])
    if not candidates or value is None or _dice.random() > _OFTEN:
        return value
    if isinstance(value, list):
        return _dice.sample(candidates, min(len(value), len(candidates)))
    return _dice.choice(candidates) if isinstance(value, str) else value


def _filled(value: Any) -> Any:
    """A JSON value with known ids in it."""
    if isinstance(value, dict):
        return {name: _filled(_known(name, each)) for name, each in value.items()}
    if isinstance(value, list):
        return [_filled(each) for each in value]
    return value


def _operation(case: Case[Any]) -> str:
    name: str = case.operation.definition.raw["operationId"]
    return name


def _is_good(case: Case[Any], place: ParameterLocation) -> bool:
    """Whether this part of the request is to fit the schema."""
    if case.meta is None or not case.meta.generation.mode.is_negative:
        return True
    # What is not spoken of may be what makes a bad request bad.
    part = case.meta.components.get(place)
    return part is not None and not part.mode.is_negative


@schemathesis.hook
def map_case(_context: HookContext, case: Case[Any]) -> Case[Any]:
    """Puts in ids that there are."""
    if case.path_parameters and _is_good(case, ParameterLocation.PATH):
        case.path_parameters = _filled(dict(case.path_parameters))
    if case.query and _is_good(case, ParameterLocation.QUERY):
        case.query = _filled(dict(case.query))
    if isinstance(case.body, dict) and _is_good(case, ParameterLocation.BODY):
        case.body = _filled(case.body)
    return case


@schemathesis.auth(refresh_interval=None)
class Session:
    """The one session; a call that ends its session gets another."""

    def get(self, case: Case[Any], _context: AuthContext) -> str:
        """The token."""
        return _another_session() if _operation(case) == "logout" else TOKEN

    def set(self, case: Case[Any], data: str, _context: AuthContext) -> None:
        """Puts it into the request."""
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_call(_context: HookContext, case: Case[Any], _kwargs: dict[str, Any]) -> None:
    """Keeps the run alive, and does not wait for news."""
    if case.query and str(case.query.get("wait", "0")).isdigit():
        case.query["wait"] = min(int(case.query["wait"]), 1) if "wait" in case.query else 0
    who = unquote(str((case.path_parameters or {}).get("user_id")))
    if _operation(case) == "putUser" and who in COMPANY["people"][:1]:
        case.path_parameters = {"user_id": COMPANY["people"][-1]}


@schemathesis.hook
def filter_failure(
    _context: HookContext, failure: Failure, case: Case[Any], _response: Response
) -> bool:
    """Leaves out good requests that are taken for bad ones: what was bad was filled in."""
    if not isinstance(failure, AcceptedNegativeData) or case.meta is None:
        return True
    return case.meta.phase.data.description != "Positive test case"


@schemathesis.hook
def after_call(_context: HookContext, case: Case[Any], response: Response) -> None:
    """Learns the ids of what was made."""
    kind = _NEW.get(_operation(case))
    if kind is None or response.status_code != 201:
        return
    known = COMPANY[kind]
    known.append(response.json()["id"])
    if len(known) > _MOST_KNOWN:
        known.pop(_dice.randrange(len(known)))


def _another_session() -> str:
    body = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": COMPANY["people"][0]},
        "password": PASSWORD,
    }
    request = urllib.request.Request(
        f"{URL}/_matrix/client/v3/login",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        token: str = json.load(answer)["access_token"]
        return token
