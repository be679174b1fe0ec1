"""A content repository for each test, on both databases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.harness.media import MediaClient, media_client


@pytest.fixture
async def media(tmp_path: Path, migrated_database_url: str) -> AsyncIterator[MediaClient]:
    """The content repository."""
    async with media_client(tmp_path, migrated_database_url) as client:
        yield client
