"""What the server calls itself."""

from __future__ import annotations

import tomllib

from homeserver.api.federation.version import VersionApi
from homeserver.config import REPOSITORY


async def test_the_version_is_that_of_the_package() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    server = {"name": "Team Messenger", "version": project["version"]}
    assert await VersionApi().version() == {"server": server}
