"""A homeserver of its own process for tests that talk to it over HTTP, as any client does.

`tests/harness/serve` runs it; one server serves a test module on each database, so names must be
new in each test (`new_name`). An appservice is registered in every one; nobody need be listening.

With `HOMESERVER_URL` the same tests judge a server that runs already: Matrix's other servers show
whether a test asks for what the specification says. It must be called `localhost`, allow open
registration without limits, and know the appservice of the file that `HOMESERVER_APPSERVICE` names.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest
import yaml

from tests.harness.postgres import Cluster
from tests.load.processes import ProcessTree

SERVE = Path(__file__).with_name("serve")
SHARED_SECRET = "complement"
START_SECONDS = 60
STOP_SECONDS = 15


@dataclass(frozen=True)
class Appservice:
    """What the homeserver knows of an appservice: the part of its registration that matters."""

    id: str
    url: str
    as_token: str
    hs_token: str
    sender_localpart: str
    prefix: str
    """Ghosts and aliases whose localpart starts with this are the appservice's alone."""

    @property
    def port(self) -> int:
        """Where the homeserver expects it to listen, on 127.0.0.1."""
        port = urlsplit(self.url).port
        assert port is not None
        return port

    def registration(self, server_name: str) -> dict[str, Any]:
        """The registration file's content."""
        return {
            "id": self.id,
            "url": self.url,
            "as_token": self.as_token,
            "hs_token": self.hs_token,
            "sender_localpart": self.sender_localpart,
            "rate_limited": False,
            "namespaces": {
                "users": [{"exclusive": True, "regex": f"@{self.prefix}.*:{server_name}"}],
                "aliases": [{"exclusive": True, "regex": f"#{self.prefix}.*:{server_name}"}],
                "rooms": [],
            },
        }


@dataclass(frozen=True)
class Answer:
    """An HTTP answer with its JSON body."""

    status: int
    body: dict[str, Any]

    def ok(self) -> dict[str, Any]:
        """The body of a success; anything else fails the test and shows what was said."""
        assert self.status == 200, (self.status, self.body)
        return self.body


@dataclass
class RunningHomeserver:
    """A homeserver that answers at `url`, open for registration and without rate limits."""

    url: str
    server_name: str
    shared_secret: str
    appservice: Appservice
    data_dir: Path | None = None
    database_url: str | None = None
    process: subprocess.Popen[bytes] | None = None
    processes: int = 1
    """How many serve, beside the parent that keeps them."""

    def user_id(self, localpart: str) -> str:
        """The user id of an account of this server."""
        return f"@{localpart}:{self.server_name}"

    async def register(self, localpart: str, password: str = "correct horse") -> str:
        """Make an account and give its access token."""
        body = {
            "username": localpart,
            "password": password,
            "auth": {"type": "m.login.dummy"},
        }
        answer = await self.request("POST", "/_matrix/client/v3/register", body)
        token = answer.ok()["access_token"]
        assert isinstance(token, str)
        return token

    async def request(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        token: str | None = None,
        query: dict[str, str] | None = None,
    ) -> Answer:
        """One request with a JSON body. Any status is an answer; the caller judges it."""
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(method, self.url + path, json=body, params=query) as response,
        ):
            return Answer(response.status, await response.json())

    def start(self) -> None:
        """Start the process and wait until it answers. It keeps its address over restarts."""
        assert self.data_dir is not None
        environment = os.environ | {
            "SERVER_NAME": self.server_name,
            "BIND_IP": "127.0.0.1",
            "PORT": str(urlsplit(self.url).port),
            "DATA_DIR": str(self.data_dir),
        }
        environment.pop("DATABASE_URL", None)
        if self.database_url is not None:
            environment["DATABASE_URL"] = self.database_url
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [str(SERVE), "--processes", str(self.processes)],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._wait_until_up()

    def stop(self) -> None:
        """End the process as an administrator would; one that does not end fails the test."""
        process, self.process = self.process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            _kill_group(process)
            raise RuntimeError(
                f"not stopped {STOP_SECONDS} s after SIGTERM:\n{self._tail()}"
            ) from None
        finally:
            _kill_group(process)

    def kill(self) -> None:
        """End everything at once, as a power cut would."""
        process, self.process = self.process, None
        if process is not None:
            _kill_group(process)

    def workers(self) -> list[int]:
        """The processes that serve, where there are several."""
        assert self.process is not None
        return ProcessTree(self.process.pid).ids()[1:]

    @property
    def _log(self) -> Path:
        assert self.data_dir is not None
        return self.data_dir / "output.log"

    def _tail(self) -> str:
        return self._log.read_text(errors="replace")[-4000:]

    def _wait_until_up(self) -> None:
        assert self.process is not None
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"ended with {self.process.returncode}:\n{self._tail()}")
            with suppress(OSError, urllib.error.URLError):
                address = f"{self.url}/_matrix/client/versions"
                with urllib.request.urlopen(address, timeout=5) as answer:
                    if answer.status == 200:
                        return
            time.sleep(0.05)
        self.kill()
        raise RuntimeError(f"no answer within {START_SECONDS} s:\n{self._tail()}")


@contextmanager
def running_homeserver(
    data_dir: Path, database_url: str | None, *, processes: int = 1
) -> Iterator[RunningHomeserver]:
    """A server with its data in the empty folder `data_dir`; None stands for SQLite there."""
    appservice = Appservice(
        id="test-bridge",
        url=f"http://127.0.0.1:{free_port()}",
        as_token=secrets.token_hex(16),
        hs_token=secrets.token_hex(16),
        sender_localpart="bridge_bot",
        prefix="bridge_",
    )
    server = RunningHomeserver(
        url=f"http://127.0.0.1:{free_port()}",
        server_name="localhost",
        shared_secret=SHARED_SECRET,
        appservice=appservice,
        data_dir=data_dir,
        database_url=database_url,
        processes=processes,
    )
    folder = data_dir / "appservices"
    folder.mkdir()
    (folder / "bridge.yaml").write_text(yaml.safe_dump(appservice.registration("localhost")))
    try:
        server.start()
        yield server
        server.stop()
    finally:
        server.kill()


def new_name(stem: str) -> str:
    """A localpart that no other test uses: `olga` becomes `olga-3f9a1c`."""
    return f"{stem}-{secrets.token_hex(3)}"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def homeserver(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningHomeserver]:
    """A running server, once on SQLite and once on PostgreSQL, shared by the tests of a module."""
    if os.environ.get("HOMESERVER_URL"):
        yield _given()
        return
    data_dir = tmp_path_factory.mktemp("homeserver")
    if request.param == "sqlite":
        with running_homeserver(data_dir, None) as server:
            yield server
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    name = cluster.create()
    try:
        with running_homeserver(data_dir, cluster.url(name)) as server:
            yield server
    finally:
        cluster.drop(name)


def _given() -> RunningHomeserver:
    """The server that the environment names."""
    file = yaml.safe_load(Path(os.environ["HOMESERVER_APPSERVICE"]).read_text())
    user_regex: str = file["namespaces"]["users"][0]["regex"]
    appservice = Appservice(
        id=file["id"],
        url=file["url"],
        as_token=file["as_token"],
        hs_token=file["hs_token"],
        sender_localpart=file["sender_localpart"],
        prefix=user_regex.removeprefix("@").partition(".*")[0],
    )
    url = os.environ["HOMESERVER_URL"].rstrip("/")
    return RunningHomeserver(url, "localhost", SHARED_SECRET, appservice)


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(STOP_SECONDS)


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
