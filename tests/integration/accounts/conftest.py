"""A server for each test, on each database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.harness.whole_server import WholeServer, whole_server


@pytest.fixture
async def server(tmp_path: Path, migrated_database_url: str) -> AsyncIterator[WholeServer]:
    """An open server without limits, called a.example."""
    async with whole_server(tmp_path, migrated_database_url) as running:
        yield running
