"""Whether values from outside have the shapes that the contract gives them.

The schemas are those of `schema/`, copied beside this package by `schema/generate.py`. What passes
here may be used as the type of the same name in `contracts`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any, Final

from appservice_tasks.contracts import Fault
from appservice_tasks.shapes.compile import Check, Compiler

MAX_FAULTS: Final = 20
"""No answer lists more."""

_CONTRACTS: Final[dict[str, Any]] = json.loads(
    files("appservice_tasks").joinpath("contracts.json").read_text(encoding="utf-8")
)
_COMPILER: Final = Compiler(_CONTRACTS["$defs"])


def check(value: object, name: str) -> list[Fault]:
    """Faults of a value against a definition or component, such as `CommandContent`."""
    return _run(_COMPILER.definition(name), value)


def check_event(content: object, event_type: str) -> list[Fault]:
    """Faults of a room event's content. KeyError for a type that is not of tasks."""
    return _run(_event(event_type), content)


def check_body(body: object, operation_id: str) -> list[Fault]:
    """Faults of a request's body, by the operationId of openapi.yaml."""
    return check(body, _CONTRACTS["requests"][operation_id]["body"])


def has_body(operation_id: str) -> bool:
    """Whether an operation takes a body."""
    return "body" in _CONTRACTS["requests"][operation_id]


def read_parameters(
    operation_id: str, place: str, pairs: Iterable[tuple[str, str]]
) -> tuple[dict[str, Any], list[Fault]]:
    """Query (`place` "query"), path or header parameters as values of their types, with defaults.

    Repeated parameters become lists. Query parameters that the operation does not have are faults;
    unknown headers are not looked at. Pointers are `/<name>`.
    """
    schemas = _CONTRACTS["requests"][operation_id].get(place, {})
    found: dict[str, list[str]] = {}
    faults: list[Fault] = []
    by_lower = {name.lower(): name for name in schemas}
    for name, text in pairs:
        known = by_lower.get(name.lower(), "") if place == "header" else name
        if known in schemas:
            found.setdefault(known, []).append(text)
        elif place != "header":
            faults.append({"pointer": "/" + _escaped(name), "code": "unknown"})
    values: dict[str, Any] = {
        name: schema["default"] for name, schema in schemas.items() if "default" in schema
    }
    for name, texts in found.items():
        resolved = _resolve(schemas[name])
        pointer = "/" + _escaped(name)
        if resolved.get("type") == "array":
            values[name] = texts
        elif len(texts) > 1:
            faults.append({"pointer": pointer, "code": "count", "detail": "given twice"})
            continue
        else:
            values[name] = _converted(texts[0], resolved)
        own: list[Fault] = []
        _parameter(operation_id, place, name)(values[name], pointer, own)
        faults += own
    return values, faults[:MAX_FAULTS]


def _run(checked: Check, value: object) -> list[Fault]:
    faults: list[Fault] = []
    checked(value, "", faults)
    return faults[:MAX_FAULTS]


@cache
def _event(event_type: str) -> Check:
    return _COMPILER.compile(_CONTRACTS["events"][event_type])


@cache
def _parameter(operation_id: str, place: str, name: str) -> Check:
    return _COMPILER.compile(_CONTRACTS["requests"][operation_id][place][name])


def _resolve(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = _CONTRACTS["$defs"][schema["$ref"].rpartition("/")[2]]
    return schema


def _converted(text: str, schema: dict[str, Any]) -> object:
    match schema.get("type"):
        case "integer" if text.isascii() and text.removeprefix("-").isdigit() and len(text) < 20:
            return int(text)
        case "boolean" if text in ("true", "false"):
            return text == "true"
    return text


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")[:200]
