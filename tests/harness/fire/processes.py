"""One homeserver and two processes of the tasks service on one database, each killable."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

import yaml

from tests.harness.fire import nursery
from tests.harness.fire.stores import Store
from tests.harness.homeserver import (
    SHARED_SECRET,
    Appservice,
    RunningHomeserver,
    free_port,
)

CODE = Path(__file__).parents[3] / "appservice-tasks"
SERVER_NAME = "localhost"
AUTHORITY = f"@tasks:{SERVER_NAME}"
START_SECONDS = 120
LEASE_SECONDS = 3.0
"""A dead process is noticed within a quarter of it, one that hangs after the whole."""


@dataclass
class TasksProcess:
    """`python -m appservice_tasks run` at an address of its own."""

    config: Path
    port: int
    log: Path
    process: BaseProcess | None = None
    failpoint: str = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.is_alive()

    def start(self, database_url: str, failpoint: str = "") -> None:
        """Starts it; `wait` until it is up."""
        variables = {"DATABASE_URL": database_url, "TASKS_FAILPOINT": failpoint}
        arguments = ["run", "--config", str(self.config)]
        self.process = nursery.start(arguments, variables, self.log)
        self.failpoint = failpoint

    def wait(self) -> None:
        """Until it listens, or has been killed at its failpoint."""
        assert self.process is not None
        end = time.monotonic() + START_SECONDS
        while self.process.is_alive():
            if self._listens():
                return
            if time.monotonic() > end:
                raise RuntimeError(f"not up after {START_SECONDS} s:\n{self.tail()}")
            time.sleep(0.02)
        if not self.failpoint or self.process.exitcode != -signal.SIGKILL:
            raise RuntimeError(f"ended with {self.process.exitcode}:\n{self.tail()}")

    def _listens(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=5):
                return True
        except (OSError, urllib.error.URLError):
            return False

    def kill(self) -> None:
        """Ends it at once, if it runs."""
        if self.process is not None:
            self.process.kill()
            self.process.join(10)

    def died(self, seconds: float) -> bool:
        """Waits for its end; whether it was killed."""
        assert self.process is not None
        self.process.join(seconds)
        return self.process.exitcode == -signal.SIGKILL

    def tail(self) -> str:
        """The end of what it said."""
        return self.log.read_text(errors="replace")[-6000:]


@dataclass
class Fleet:
    """Everything that runs. front: the port that the homeserver pushes transactions to."""

    folder: Path
    homeserver: RunningHomeserver
    homeserver_store: Store
    tasks: Sequence[TasksProcess]
    tasks_store: Store
    front: int
    hs_token: str
    story: list[str] = field(default_factory=list)

    @property
    def is_sqlite(self) -> bool:
        return self.tasks_store.url.startswith("sqlite")

    def note(self, happened: str) -> None:
        """For whoever reads why a round failed."""
        self.story.append(f"{time.monotonic():.2f} {happened}")

    def start_tasks(self, *numbers: int, failpoint: str = "") -> None:
        """Starts processes, all of them unless numbers are given."""
        starting = numbers or range(len(self.tasks))
        for number in starting:
            self.note(f"process {number} starts {failpoint}")
            self.tasks[number].start(self.tasks_store.url, failpoint)
        for number in starting:
            self.tasks[number].wait()

    def kill_tasks(self, *numbers: int) -> None:
        """Kills processes, all of them unless numbers are given."""
        for number in numbers or range(len(self.tasks)):
            self.note(f"process {number} killed")
            self.tasks[number].kill()

    def kill_homeserver(self) -> None:
        self.note("homeserver killed")
        self.homeserver.kill()

    def start_homeserver(self) -> None:
        """Starts it on whatever its store holds now."""
        self.note("homeserver starts")
        if self.homeserver.database_url is not None:
            self.homeserver.database_url = self.homeserver_store.url
        self.homeserver.start()

    def copy_homeserver(self) -> str:
        """Keeps its database as it is now; it is away for that moment where it must be."""
        if self.homeserver_store.copies_in_use:
            return self.homeserver_store.copy()
        self.kill_homeserver()
        copy = self.homeserver_store.copy()
        self.start_homeserver()
        return copy

    def copy_index(self) -> str:
        """Keeps the database of the tasks service as it is now."""
        if self.tasks_store.copies_in_use:
            return self.tasks_store.copy()
        self.kill_tasks()
        copy = self.tasks_store.copy()
        self.start_tasks()
        return copy

    def run(self, name: str) -> subprocess.CompletedProcess[str]:
        """A command of the tasks service that ends by itself."""
        return subprocess.run(
            [sys.executable, "-m", "appservice_tasks", name, "--config", self.tasks[0].config],
            env=os.environ | {"PYTHONPATH": str(CODE), "DATABASE_URL": self.tasks_store.url},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@contextmanager
def running_fleet(folder: Path, homeserver_store: Store, tasks_store: Store) -> Iterator[Fleet]:
    """A homeserver that knows the tasks service; of that, nothing runs yet."""
    front = free_port()
    appservice = Appservice(
        id="org.teammessenger.tasks",
        url=f"http://127.0.0.1:{front}",
        as_token=secrets.token_hex(16),
        hs_token=secrets.token_hex(16),
        sender_localpart="tasks",
        prefix="bot_",
    )
    is_sqlite = homeserver_store.url.startswith("sqlite")
    homeserver = RunningHomeserver(
        url=f"http://127.0.0.1:{free_port()}",
        server_name=SERVER_NAME,
        shared_secret=SHARED_SECRET,
        appservice=appservice,
        data_dir=folder,
        database_url=None if is_sqlite else homeserver_store.url,
    )
    registration = appservice.registration(SERVER_NAME)
    registration["namespaces"]["rooms"] = [{"exclusive": False, "regex": "!.*"}]
    (folder / "tasks.registration.yaml").write_text(yaml.safe_dump(registration))
    tasks = [_configured(folder, number, homeserver) for number in range(2)]
    fleet = Fleet(
        folder, homeserver, homeserver_store, tasks, tasks_store, front, appservice.hs_token
    )
    try:
        homeserver.start()
        yield fleet
    finally:
        for process in tasks:
            process.kill()
        homeserver.kill()


def _configured(folder: Path, number: int, homeserver: RunningHomeserver) -> TasksProcess:
    port = free_port()
    config = folder / f"tasks{number}.yaml"
    values = {
        "server_name": SERVER_NAME,
        "homeserver_url": homeserver.url,
        "authority": AUTHORITY,
        "as_token": homeserver.appservice.as_token,
        "hs_token": homeserver.appservice.hs_token,
        "listen": {"host": "127.0.0.1", "port": port},
        "lease_seconds": LEASE_SECONDS,
        "rate_limits": False,
    }
    config.write_text(yaml.safe_dump(values))
    return TasksProcess(config, port, folder / f"tasks{number}.log")
