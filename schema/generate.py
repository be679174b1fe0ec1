"""Write everything that follows from `defs.json`, the event schemas and `openapi.yaml`.

    python -m schema.generate [--check]

* `defs.json` (definitions that room events and the API share) is copied into the `$defs` of each
  `events/*.json`, so that every file stands alone, and into the end of `openapi.yaml`.
* `appservice-tasks/appservice_tasks/contracts.py`: types for Python.
* `appservice-tasks/appservice_tasks/contracts.json`: the schemas that are checked at run time.
* `schema/ts/contracts.ts`: types for TypeScript.

With `--check` nothing is written; the names of stale files are printed and the exit status is 1.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import yaml

from schema.python_types import python_types
from schema.typescript_types import typescript_types

Schema = dict[str, Any]

ROOT: Final = Path(__file__).resolve().parent.parent
SCHEMA: Final = ROOT / "schema"
PACKAGE: Final = ROOT / "appservice-tasks" / "appservice_tasks"

DEFS_PREFIX: Final = "#/$defs/"
COMPONENTS_PREFIX: Final = "#/components/schemas/"
MARK: Final = "    # ---- Shared with the room events; written by generate.py from defs.json.\n"
WIDTH: Final = 100
METHODS: Final = ("get", "put", "post", "delete", "patch")


def generated() -> dict[Path, str]:
    """Each file that follows from the sources, with the text it should have."""
    defs: Schema = json.loads((SCHEMA / "defs.json").read_text())
    files: dict[Path, str] = {}
    events: Schema = {}
    for path in sorted((SCHEMA / "events").glob("*.json")):
        event = json.loads(path.read_text())
        event["$defs"] = needed(event, defs)
        files[path] = pretty(event)
        events[path.stem] = {key: event[key] for key in ("$ref", "oneOf") if key in event}

    openapi_path = SCHEMA / "openapi.yaml"
    own_part = openapi_path.read_text().partition(MARK)[0]
    shared = moved(defs, DEFS_PREFIX, COMPONENTS_PREFIX)
    files[openapi_path] = (
        own_part
        + MARK
        + "".join(
            f"    {name}: {json.dumps(schema, ensure_ascii=False)}\n"
            for name, schema in shared.items()
        )
    )
    openapi: Schema = yaml.safe_load(files[openapi_path])
    everything = moved(openapi["components"]["schemas"], COMPONENTS_PREFIX, DEFS_PREFIX)
    everything = {**defs, **{k: v for k, v in everything.items() if k not in defs}}

    files[PACKAGE / "contracts.py"] = formatted(python_types(everything))
    files[PACKAGE / "contracts.json"] = pretty(
        {"events": events, "requests": requests(openapi), "$defs": everything}
    )
    files[SCHEMA / "ts" / "contracts.ts"] = typescript_types(everything)
    return files


def needed(schema: Schema, defs: Schema) -> Schema:
    """The definitions that the schema leads to, in the order of `defs`."""
    found: set[str] = set()
    waiting: list[object] = [{key: value for key, value in schema.items() if key != "$defs"}]
    while waiting:
        for name in references(waiting.pop()):
            if name not in found:
                found.add(name)
                waiting.append(defs[name])
    return {name: definition for name, definition in defs.items() if name in found}


def references(schema: object) -> set[str]:
    """Names of the definitions that a schema refers to directly."""
    match schema:
        case {"$ref": str(ref), **rest}:
            return {ref.removeprefix(DEFS_PREFIX)} | references(rest)
        case dict():
            return set().union(*(references(value) for value in schema.values()))
        case list():
            return set().union(*(references(value) for value in schema))
    return set()


def moved(schema: Any, old: str, new: str) -> Any:
    """The schema with its references pointing elsewhere."""
    if isinstance(schema, dict):
        return {
            key: new + value.removeprefix(old) if key == "$ref" else moved(value, old, new)
            for key, value in schema.items()
        }
    if isinstance(schema, list):
        return [moved(value, old, new) for value in schema]
    return schema


def requests(openapi: Schema) -> Schema:
    """By operationId: the name of the body's schema, and the schemas of the parameters."""
    found: Schema = {}
    components = openapi["components"]
    for item in openapi["paths"].values():
        for method in METHODS:
            operation = item.get(method)
            if operation is None:
                continue
            entry: Schema = {"query": {}, "header": {}, "path": {}}
            for parameter in [*item.get("parameters", []), *operation.get("parameters", [])]:
                if "$ref" in parameter:
                    parameter = components["parameters"][parameter["$ref"].rpartition("/")[2]]
                entry[parameter["in"]][parameter["name"]] = moved(
                    parameter["schema"], COMPONENTS_PREFIX, DEFS_PREFIX
                )
            if "requestBody" in operation:
                body = operation["requestBody"]["content"]["application/json"]["schema"]
                entry["body"] = body["$ref"].removeprefix(COMPONENTS_PREFIX)
            found[operation["operationId"]] = {key: value for key, value in entry.items() if value}
    return found


def pretty(value: object) -> str:
    """JSON with what fits on a line on one line."""
    return _pretty(value, "") + "\n"


def _pretty(value: object, indent: str, taken: int = 0) -> str:
    flat = json.dumps(value, ensure_ascii=False)
    if len(indent) + taken + len(flat) + 1 <= WIDTH or not isinstance(value, dict | list):
        return flat
    deeper = indent + "  "
    if isinstance(value, list):
        rows = [deeper + _pretty(each, deeper) for each in value]
        return "[\n" + ",\n".join(rows) + "\n" + indent + "]"
    rows = []
    for key, each in value.items():
        name = json.dumps(key, ensure_ascii=False) + ": "
        rows.append(deeper + name + _pretty(each, deeper, len(name)))
    return "{\n" + ",\n".join(rows) + "\n" + indent + "}"


def formatted(source: str) -> str:
    """Python source as ruff would have it."""
    command = [
        sys.executable,
        "-m",
        "ruff",
        "format",
        "--config",
        str(ROOT / "pyproject.toml"),
        "-",
    ]
    return subprocess.run(command, input=source, capture_output=True, text=True, check=True).stdout


def stale() -> list[Path]:
    """Generated files that are missing or differ from their sources."""
    return [
        path for path, text in generated().items() if not path.exists() or path.read_text() != text
    ]


def main(arguments: list[str]) -> int:
    """Write the files, or with `--check` name those that are stale."""
    if "--check" in arguments:
        paths = stale()
        sys.stderr.writelines(f"stale: {path.relative_to(ROOT)}\n" for path in paths)
        return 1 if paths else 0
    for path, text in generated().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
