"""The API's description is valid, closed, and names everything that the issue promises."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

OPENAPI: dict[str, Any] = yaml.safe_load(
    (Path(__file__).resolve().parents[3] / "schema" / "openapi.yaml").read_text()
)
SCHEMAS: dict[str, Any] = OPENAPI["components"]["schemas"]
METHODS = ("get", "put", "post", "delete", "patch")
OPERATIONS = {
    operation["operationId"]: operation
    for item in OPENAPI["paths"].values()
    for method, operation in item.items()
    if method in METHODS
}


def test_it_is_openapi_3_1() -> None:
    OpenAPIV31SpecValidator(OPENAPI).validate()


def test_its_schemas_are_json_schema() -> None:
    for schema in SCHEMAS.values():
        Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    "address",
    [
        "post /v1/auth/login",
        "post /v1/auth/refresh",
        "post /v1/auth/logout",
        "get /v1/tasks",
        "post /v1/tasks",
        "get /v1/tasks/{task}",
        "put /v1/tasks/{task}",
        "patch /v1/tasks/{task}",
        "delete /v1/tasks/{task}",
        "get /v1/tasks/{task}/history",
        "get /v1/tasks/{task}/comments",
        "post /v1/tasks/{task}/comments",
        "post /v1/commands",
        "get /v1/feed",
        "post /v1/quick-add/parse",
        "get /v1/messages",
        "post /v1/messages",
        "get /v1/notifications",
        "get /v1/rooms/{room_id}/tasks-config",
        "put /v1/rooms/{room_id}/tasks-config",
        "get /v1/admin/users",
        "put /v1/admin/users/{user_id}",
        "get /v1/admin/org",
        "put /v1/admin/org",
        "post /v1/admin/index",
        "post /v1/me/ics",
    ],
)
def test_what_was_promised_is_described(address: str) -> None:
    method, path = address.split()
    assert method in OPENAPI["paths"][path]


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_no_schema_is_a_bare_object(name: str) -> None:
    """Each object names its members, or gives all of them one shape; none is left open."""
    waiting: list[Any] = [SCHEMAS[name]]
    while waiting:
        schema = waiting.pop()
        if isinstance(schema, list):
            waiting += schema
        elif isinstance(schema, dict):
            waiting += [value for key, value in schema.items() if key not in ("x-status", "const")]
            if schema.get("type") == "object":
                assert schema.get("additionalProperties", True) is not True


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_bodies_have_names_and_answers_of_errors_are_problems(name: str) -> None:
    operation = OPERATIONS[name]
    if "requestBody" in operation:
        for content in operation["requestBody"]["content"].values():
            assert content["schema"].keys() == {"$ref"}
    for status, response in operation["responses"].items():
        if status >= "400":
            assert response["$ref"].startswith("#/components/responses/")
    for response in OPENAPI["components"]["responses"].values():
        assert response["content"].keys() == {"application/problem+json"}


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_everyone_without_a_session_is_told_so(name: str) -> None:
    operation = OPERATIONS[name]
    if operation.get("security") != []:
        assert "401" in operation["responses"]
    assert "429" in operation["responses"]
    assert "503" in operation["responses"]


def test_every_code_has_a_status_that_some_answer_has() -> None:
    code = SCHEMAS["Code"]
    assert list(code["x-status"]) == code["enum"]
    assert set(SCHEMAS["RejectionCode"]["enum"]) <= set(code["enum"])
    told = {
        int(status)
        for operation in OPERATIONS.values()
        for status in operation["responses"]
        if status >= "400"
    }
    # Any address may answer these; they stand in no operation.
    anywhere = {405, 415, 500}
    assert set(code["x-status"].values()) == told | anywhere


def test_every_schema_is_used() -> None:
    text = yaml.safe_dump(OPENAPI)
    socket = {name for name in SCHEMAS if name.startswith("Socket")}
    room_events = {
        "CommandContent", "TaskRoot", "TaskUpdate", "Result", "Labels", "Tombstone", "Snapshot",
    }  # fmt: skip
    for name in SCHEMAS.keys() - socket - room_events:
        assert f"'#/components/schemas/{name}'" in text, name
