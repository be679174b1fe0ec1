"""What a server that nobody uses has loaded. What it takes of memory: docs/PERFORMANCE.md."""

from __future__ import annotations

import subprocess
import sys

from homeserver.config import REPOSITORY

SELDOM = ["PIL", "alembic", "asyncpg", "sqlalchemy"]


def test_a_server_starts_without_what_it_seldom_needs() -> None:
    program = (
        "import sys, homeserver.__main__, homeserver.app;"
        "print(sorted(set(sys.argv[1:]) & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *SELDOM],
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout == "[]\n"


def test_one_library_of_cryptography_is_installed() -> None:
    """PyJWT loads the other one wherever it finds it: a seventh of what an idle server takes."""
    installed = (REPOSITORY / "requirements.lock").read_text(encoding="utf-8")
    assert "pyjwt==" in installed
    assert "\ncryptography==" not in installed
