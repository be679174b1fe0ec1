"""What follows from the schemas has followed."""

from __future__ import annotations

from pathlib import Path

import pytest

from schema.generate import generated, pretty
from schema.python_types import python_types
from schema.typescript_types import typescript_types

GENERATED = generated()


@pytest.mark.parametrize("path", sorted(GENERATED), ids=lambda path: path.name)
def test_generated_files_are_fresh(path: Path) -> None:
    """`python -m schema.generate` writes them."""
    assert path.read_text() == GENERATED[path]


THING = {
    "type": "object",
    "description": "A thing",
    "properties": {
        "name": {"type": "string"},
        "from": {"anyOf": [{"$ref": "#/$defs/Colour"}, {"type": "null"}]},
        "more": {"type": "array", "items": {"type": "integer"}},
    },
    "required": ["name"],
    "additionalProperties": False,
}
DEFS = {
    "Thing": THING,
    "Colour": {"enum": ["red", "green"]},
    "Many": {"type": "object", "additionalProperties": {"type": ["string", "null"]}},
}


def test_python_types_come_after_what_they_are_made_of() -> None:
    source = python_types(DEFS)
    assert source.index("Colour =") < source.index("Thing =")
    assert "NotRequired[Colour | None]" in source
    assert "Many = dict[str, str | None]" in source
    compile(source, "contracts", "exec")


def test_typescript_types_mark_what_may_be_absent() -> None:
    source = typescript_types(DEFS)
    assert "/** A thing */\nexport interface Thing {\n  name: string;" in source
    assert "  from?: Colour | null;" in source
    assert "  more?: readonly number[];" in source
    assert 'export type Colour = "red" | "green";' in source
    assert "export type Many = Readonly<Record<string, string | null>>;" in source


def test_what_fits_on_a_line_stands_on_one() -> None:
    assert pretty({"a": [1, 2]}) == '{"a": [1, 2]}\n'
    long = pretty({"a": ["x" * 60, "y" * 60]})
    assert long.splitlines()[1].strip() == '"a": ['
