from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from homeserver.config import Config, load
from homeserver.demo.work import Told
from homeserver.installation import Refused
from homeserver.supervise import Passwords, _check_port, _only_one, _welcome

# A service that answers /health and writes its process id into a file at each start.
SERVICE = """
import http.server, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def log_message(self, *a): pass
    protocol_version = "HTTP/1.1"
open(sys.argv[1], "a").write(f"{os.getpid()}\\n")
http.server.HTTPServer(("127.0.0.1", int(sys.argv[2])), Handler).serve_forever()
"""

SUPERVISOR = """
import asyncio, sys
from homeserver.supervise import Service, Supervisor
command = (sys.executable, "-c", *sys.argv[2:])
service = Service("service", command, ("127.0.0.1", int(sys.argv[1])))
sys.exit(asyncio.run(Supervisor([service], "WELCOME").run()))
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def supervised(code: str, *arguments: str, port: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SUPERVISOR, str(port), code, *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def starts(path: Path, number: int) -> list[int]:
    """The process ids of the first `number` starts, once there are as many."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        pids = path.read_text().splitlines() if path.exists() else []
        if len(pids) >= number:
            return [int(pid) for pid in pids]
        time.sleep(0.02)
    raise AssertionError(f"not started {number} times")


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_all_of_it(tmp_path: Path, number: signal.Signals) -> None:
    port = free_port()
    process = supervised(SERVICE, str(tmp_path / "pids"), str(port), port=port)
    (pid,) = starts(tmp_path / "pids", 1)
    process.send_signal(number)
    assert process.wait(10) == 0
    assert not is_alive(pid)
    process.communicate()


def test_the_welcome_comes_once_the_service_answers(tmp_path: Path) -> None:
    port = free_port()
    process = supervised(SERVICE, str(tmp_path / "pids"), str(port), port=port)
    assert process.stdout is not None
    assert process.stdout.readline() == "WELCOME\n"
    with socket.create_connection(("127.0.0.1", port)):
        pass
    process.terminate()
    process.communicate(timeout=10)


def test_a_service_that_dies_is_started_again_within_five_seconds(tmp_path: Path) -> None:
    port = free_port()
    process = supervised(SERVICE, str(tmp_path / "pids"), str(port), port=port)
    (first,) = starts(tmp_path / "pids", 1)
    os.kill(first, signal.SIGKILL)
    killed = time.monotonic()
    _, second = starts(tmp_path / "pids", 2)
    assert time.monotonic() - killed < 5
    assert second != first
    process.terminate()
    _, errors = process.communicate(timeout=10)
    assert "by SIGKILL" in errors


def test_a_service_that_refuses_its_configuration_is_not_started_again() -> None:
    process = supervised("import sys; sys.exit(78)", port=free_port())
    assert process.wait(10) == 1
    process.communicate()


def test_a_service_that_never_came_up_is_given_up() -> None:
    process = supervised("import sys; sys.exit('no luck')", port=free_port())
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert errors.count("no luck") == 3
    assert "The service does not start" in errors


def test_a_killed_supervisor_leaves_no_service_behind(tmp_path: Path) -> None:
    port = free_port()
    process = supervised(SERVICE, str(tmp_path / "pids"), str(port), port=port)
    (pid,) = starts(tmp_path / "pids", 1)
    process.kill()
    process.communicate(timeout=10)
    end = time.monotonic() + 5
    while is_alive(pid) and time.monotonic() < end:
        time.sleep(0.02)
    assert not is_alive(pid)


def test_a_busy_port_is_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        config = load(None, {"DATA": str(tmp_path), "PORT": str(port)})
        with pytest.raises(Refused, match=f"Port {port} is taken .* PORT={port + 1}"):
            _check_port(config)


@pytest.mark.parametrize("host", ["198.51.100.7", "no such host"])
def test_an_address_of_another_machine_is_a_sentence(tmp_path: Path, host: str) -> None:
    config = load(None, {"DATA": str(tmp_path), "HOST": host, "PORT": str(free_port())})
    with pytest.raises(Refused, match=f"HOST is {host}"):
        _check_port(config)


def test_one_folder_serves_one_server(tmp_path: Path) -> None:
    code = (
        "import sys, pathlib\nfrom homeserver.supervise import _only_one\n"
        "with _only_one(pathlib.Path(sys.argv[1])):\n print('held', flush=True)\n input()"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    other = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
    )
    assert other.stdout is not None
    assert other.stdout.readline() == "held\n"
    assert (tmp_path / "run.pid").read_text() == f"{other.pid}\n"
    with (
        pytest.raises(Refused, match=f"runs already .*process group {other.pid}"),
        _only_one(tmp_path),
    ):
        pass
    other.communicate("\n", timeout=10)
    assert not (tmp_path / "run.pid").exists()


LAUNCHER = """
import asyncio, pathlib, sys
from homeserver.supervise import Service, Supervisor, _only_one
with _only_one(pathlib.Path(sys.argv[2])) as alarm:
    command = (sys.executable, "-c", *sys.argv[3:])
    service = Service("service", command, ("127.0.0.1", int(sys.argv[1])))
    sys.exit(asyncio.run(Supervisor([service], "WELCOME", alarm).run()))
"""
SCRIPT = 'trap : INT; exec <"$0" >"$0" 2>&1; "$@"; echo it ended with $?'


def test_ctrl_c_reaches_a_supervisor_that_a_script_started(tmp_path: Path) -> None:
    """It leaves the script's process group, to which the terminal sends the signal."""
    port = free_port()
    terminal, other_end = os.openpty()
    launcher = [sys.executable, "-c", LAUNCHER, str(port), str(tmp_path)]
    service = [SERVICE, str(tmp_path / "pids"), str(port)]
    # A session's leader gets the terminal that it opens first.
    command = ["sh", "-c", SCRIPT, os.ttyname(other_end), *launcher, *service]
    shell = subprocess.Popen(command, start_new_session=True)
    shown = b""
    while b"it ended" not in shown:
        shown += os.read(terminal, 1024)
        if shown.endswith(b"WELCOME\r\n"):
            leader = int((tmp_path / "run.pid").read_text())
            assert leader != shell.pid
            assert os.getpgid(starts(tmp_path / "pids", 1)[0]) == leader
            os.write(terminal, b"\x03")
    shell.wait(10)
    os.close(terminal)
    os.close(other_end)
    assert not is_alive(starts(tmp_path / "pids", 1)[0])
    assert not is_alive(leader)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_to_the_group_that_it_left_stops_it(
    tmp_path: Path, number: signal.Signals
) -> None:
    port = free_port()
    launcher = [sys.executable, "-c", LAUNCHER, str(port), str(tmp_path)]
    service = [SERVICE, str(tmp_path / "pids"), str(port)]
    command = ["sh", "-c", '"$0" "$@"; true', *launcher, *service]
    shell = subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE, text=True)
    assert shell.stdout is not None
    assert shell.stdout.readline() == "WELCOME\n"
    (pid,) = starts(tmp_path / "pids", 1)
    os.killpg(shell.pid, number)
    shell.communicate(timeout=20)  # until everybody has closed the output
    assert not is_alive(pid)
    assert not (tmp_path / "run.pid").exists()


def test_a_password_is_shown_when_one_was_made(tmp_path: Path) -> None:
    config = Config()
    assert "pw2" in _welcome(config, tmp_path, Passwords(None, Told("pw2", {}, {}, {})))
    assert "Password    pw1" in _welcome(config, tmp_path, Passwords("pw1"))
    assert "Password" not in _welcome(config, tmp_path, Passwords())
    assert "http://localhost:8008" in _welcome(config, tmp_path, Passwords())
