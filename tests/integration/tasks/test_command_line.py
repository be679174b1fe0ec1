"""What `python -m appservice_tasks` answers where it cannot do what it was asked for.

What it does where it can is shown beside real processes, in tests/crash.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from appservice_tasks.storage.migrate import migrate
from tests.harness.homeserver import free_port

CODE = Path(__file__).parents[3] / "appservice-tasks"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "tasks.yaml"
    values = {
        "server_name": "a.example",
        "homeserver_url": f"http://127.0.0.1:{free_port()}",
        "as_token": "as",
        "hs_token": "hs",
        "authority": "@tasks:a.example",
    }
    path.write_text(yaml.safe_dump(values))
    return path


def run(name: str, config: Path) -> tuple[int, str]:
    """The exit code, and what was said to whoever sits there."""
    done = subprocess.run(
        [sys.executable, "-m", "appservice_tasks", name, "--config", str(config)],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(CODE)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("name", ["rebuild", "verify"])
def test_a_homeserver_that_does_not_answer_is_a_matter_of_time(config: Path, name: str) -> None:
    asyncio.run(migrate(f"sqlite:///{config.parent / 'tasks.db'}"))
    code, said = run(name, config)
    assert code == 75
    assert "The homeserver does not answer" in said


def test_a_database_without_tables_is_not_made_by_looking_at_it(config: Path) -> None:
    code, said = run("verify", config)
    assert code == 78
    assert "python -m appservice_tasks migrate" in said
    assert not (config.parent / "tasks.db").exists()
