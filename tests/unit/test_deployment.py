"""The files for containers fit together. No engine runs here: its own tools read them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from homeserver.config import REPOSITORY, load

PROGRAMS = Path(sysconfig.get_path("scripts"))
GIVEN = {"SERVER_NAME": "chat.example.org", "DATABASE_PASSWORD": "pw1"}


def run(program: str, *arguments: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(PROGRAMS / program), *arguments],
        cwd=REPOSITORY,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **environ},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def composed() -> dict[str, Any]:
    done = run("docker-compose", "config", "--format", "json", environ=GIVEN)
    assert done.stdout, done.stderr
    composed: dict[str, Any] = json.loads(done.stdout)
    return composed


def test_compose_runs_the_database_the_homeserver_and_caddy(composed: dict[str, Any]) -> None:
    assert set(composed["services"]) == {"database", "homeserver", "caddy"}


@pytest.mark.parametrize("missing", sorted(GIVEN))
def test_compose_asks_for_what_has_no_default(missing: str) -> None:
    environ = {name: value for name, value in GIVEN.items() if name != missing}
    done = run("docker-compose", "config", environ=environ)
    assert not done.stdout
    assert f"required variable {missing} is missing" in done.stderr


def test_only_caddy_is_reachable_from_outside(composed: dict[str, Any]) -> None:
    published = {name for name, service in composed["services"].items() if service.get("ports")}
    assert published == {"caddy"}


def test_the_homeserver_understands_what_compose_tells_it(
    composed: dict[str, Any], tmp_path: Path
) -> None:
    environ: dict[str, str] = composed["services"]["homeserver"]["environment"]
    config = load(None, {**environ, "DATA": str(tmp_path)})
    assert config.server_name == "chat.example.org"
    assert config.database_url == "postgresql://team:pw1@database:5432/team"
    assert config.listen.host == "0.0.0.0"
    # The tasks service says whose tries to sign in are to be counted.
    assert "127.0.0.1" in config.listen.trusted_proxies


def test_caddy_forwards_to_where_the_homeserver_listens(composed: dict[str, Any]) -> None:
    text = (REPOSITORY / "deploy/Caddyfile").read_text()
    (target,) = re.findall(r"reverse_proxy (\S+)", text)
    port = composed["services"]["homeserver"]["environment"]["PORT"]
    assert target == f"homeserver:{port}"


def test_caddy_takes_its_file() -> None:
    adapt = ("adapt", "--validate", "--config", "deploy/Caddyfile", "--adapter", "caddyfile")
    done = run("caddy", *adapt, environ={"SERVER_NAME": "chat.example.org"})
    assert done.returncode == 0, done.stderr
    formatted = run("caddy", "fmt", "--diff", "deploy/Caddyfile", environ={})
    assert formatted.returncode == 0, formatted.stdout


def test_the_dockerfile_is_clean() -> None:
    done = run("hadolint", "--failure-threshold", "info", "Dockerfile", environ={})
    assert done.returncode == 0, done.stdout


def test_the_image_copies_only_what_there_is() -> None:
    text = (REPOSITORY / "Dockerfile").read_text()
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE)
    names = [name for line in copied for name in line.split()]
    assert names
    assert [name for name in names if not (REPOSITORY / name).exists()] == []
