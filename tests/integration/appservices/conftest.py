"""An engine and an application service for each test, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from homeserver.compose.engine import Engine
from tests.harness.appservice import FakeAppservice, fake_appservice
from tests.harness.engine import running_engine


@pytest.fixture
async def engine(tmp_path: Path, migrated_database_url: str) -> AsyncIterator[Engine]:
    """Rooms without HTTP."""
    async with running_engine(tmp_path, migrated_database_url) as running:
        yield running


@pytest.fixture
async def bridge() -> AsyncIterator[FakeAppservice]:
    """Listens; to be registered by the test."""
    async with fake_appservice() as running:
        yield running
