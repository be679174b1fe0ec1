"""A server for each test, on both databases, whose administrator deletes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from homeserver.storage.verify import verify
from tests.harness.whole_server import WholeServer, whole_server


@pytest.fixture
async def server(tmp_path: Path, migrated_database_url: str) -> AsyncIterator[WholeServer]:
    """The server. What it leaves behind holds together."""
    async with whole_server(tmp_path, migrated_database_url) as running:
        yield running
    assert await verify(migrated_database_url) == []
