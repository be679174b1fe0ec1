"""JSON Schema definitions as TypeScript types."""

from __future__ import annotations

import json
import re
from typing import Any

Schema = dict[str, Any]

HEAD = "// Shapes of events, requests, answers. Written by schema/generate.py: do not edit.\n"

SIMPLE = {"string": "string", "integer": "number", "number": "number", "boolean": "boolean"}


def typescript_types(defs: Schema) -> str:
    """One exported type for each definition, in their order."""
    parts = [HEAD]
    for name, schema in defs.items():
        comment = _comment(schema)
        if "properties" in schema:
            parts.append(f"{comment}export interface {name} {{\n{_members(schema)}}}\n")
        else:
            parts.append(f"{comment}export type {name} = {_type(schema)};\n")
        if "x-status" in schema:
            rows = "".join(f"  {code}: {status},\n" for code, status in schema["x-status"].items())
            parts.append(
                "/** HTTP status of each code. */\n"
                f"export const STATUS_OF: Readonly<Record<{name}, number>> = {{\n{rows}}};\n"
            )
    return "\n".join(parts)


def _members(schema: Schema) -> str:
    rows = []
    for key, value in schema["properties"].items():
        name = key if re.fullmatch(r"[A-Za-z_]\w*", key) else json.dumps(key)
        mark = "" if key in schema.get("required", []) else "?"
        note = _comment(value, "  ") if "description" in value else ""
        rows.append(f"{note}  {name}{mark}: {_type(value)};\n")
    return "".join(rows)


def _comment(schema: Schema, indent: str = "") -> str:
    text = schema.get("description", "")
    return f"{indent}/** {text.replace('*/', '* /')} */\n" if text else ""


def _type(schema: Schema) -> str:
    if "x-ts" in schema:
        return str(schema["x-ts"])
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    for key in ("oneOf", "anyOf"):
        if key in schema:
            return " | ".join(dict.fromkeys(_type(each) for each in schema[key]))
    kind = schema["type"]
    if isinstance(kind, list):
        return " | ".join("null" if each == "null" else SIMPLE[each] for each in kind)
    if kind == "null":
        return "null"
    if kind == "array":
        item = _type(schema["items"])
        return f"readonly {item}[]" if re.fullmatch(r"\w+", item) else f"readonly ({item})[]"
    if kind == "object":
        return f"Readonly<Record<string, {_type(schema['additionalProperties'])}>>"
    return SIMPLE[kind]
