"""JSON Schema definitions as Python types."""

from __future__ import annotations

import json
import keyword
from typing import Any

Schema = dict[str, Any]

HEAD = '''"""Shapes of events, requests, answers. Written by schema/generate.py: do not edit."""

from __future__ import annotations

from typing import Final, Literal, NotRequired, TypedDict, final
'''

WIDTH = 100

SIMPLE = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "null": "None",
}


def python_types(defs: Schema) -> str:
    """One type for each definition: TypedDict, Literal or alias, after those it is made of."""
    parts = [HEAD]
    for name in _in_order(defs):
        schema = defs[name]
        parts.append(_typed_dict(name, schema) if "properties" in schema else _alias(name, schema))
        if "x-status" in schema:
            parts.append(
                f"STATUS_OF: Final[dict[{name}, int]] = {schema['x-status']!r}\n"
                '"""HTTP status of each code."""\n'
            )
    return "\n".join(parts)


def _in_order(defs: Schema) -> list[str]:
    done: list[str] = []

    def visit(name: str) -> None:
        if name in done:
            return
        for other in sorted(_names(defs[name]), key=list(defs).index):
            visit(other)
        done.append(name)

    for name in defs:
        visit(name)
    return done


def _names(schema: object) -> set[str]:
    if isinstance(schema, dict):
        own = {schema["$ref"].rpartition("/")[2]} if isinstance(schema.get("$ref"), str) else set()
        return own.union(*(_names(value) for value in schema.values()))
    if isinstance(schema, list):
        return set().union(*(_names(value) for value in schema))
    return set()


def _alias(name: str, schema: Schema) -> str:
    text = f"{name} = {_type(schema)}\n"
    return text + _docstring(schema, "") if "description" in schema else text


def _typed_dict(name: str, schema: Schema) -> str:
    required = schema.get("required", [])
    fields = {}
    for key, value in schema["properties"].items():
        kind = _type(value)
        fields[key] = kind if key in required else f"NotRequired[{kind}]"
    if all(key.isidentifier() and not keyword.iskeyword(key) for key in fields):
        lines = [f"@final\nclass {name}(TypedDict):\n"]
        if "description" in schema:
            lines.append(_docstring(schema, "    ") + "\n")
        lines += [f"    {key}: {kind}\n" for key, kind in fields.items()]
        if not fields:
            lines.append("    pass\n")
        return "".join(lines)
    rows = "".join(f"{json.dumps(key)}: {kind}, " for key, kind in fields.items())
    text = f'{name} = TypedDict("{name}", {{{rows}}})\n'
    return text + _docstring(schema, "") if "description" in schema else text


def _docstring(schema: Schema, indent: str) -> str:
    text = schema["description"]
    if len(indent) + len(text) + 6 <= WIDTH and not text.endswith('"'):
        return f'{indent}"""{text}"""\n'
    lines, line = [], indent + '"""'
    for word in text.split():
        if len(line) + 1 + len(word) + 3 > WIDTH:
            lines.append(line)
            line = indent + word
        else:
            line += word if line.endswith('"""') and len(line) == len(indent) + 3 else f" {word}"
    return "\n".join([*lines, line, f'{indent}"""']) + "\n"


def _type(schema: Schema) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "const" in schema:
        return f"Literal[{schema['const']!r}]"
    if "enum" in schema:
        return f"Literal[{', '.join(repr(value) for value in schema['enum'])}]"
    for key in ("oneOf", "anyOf"):
        if key in schema and "properties" not in schema:
            return " | ".join(dict.fromkeys(_type(each) for each in schema[key]))
    kind = schema["type"]
    if isinstance(kind, list):
        return " | ".join(SIMPLE[each] for each in kind)
    if kind == "array":
        return f"list[{_type(schema['items'])}]"
    if kind == "object":
        return f"dict[str, {_type(schema['additionalProperties'])}]"
    return SIMPLE[kind]
