"""Every example says what the schemas and our own checks take, and what they refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from appservice_tasks.shapes import check_event

SCHEMA = Path(__file__).resolve().parents[3] / "schema"
TYPES = sorted(path.stem for path in (SCHEMA / "events").glob("*.json"))
VALID = sorted((SCHEMA / "examples" / "valid").glob("*/*.json"))
INVALID = sorted((SCHEMA / "examples" / "invalid").glob("*/*.json"))


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def validator(event_type: str) -> Draft202012Validator:
    schema = json.loads((SCHEMA / "events" / f"{event_type}.json").read_text())
    return Draft202012Validator(schema, format_checker=FormatChecker())


@pytest.mark.parametrize("event_type", TYPES)
def test_schemas_are_json_schema_2020_12(event_type: str) -> None:
    Draft202012Validator.check_schema(
        json.loads((SCHEMA / "events" / f"{event_type}.json").read_text())
    )


@pytest.mark.parametrize("event_type", TYPES)
def test_each_event_has_several_examples_of_both_kinds(event_type: str) -> None:
    assert len([path for path in VALID if path.parent.name == event_type]) >= 2
    assert len([path for path in INVALID if path.parent.name == event_type]) >= 4


def test_there_are_no_examples_of_unknown_events() -> None:
    assert {path.parent.name for path in [*VALID, *INVALID]} == set(TYPES)


@pytest.mark.parametrize("path", VALID, ids=name)
def test_valid_examples_are_valid(path: Path) -> None:
    content = json.loads(path.read_text())
    assert list(validator(path.parent.name).iter_errors(content)) == []
    assert check_event(content, path.parent.name) == []


@pytest.mark.parametrize("path", INVALID, ids=name)
def test_invalid_examples_are_invalid(path: Path) -> None:
    content = json.loads(path.read_text())
    assert not validator(path.parent.name).is_valid(content)
    assert check_event(content, path.parent.name) != []


def objects(schema: Any) -> list[dict[str, Any]]:
    """Every subschema that describes an object."""
    if isinstance(schema, list):
        return [each for item in schema for each in objects(item)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if schema.get("type") == "object" or "properties" in schema else []
    return own + [each for item in schema.values() for each in objects(item)]


@pytest.mark.parametrize("event_type", TYPES)
def test_objects_are_closed(event_type: str) -> None:
    """Either every member is named, or all have one shape (custom fields, frev)."""
    schema = json.loads((SCHEMA / "events" / f"{event_type}.json").read_text())
    for described in objects(schema["$defs"]):
        if "type" in described and isinstance(described["type"], str):
            assert "additionalProperties" in described
            assert described["additionalProperties"] is not True
