"""The server under load: ours, started for the purpose on a fresh database, or one that runs.

PostgreSQL is started with `fsync` on, and nothing lies on a file system in memory: a figure without
durability is none.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.harness import postgres
from tests.load.processes import ProcessTree

SERVE = Path(__file__).resolve().parents[1] / "harness/serve"
DATABASES = ("sqlite", "postgresql")

_START_SECONDS = 60.0
_STOP_SECONDS = 30.0


@dataclass(frozen=True)
class Cores:
    """Which cores each may use; empty: all of them."""

    server: frozenset[int]
    load: frozenset[int]
    database: frozenset[int]

    @staticmethod
    def of(available: list[int]) -> Cores:
        """A core each for the server and for the load, the rest for the database; which shares the
        load's where there is no third. With one core nothing is pinned."""
        if len(available) < 2:
            return Cores(frozenset(), frozenset(), frozenset())
        server, load, *rest = available
        return Cores(frozenset({server}), frozenset({load}), frozenset(rest or [load]))


@dataclass(frozen=True)
class Target:
    """A server that answers at `base`.

    start_s: from starting its process to the first answer, with tables in place. idle_mib: its
    memory soon after.
    """

    base: str
    server: ProcessTree
    database: ProcessTree
    start_s: float | None = None
    idle_mib: float | None = None


def default_folder() -> Path:
    """Where the data of a measurement lies: on a disk. Raises RuntimeError where it is not one."""
    folder = Path("/var/tmp") if Path("/var/tmp").is_dir() else Path(tempfile.gettempdir())
    refuse_memory(folder)
    return folder


def refuse_memory(folder: Path) -> None:
    """Raises RuntimeError for a folder whose files are in memory."""
    try:
        mounts = Path("/proc/mounts").read_text()
    except OSError:
        return
    if file_system(folder.resolve(), mounts) in ("tmpfs", "ramfs"):
        raise RuntimeError(f"{folder} is in memory: name a folder on a disk with --folder")


def file_system(folder: Path, mounts: str) -> str:
    """The type of the file system of a folder. mounts: as in /proc/mounts."""
    kind, longest = "", 0
    for line in mounts.splitlines():
        _, point, found, *_ = line.split()
        if folder.is_relative_to(point) and len(point) >= longest:
            kind, longest = found, len(point)
    return kind


@contextlib.contextmanager
def own_server(
    database: str,
    folder: Path,
    cores: Cores,
    *,
    priority: int | None = None,
    starts: int = 3,
    settle: float = 3.0,
    processes: int = 1,
    environ: Mapping[str, str] | None = None,
) -> Iterator[Target]:
    """Our server on a fresh database, `sqlite` or `postgresql`, and with fresh data.

    priority: niceness; None: as it comes. starts: how often it is started, of which the first makes
    the tables and does not count where there are others. settle: seconds until its memory is looked
    at. processes: how many share its port. environ: settings beside the usual ones.
    Raises RuntimeError.
    """
    with tempfile.TemporaryDirectory(prefix="team-load-", dir=folder) as own:
        data = Path(own)
        with fresh_database(database, data, cores) as (url, behind):
            port = _free_port()
            if priority is not None:
                behind.prioritise(priority)
            process, took = _start(data / "server", port, url, cores, priority, processes, environ)
            try:
                seconds = [took]
                for _ in range(starts - 1):
                    _stop(process)
                    process, took = _start(
                        data / "server", port, url, cores, priority, processes, environ
                    )
                    seconds.append(took)
                time.sleep(settle)
                server = ProcessTree(process.pid)
                idle = round(server.memory(), 1) if server else None
                start_s = round(median(seconds[1:] or seconds), 3)
                yield Target(f"http://127.0.0.1:{port}", server, behind, start_s, idle)
            finally:
                _stop(process)


@contextlib.contextmanager
def fresh_database(
    name: str, folder: Path, cores: Cores
) -> Iterator[tuple[str | None, ProcessTree]]:
    """The address of a database with nothing in it, and its processes. None: a file in the
    server's folder."""
    if name == "sqlite":
        yield None, ProcessTree(None)
        return
    folder.chmod(0o755)  # PostgreSQL may run as another user
    own = folder / "postgresql"
    own.mkdir()
    try:
        cluster = postgres.start(own, durable=True)
        pid = int((own / "data/postmaster.pid").read_text().split("\n", 1)[0])
        tree = ProcessTree(pid)
        tree.pin(cores.database)
        yield cluster.url(cluster.create()), tree
    finally:
        postgres.stop(own)


def _start(
    data: Path,
    port: int,
    database_url: str | None,
    cores: Cores,
    priority: int | None,
    processes: int,
    environ: Mapping[str, str] | None,
) -> tuple[subprocess.Popen[bytes], float]:
    """The process of a server that answers, and how many seconds that took."""
    data.mkdir(exist_ok=True)
    environment = {**os.environ, **(environ or {})} | {
        "SERVER_NAME": "localhost",
        "BIND_IP": "127.0.0.1",
        "PORT": str(port),
        "DATA_DIR": str(data),
    }
    environment.pop("DATABASE_URL", None)
    if database_url is not None:
        environment["DATABASE_URL"] = database_url
    log = data / "output.log"
    started = time.perf_counter()
    with log.open("ab") as output:
        process = subprocess.Popen(
            [str(SERVE)] + (["--processes", str(processes)] if processes > 1 else []),
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    tree = ProcessTree(process.pid)
    tree.pin(cores.server)
    if priority is not None:
        tree.prioritise(priority)
    while time.perf_counter() < started + _START_SECONDS:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended:\n{log.read_text(errors='replace')[-4000:]}")
        if _answers(port):
            return process, time.perf_counter() - started
        time.sleep(0.005)
    _stop(process)
    raise RuntimeError(f"no answer within {_START_SECONDS:.0f} s")


def _answers(port: int) -> bool:
    request = (
        b"GET /_matrix/client/versions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(request)
            return b" 200 " in connection.recv(64)
    except OSError:
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(_STOP_SECONDS)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
