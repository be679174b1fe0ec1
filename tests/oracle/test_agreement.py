"""The product and the oracle agree about generated rooms; `make oracle ROOMS=n` asks about more."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeserver.protocol.room_versions import ROOM_VERSIONS
from tests.oracle.agreement import differences

ROOMS = 250
PRODUCT = Path(__file__).parents[2] / "homeserver"


@pytest.mark.parametrize("version", list(map(int, ROOM_VERSIONS)))
def test_rooms_of_each_version(version: int) -> None:
    found = [text for seed in range(ROOMS) for text in differences(seed, version)]
    assert found == []


def test_the_product_never_asks_the_oracle() -> None:
    for path in PRODUCT.rglob("*.py"):
        for name in _imported(ast.parse(path.read_text())):
            assert name.partition(".")[0] != "tests", path


def test_the_oracle_itself_shares_no_code_with_the_product() -> None:
    for name in ("authorisation", "plain", "state_resolution"):
        path = Path(__file__).with_name(f"{name}.py")
        for imported in _imported(ast.parse(path.read_text())):
            assert imported.partition(".")[0] != "homeserver", path


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
