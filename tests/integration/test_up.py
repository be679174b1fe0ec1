"""`python -m homeserver up`, which is what `make run` runs, as a person meets it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

START_SECONDS = 60


class Running:
    """One start of everything, with its data in `folder`."""

    def __init__(self, folder: Path, port: int, **environ: str) -> None:
        self.folder = folder
        self.url = f"http://127.0.0.1:{port}"
        self._output = folder.with_name(f"output-{time.monotonic_ns()}")
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        with self._output.open("w") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "homeserver", "up"],
                env={**kept, "DATA": str(folder), "PORT": str(port), **environ},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self._output.read_text()

    def greeted(self) -> str:
        """What was printed, once the welcome is."""
        end = time.monotonic() + START_SECONDS
        while "Ctrl-C stops it" not in self.output:
            assert self.process.poll() is None, self.output
            assert time.monotonic() < end, self.output
            time.sleep(0.05)
        return self.output

    def refused(self) -> str:
        """What was printed by a start that was refused."""
        assert self.process.wait(START_SECONDS) == 1, self.output
        return self.output

    def stop(self, number: int = signal.SIGTERM) -> int:
        os.killpg(self.process.pid, number)
        return self.process.wait(30)

    def is_up(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    def children(self, program: str = "") -> list[int]:
        """The services; those whose command line contains `program`."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [
            int(pid)
            for pid in path.read_text().split()
            if program.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


@pytest.fixture
def starts(tmp_path: Path, port: int) -> Iterator[list[Running]]:
    """Those that are appended are killed at the end, if they still run."""
    started: list[Running] = []
    yield started
    for running in started:
        if running.process.poll() is None:
            os.killpg(running.process.pid, signal.SIGKILL)
            running.process.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_start_makes_everything_and_a_signal_stops_all_of_it(
    tmp_path: Path, port: int, starts: list[Running], number: signal.Signals
) -> None:
    data = tmp_path / "data"
    running = Running(data, port)
    starts.append(running)
    shown = running.greeted()
    assert f"http://localhost:{port}" in shown
    assert re.search(r"Password +\S{12,}", shown)
    assert {path.name for path in data.iterdir()} >= {
        "config.yaml",
        "homeserver.db",
        "run.pid",
        "signing.key",
        "tasks.db",
        "tasks.registration.yaml",
        "tasks.yaml",
    }
    assert (data / "run.pid").read_text() == f"{running.process.pid}\n"
    assert running.is_up()
    children = running.children()
    assert len(children) == 2
    assert running.stop(number) == 0
    assert not any(Path(f"/proc/{child}").exists() for child in children)
    assert not (data / "run.pid").exists()
    assert not running.is_up()


def test_a_later_start_keeps_everything_and_shows_no_password(
    tmp_path: Path, port: int, starts: list[Running]
) -> None:
    data = tmp_path / "data"
    for _ in range(2):
        running = Running(data, port)
        starts.append(running)
        shown = running.greeted()
        keys = (data / "signing.key").read_text()
        running.stop()
    assert "Password" not in shown
    assert (data / "signing.key").read_text() == keys


def test_the_data_can_be_moved(tmp_path: Path, port: int, starts: list[Running]) -> None:
    first = Running(tmp_path / "data", port, ADMIN_PASSWORD="correct horse")
    starts.append(first)
    assert "Password" not in first.greeted()
    first.stop()
    (tmp_path / "data").rename(tmp_path / "moved")
    second = Running(tmp_path / "moved", port)
    starts.append(second)
    assert "Password" not in second.greeted()


@pytest.mark.parametrize("program", ["homeserver\0run", "appservice_tasks"])
def test_a_dead_service_is_back_within_five_seconds(
    tmp_path: Path, port: int, starts: list[Running], program: str
) -> None:
    running = Running(tmp_path / "data", port)
    starts.append(running)
    running.greeted()
    (child,) = running.children(program)
    os.kill(child, signal.SIGKILL)
    end = time.monotonic() + 5
    while running.children(program) in ([], [child]) or not running.is_up():
        assert time.monotonic() < end, running.output
        time.sleep(0.05)


def test_after_a_kill_of_everything_it_starts_as_if_nothing_had_been(
    tmp_path: Path, port: int, starts: list[Running]
) -> None:
    first = Running(tmp_path / "data", port)
    starts.append(first)
    first.greeted()
    leader = int((tmp_path / "data" / "run.pid").read_text())
    os.killpg(leader, signal.SIGKILL)
    first.process.wait()
    second = Running(tmp_path / "data", port)
    starts.append(second)
    second.greeted()


def test_a_second_start_on_the_same_data_is_refused(
    tmp_path: Path, port: int, starts: list[Running]
) -> None:
    first = Running(tmp_path / "data", port)
    starts.append(first)
    first.greeted()
    second = Running(tmp_path / "data", port + 1)
    starts.append(second)
    assert f"runs already with the data in {tmp_path / 'data'}" in second.refused()
    assert first.is_up()
    third = Running(tmp_path / "other", port)
    starts.append(third)
    assert f"Port {port} is taken" in third.refused()


def test_another_name_for_existing_data_is_refused(
    tmp_path: Path, port: int, starts: list[Running]
) -> None:
    first = Running(tmp_path / "data", port, SERVER_NAME="a.example")
    starts.append(first)
    first.greeted()
    first.stop()
    second = Running(tmp_path / "data", port, SERVER_NAME="b.example")
    starts.append(second)
    assert "SERVER_NAME=a.example" in second.refused()


def test_what_the_file_says_holds(tmp_path: Path, port: int, starts: list[Running]) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "config.yaml").write_text("logging: {requests: true, format: json}")
    running = Running(data, port)
    starts.append(running)
    running.greeted()
    urllib.request.urlopen(f"{running.url}/_matrix/client/versions", timeout=5).close()
    running.stop()
    lines = [line for line in running.output.splitlines() if '"event": "request"' in line]
    assert any('"status": 200' in line for line in lines)


def test_a_wrong_key_in_the_file_is_a_sentence(
    tmp_path: Path, port: int, starts: list[Running]
) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "config.yaml").write_text("listen: {prot: 1}")
    starts.append(Running(data, port))
    assert "listen.prot: unknown key; did you mean `port`?" in starts[0].refused()


def test_a_weak_password_for_the_administrator_is_a_sentence(
    tmp_path: Path, port: int, starts: list[Running]
) -> None:
    starts.append(Running(tmp_path / "data", port, ADMIN_PASSWORD="short"))
    assert "ADMIN_PASSWORD cannot be used" in starts[0].refused()
    assert "Traceback" not in starts[0].output
