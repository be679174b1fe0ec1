"""What the handlers declare is what `schema/openapi.yaml` says, no more and no less."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from appservice_tasks import shapes
from appservice_tasks.api.admin import AdminApi
from appservice_tasks.api.chat import FeedApi, MessagesApi, NotificationsApi
from appservice_tasks.api.commands import CommandsApi
from appservice_tasks.api.endpoint import Auth, Endpoint
from appservice_tasks.api.me import MeApi
from appservice_tasks.api.rooms import RoomsApi
from appservice_tasks.api.sign_in import SignInApi
from appservice_tasks.api.tasks import TasksApi

APIS: list[type] = [
    AdminApi,
    CommandsApi,
    FeedApi,
    MeApi,
    MessagesApi,
    NotificationsApi,
    RoomsApi,
    SignInApi,
    TasksApi,
]
ROOT = Path(__file__).resolve().parents[4]
METHODS = ("get", "put", "post", "patch", "delete")


def _declared() -> dict[str, Endpoint]:
    found = [
        getattr(method, "__endpoint__")  # noqa: B009 - it is set by the decorator
        for api in APIS
        for method in vars(api).values()
        if hasattr(method, "__endpoint__")
    ]
    assert len({each.operation for each in found}) == len(found)
    return {each.operation: each for each in found}


def _specified() -> dict[str, tuple[str, str, dict[str, Any]]]:
    openapi = yaml.safe_load((ROOT / "schema/openapi.yaml").read_text())
    return {
        item[method]["operationId"]: (method.upper(), path, item[method])
        for path, item in openapi["paths"].items()
        for method in METHODS
        if method in item
    }


DECLARED, SPECIFIED = _declared(), _specified()


def test_every_operation_has_a_handler_and_every_handler_an_operation() -> None:
    assert DECLARED.keys() == SPECIFIED.keys()


@pytest.mark.parametrize("operation", sorted(DECLARED))
def test_method_and_path_are_those_of_the_contract(operation: str) -> None:
    method, path, _ = SPECIFIED[operation]
    assert (DECLARED[operation].method, DECLARED[operation].path) == (method, path)


@pytest.mark.parametrize("operation", sorted(DECLARED))
def test_a_token_is_wanted_where_the_contract_says_so(operation: str) -> None:
    _, _, specified = SPECIFIED[operation]
    is_open = specified.get("security") == []
    assert (DECLARED[operation].auth is Auth.NONE) is is_open
    assert ("401" in specified["responses"]) or is_open


@pytest.mark.parametrize("operation", sorted(DECLARED))
def test_administration_is_for_administrators(operation: str) -> None:
    is_admin = DECLARED[operation].path.startswith("/v1/admin/")
    assert (DECLARED[operation].auth is Auth.ADMIN) is is_admin


@pytest.mark.parametrize("operation", sorted(DECLARED))
def test_bodies_are_read_where_the_contract_has_one(operation: str) -> None:
    _, _, specified = SPECIFIED[operation]
    assert shapes.has_body(operation) is ("requestBody" in specified)
