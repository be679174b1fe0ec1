"""JSON Schema, as far as the contract uses it, compiled to functions that name every fault.

Stricter than the standard in two ways, because values end up in signed events and in databases:
`1.0` is no integer, and no string holds NUL or half a surrogate pair.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Final

from appservice_tasks.contracts import Fault
from appservice_tasks.shapes.formats import FORMATS

Check = Callable[[object, str, list[Fault]], None]
"""Appends the faults of a value that stands at a JSON pointer."""

KEYWORDS: Final = frozenset(
    {
        "$ref", "additionalProperties", "anyOf", "const", "default", "description", "enum",
        "format", "items", "maxItems", "maxLength", "maxProperties", "maximum", "minItems",
        "minLength", "minProperties", "minimum", "oneOf", "pattern", "properties",
        "propertyNames", "required", "type", "uniqueItems", "x-status", "x-ts",
    }
)  # fmt: skip
"""Everything a schema of ours may say."""

_BAD_CHARACTERS: Final = re.compile("[\x00\ud800-\udfff]")


class UnknownKeyword(Exception):
    """A schema uses a keyword that would not be checked."""


class Compiler:
    """Compiles schemas whose `$ref`s lead to `#/$defs/<name>` of one set of definitions."""

    def __init__(self, definitions: dict[str, Any]) -> None:
        self._definitions = definitions
        self._compiled: dict[str, Check] = {}

    def definition(self, name: str) -> Check:
        """The check of one definition; KeyError when there is none of the name."""
        if name not in self._compiled:
            self._compiled[name] = self.compile(self._definitions[name])
        return self._compiled[name]

    def compile(self, schema: dict[str, Any]) -> Check:
        """The check of a schema; raises UnknownKeyword."""
        unknown = schema.keys() - KEYWORDS
        if unknown:
            raise UnknownKeyword(", ".join(sorted(unknown)))
        checks: list[Check] = []
        if "$ref" in schema:
            checks.append(self._reference(schema["$ref"].rpartition("/")[2]))
        if "type" in schema:
            kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
            checks.append(_of_type(frozenset(kinds)))
        if "const" in schema:
            checks.append(_one_of([schema["const"]], "const"))
        if "enum" in schema:
            checks.append(_one_of(schema["enum"], "enum"))
        checks += _string_checks(schema)
        if "minimum" in schema or "maximum" in schema:
            checks.append(_in_range(schema.get("minimum"), schema.get("maximum")))
        if schema.get("type") == "array":
            checks.append(self._array(schema))
        if schema.keys() & {
            "additionalProperties", "maxProperties", "minProperties", "properties", "required",
        }:  # fmt: skip
            checks.append(self._object(schema))
        for keyword in ("oneOf", "anyOf"):
            if keyword in schema:
                branches = [self.compile(branch) for branch in schema[keyword]]
                checks.append(_union(branches, exactly_one=keyword == "oneOf"))
        return checks[0] if len(checks) == 1 else _all(checks)

    def _reference(self, name: str) -> Check:
        def check(value: object, pointer: str, faults: list[Fault]) -> None:
            self.definition(name)(value, pointer, faults)

        return check

    def _array(self, schema: dict[str, Any]) -> Check:
        item = self.compile(schema["items"])
        fewest, most = schema.get("minItems", 0), schema.get("maxItems")
        unique = schema.get("uniqueItems", False)

        def check(value: object, pointer: str, faults: list[Fault]) -> None:
            if not isinstance(value, list):
                return
            if len(value) < fewest or (most is not None and len(value) > most):
                _fault(faults, pointer, "count", f"{fewest} to {most} items")
                return
            before = len(faults)
            for index, each in enumerate(value):
                item(each, f"{pointer}/{index}", faults)
            if unique and len(faults) == before:
                texts = [json.dumps(each, sort_keys=True) for each in value]
                if len(set(texts)) < len(texts):
                    _fault(faults, pointer, "unique")

        return check

    def _object(self, schema: dict[str, Any]) -> Check:
        properties = {
            name: self.compile(each) for name, each in schema.get("properties", {}).items()
        }
        required = tuple(schema.get("required", ()))
        additional = schema.get("additionalProperties", True)
        other = self.compile(additional) if isinstance(additional, dict) else None
        names = self.compile(schema["propertyNames"]) if "propertyNames" in schema else None
        fewest, most = schema.get("minProperties", 0), schema.get("maxProperties")

        def check(value: object, pointer: str, faults: list[Fault]) -> None:
            if not isinstance(value, dict):
                return
            if len(value) < fewest or (most is not None and len(value) > most):
                _fault(faults, pointer, "count", f"at least {fewest}, at most {most} members")
                return
            for name in required:
                if name not in value:
                    _fault(faults, f"{pointer}/{name}", "required")
            for name, each in value.items():
                below = f"{pointer}/{_escaped(name)}"
                if name in properties:
                    properties[name](each, below, faults)
                elif additional is False:
                    _fault(faults, below, "unknown")
                else:
                    if names is not None:
                        names(name, below, faults)
                    if other is not None:
                        other(each, below, faults)

        return check


def _all(checks: list[Check]) -> Check:
    def check(value: object, pointer: str, faults: list[Fault]) -> None:
        before = len(faults)
        for each in checks:
            each(value, pointer, faults)
            if len(faults) > before:
                return

    return check


def _union(branches: list[Check], *, exactly_one: bool) -> Check:
    """Faults are those of the branch that was most likely meant."""

    def check(value: object, pointer: str, faults: list[Fault]) -> None:
        best: tuple[bool, bool, int] | None = None
        meant: list[Fault] = []
        fitting = 0
        for branch in branches:
            found: list[Fault] = []
            branch(value, pointer, found)
            if not found:
                fitting += 1
                if not exactly_one:
                    return
                continue
            rank = (
                any(fault["code"] in ("const", "form") for fault in found),
                any(fault["code"] == "type" and fault["pointer"] == pointer for fault in found),
                len(found),
            )
            if best is None or rank < best:
                best, meant = rank, found
        if fitting == 1:
            return
        if fitting > 1 or best is None or best[0]:
            _fault(faults, pointer, "form", "fits none of the known forms, or several")
        else:
            faults += meant

    return check


def _of_type(kinds: frozenset[str]) -> Check:
    detail = " or ".join(sorted(kinds))

    def check(value: object, pointer: str, faults: list[Fault]) -> None:
        match value:
            case bool():
                kind = "boolean"
            case int():
                kind = "integer"
            case str():
                kind = "string"
            case None:
                kind = "null"
            case dict():
                kind = "object"
            case list():
                kind = "array"
            case _:
                kind = "number"
        if kind not in kinds:
            _fault(faults, pointer, "type", detail)
        elif kind == "string" and _BAD_CHARACTERS.search(str(value)):
            _fault(faults, pointer, "characters", "NUL and lone surrogates are not text")

    return check


def _one_of(allowed: list[object], code: str) -> Check:
    # Types are compared too: in Python, True equals 1.
    known = {(type(each), each) for each in allowed}
    detail = ", ".join(json.dumps(each) for each in allowed)[:400]

    def check(value: object, pointer: str, faults: list[Fault]) -> None:
        if isinstance(value, dict | list) or (type(value), value) not in known:
            _fault(faults, pointer, code, detail)

    return check


def _string_checks(schema: dict[str, Any]) -> list[Check]:
    checks: list[Check] = []
    shortest, longest = schema.get("minLength", 0), schema.get("maxLength")
    if shortest or longest is not None:

        def length(value: object, pointer: str, faults: list[Fault]) -> None:
            if isinstance(value, str) and not (
                shortest <= len(value) and (longest is None or len(value) <= longest)
            ):
                _fault(faults, pointer, "length", f"{shortest} to {longest} characters")

        checks.append(length)
    if "pattern" in schema:
        text = schema["pattern"]
        # In the standard `$` is the very end; in Python it may stand before a last newline.
        pattern = re.compile(text[:-1] + r"\Z" if text.endswith("$") else text)

        def matching(value: object, pointer: str, faults: list[Fault]) -> None:
            if isinstance(value, str) and not pattern.search(value):
                _fault(faults, pointer, "pattern", text)

        checks.append(matching)
    if "format" in schema:
        name = schema["format"]
        is_valid = FORMATS[name]

        def formatted(value: object, pointer: str, faults: list[Fault]) -> None:
            if isinstance(value, str) and not is_valid(value):
                _fault(faults, pointer, "format", name)

        checks.append(formatted)
    return checks


def _in_range(least: int | None, most: int | None) -> Check:
    def check(value: object, pointer: str, faults: list[Fault]) -> None:
        if (
            isinstance(value, int)
            and not isinstance(value, bool)
            and ((least is not None and value < least) or (most is not None and value > most))
        ):
            _fault(faults, pointer, "range", f"{least} to {most}")

    return check


def _fault(faults: list[Fault], pointer: str, code: str, detail: str = "") -> None:
    fault: Fault = {"pointer": pointer[:500], "code": code}
    if detail:
        fault["detail"] = detail
    faults.append(fault)


def _escaped(name: str) -> str:
    safe = _BAD_CHARACTERS.sub("\ufffd", name)
    return safe.replace("~", "~0").replace("/", "~1")[:200]
