"""Several whole servers on one database, as several processes are."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.harness.whole_server import WholeServer, whole_server

APPSERVICE_TOKEN = "as token"
COUNT = 3
SETTINGS: dict[str, Any] = {"processes": COUNT}


@contextlib.asynccontextmanager
async def serving_together(
    folder: Path, url: str, count: int = COUNT, **settings: Any
) -> AsyncIterator[list[WholeServer]]:
    """Servers that share a folder and a database."""
    async with contextlib.AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                whole_server(folder, url, {"processes": count, **settings})
            )
            for _ in range(count)
        ]


@pytest.fixture
async def servers(tmp_path: Path, shared_database_url: str) -> AsyncIterator[list[WholeServer]]:
    """Three of them."""
    async with serving_together(tmp_path, shared_database_url) as together:
        yield together
