from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from tests.harness.homeserver import RunningHomeserver

BOARD = Path(__file__).parents[2] / "docs/grafana.json"


def _figures(document: Any) -> set[str]:
    """The names of the figures that a Grafana board asks for."""
    if isinstance(document, dict):
        found = {
            name
            for key, value in document.items()
            if key == "expr" and isinstance(value, str)
            for name in re.findall(r"\b((?:teammessenger|process)_\w+)", value)
        }
        return found.union(*map(_figures, document.values()))
    if isinstance(document, list):
        return set().union(*map(_figures, document))
    return set()


async def test_the_board_asks_for_figures_that_there_are(homeserver: RunningHomeserver) -> None:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{homeserver.url}/metrics") as answer,
    ):
        assert answer.status == 200
        text = await answer.text()
    there = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    wanted = _figures(orjson.loads(BOARD.read_bytes()))
    assert len(wanted) > 10
    for name in wanted:
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        assert {name, base} & there, name
