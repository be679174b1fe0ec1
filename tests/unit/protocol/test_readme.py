"""What protocol/README.md names is there."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
PROTOCOL = ROOT / "homeserver" / "protocol"
README = (PROTOCOL / "README.md").read_text()
MAP = README[README.index("## From the specification") : README.index("## Reading strictly")]


def test_every_function_of_the_map_exists() -> None:
    named = re.findall(r"`([a-z_0-9]{2,})\.([A-Za-z_0-9.]+)`", MAP)
    assert len(named) > 30
    for module, path in named:
        found: object = importlib.import_module(f"homeserver.protocol.{module}")
        for name in path.split("."):
            found = getattr(found, name)


def test_every_test_file_of_the_map_exists() -> None:
    named = re.findall(r"`(test_[a-z_0-9]+)`", MAP)
    assert len(named) > 10
    for name in named:
        assert (ROOT / "tests" / "spec" / f"{name}.py").exists(), name


def test_every_module_is_in_the_readme() -> None:
    for path in PROTOCOL.glob("[a-z]*.py"):
        assert f"`{path.stem}`" in README, path.stem
