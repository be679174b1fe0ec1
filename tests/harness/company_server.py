"""A whole company for tests: homeserver and tasks service as processes, like `make run`.

`python -m homeserver up` runs both; one start on each database serves all tests of a worker. Each
test has people and rooms of its own (`colleagues.person("olga")`); what belongs to everybody, like
the organisation, a test puts back as it was.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
import socketio
import yaml

from appservice_tasks.domain.ids import task_id_for
from tests.harness.postgres import Cluster

SERVER_NAME = "corp.example"
AUTHORITY = f"@tasks:{SERVER_NAME}"
PASSWORD = "correct horse"
START_SECONDS = 60

Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What a request was answered."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def ok(self) -> Any:
        """The body of a success; anything else fails the test and shows what was said."""
        assert self.status < 300, (self.status, self.body)
        return self.body

    def must(self) -> None:
        """It was a success."""
        assert self.status < 300, (self.status, self.body)

    @property
    def refusal(self) -> tuple[int, str]:
        """Status and code, or errcode, of a refusal."""
        assert self.status >= 400, (self.status, self.body)
        return self.status, self.body.get("code") or self.body.get("errcode")


@dataclass
class CompanyServer:
    """Both services, as one process group. They keep their address and data over restarts."""

    folder: Path
    port: int
    database_url: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    admin_token: str | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def tasks_config(self) -> Path:
        """The tasks service's own configuration."""
        return self.folder / "tasks.yaml"

    @property
    def as_token(self) -> str:
        """The token that the tasks service has."""
        token: str = yaml.safe_load(self.tasks_config.read_text())["as_token"]
        return token

    def start(self) -> None:
        """Starts both and waits until they answer."""
        environ = {
            **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
            "DATA": str(self.folder),
            "PORT": str(self.port),
            "SERVER_NAME": SERVER_NAME,
            "ADMIN_PASSWORD": PASSWORD,
            "RATE_LIMITS": "off",
            **self.environment,
        }
        if self.database_url is not None:
            environ["DATABASE_URL"] = self.database_url
        config = self.folder / "config.yaml"
        if not config.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            settings = {"server_name": SERVER_NAME, "accounts": {"bcrypt_cost": 4}}
            config.write_text(yaml.safe_dump(settings))
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "homeserver", "up"],
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.wait_until_up()

    def wait_until_up(self) -> None:
        """Until both services answer."""
        end = time.monotonic() + START_SECONDS
        for path in ("/_matrix/client/versions", "/v1/nothing"):
            while not self._answers(path):
                assert self.process is not None
                if self.process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(f"not up:\n{self.log_tail()}")
                time.sleep(0.05)

    def _answers(self, path: str) -> bool:
        try:
            with urllib.request.urlopen(self.url + path, timeout=5) as answer:
                return bool(answer.status == 200)
        except urllib.error.HTTPError as error:
            error.close()
            return error.code == 404
        except OSError:
            return False

    def stop(self) -> None:
        """Ends both as Ctrl-C would."""
        process, self.process = self.process, None
        if process is not None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(30)
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

    def kill(self, program: str) -> None:
        """Kills one service, whose command line contains this; it is started again."""
        assert self.process is not None
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        for pid in map(int, children.read_text().split()):
            if program.encode() in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)

    @property
    def log(self) -> Path:
        """What both have written."""
        return self.folder.with_name(self.folder.name + ".log")

    def log_tail(self) -> str:
        """The end of it."""
        return self.log.read_text(errors="replace")[-6000:]


_numbers = itertools.count(1)


class Person:
    """Somebody who is signed in, or a bot."""

    def __init__(self, company: Company, user_id: str, token: str) -> None:
        self.company = company
        self.user_id = user_id
        self.token = token

    @property
    def localpart(self) -> str:
        return self.user_id.partition(":")[0].removeprefix("@")

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        **query: Any,
    ) -> Answer:
        """A request with their token. path: whole, or below /v1/."""
        bearer = {"Authorization": f"Bearer {self.token}", **(headers or {})}
        return await self.company.request(method, path, body, headers=bearer, query=query)

    async def get(self, path: str, **query: Any) -> Answer:
        return await self.call("GET", path, **query)

    async def post(self, path: str, body: Any, **headers: str) -> Answer:
        return await self.call("POST", path, body, headers=_named(headers))

    async def put(self, path: str, body: Any, **headers: str) -> Answer:
        return await self.call("PUT", path, body, headers=_named(headers))

    async def matrix(self, method: str, path: str, body: Any = None, **query: Any) -> Answer:
        """A request to the client-server API, below v3/."""
        return await self.call(method, f"/_matrix/client/v3/{path}", body, **query)

    async def task(self, title: str = "Write the report", **fields: Any) -> Json:
        """A new task."""
        task: Json = (await self.post("tasks", {"title": title, **fields})).ok
        return task

    async def do(self, *commands: Json, **headers: str) -> list[Json]:
        """The outcomes of commands, once there are."""
        while True:
            answer = await self.post("commands", {"commands": list(commands)}, **headers)
            outcomes: list[Json] = answer.ok["results"]
            if all(each["state"] != "pending" for each in outcomes):
                return outcomes

    async def do_one(self, task: Json, *ops: Json, **headers: str) -> Json:
        """The outcome of a command about a task, sent as somebody who has just seen it."""
        command = self.command(*ops, task_id=task["id"], base_rev=task["rev"])
        (outcome,) = await self.do(command, **headers)
        return outcome

    async def create_room(self, *invited: Person, tasks: bool = True, **body: Any) -> str:
        """A room with these people in it, by default set up for tasks."""
        wanted = {"name": "Operations", "preset": "private_chat", **body}
        wanted["invite"] = [each.user_id for each in invited]
        room_id: str = (await self.matrix("POST", "createRoom", wanted)).ok["room_id"]
        for each in invited:
            (await each.matrix("POST", f"rooms/{quote(room_id)}/join", {})).must()
        if tasks:
            (await self.put(f"rooms/{quote(room_id)}/tasks-config", {})).must()
        return room_id

    async def say(self, room_id: str, body: str) -> str:
        """Sends a message by the client-server API; its event id."""
        path = f"rooms/{quote(room_id)}/send/m.room.message/{uuid.uuid4()}"
        sent = await self.matrix("PUT", path, {"msgtype": "m.text", "body": body})
        event_id: str = sent.ok["event_id"]
        return event_id

    def command(self, *ops: Json, task_id: str | None = None, base_rev: int = 0) -> Json:
        """A command; without a task_id, one that creates."""
        cmd_id = str(uuid.uuid4())
        return {
            "v": 1,
            "cmd_id": cmd_id,
            "task_id": task_id or task_id_for(self.user_id, cmd_id),
            "base_rev": base_rev,
            "ops": list(ops),
        }

    @contextlib.asynccontextmanager
    async def socket(self, path: str = "socket.io") -> AsyncIterator[Heard]:
        """A socket of theirs."""
        heard = Heard()
        await heard.open(self.company.server.url, self.token, path)
        try:
            yield heard
        finally:
            await heard.close()


def _named(headers: Mapping[str, str]) -> dict[str, str]:
    """`If_Match` is written as the header `If-Match`."""
    return {name.replace("_", "-"): value for name, value in headers.items()}


class Heard:
    """A Socket.IO client that writes down what it is told. `close` belongs to each."""

    def __init__(self, transports: Sequence[str] = ("websocket",)) -> None:
        # A session of our own: the client forgets to close its one where it was not let in.
        self._session = aiohttp.ClientSession()
        self.client = socketio.AsyncClient(reconnection=False, http_session=self._session)
        self.events: list[tuple[str, Any]] = []
        self.refusal: str | None = None
        self._transports = list(transports)
        self.client.on("*", self._hear, namespace="/ws")
        self.client.on("connect_error", self._be_refused, namespace="/ws")

    async def _be_refused(self, reason: Any) -> None:
        self.refusal = reason["message"] if isinstance(reason, dict) else str(reason)

    async def _hear(self, event: str, *args: Any) -> None:
        self.events.append((event, args[0] if args else None))

    async def open(self, url: str, token: str | None, path: str = "socket.io") -> None:
        """Opens the namespace. Raises socketio's ConnectionError where it is refused."""
        try:
            await self.client.connect(
                url,
                namespaces=["/ws"],
                auth=None if token is None else {"token": token},
                socketio_path=path,
                transports=self._transports,
                wait_timeout=20,
            )
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Ends the connection, if there is one."""
        try:
            await self.client.disconnect()
            # Where the server closed it, its loops may still speak: one that finds our session
            # closed makes another, which nobody closes.
            await self.client.eio.wait()
        finally:
            await self._session.close()

    async def ask(self, event: str, data: Any) -> Json:
        """Sends an event; what it was acknowledged with."""
        ack: Json = await self.client.call(event, data, namespace="/ws", timeout=30)
        return ack

    def told(self, event: str) -> list[Any]:
        """Everything that came by this name."""
        return [data for name, data in self.events if name == event]

    async def until(self, event: str, number: int = 1, *, seconds: float = 20) -> Any:
        """The n-th event of this name, once it has come."""
        end = time.monotonic() + seconds
        while len(self.told(event)) < number:
            assert time.monotonic() < end, f"no {event} among {self.events}"
            await self.client.sleep(0.02)
        return self.told(event)[number - 1]

    async def until_closed(self, *, seconds: float) -> None:
        """Until the server has closed the socket."""
        end = time.monotonic() + seconds
        while self.client.connected and "/ws" in self.client.namespaces:
            assert time.monotonic() < end, "the socket is still open"
            await self.client.sleep(0.02)


class Company:
    """People who work on one server."""

    def __init__(self, server: CompanyServer, session: aiohttp.ClientSession) -> None:
        self.server = server
        self._session = session

    async def request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> Answer:
        """One request. path: whole, or below /v1/. Lists in the query are repeated."""
        params = [
            (name, str(value).lower() if isinstance(value, bool) else str(value))
            for name, values in (query or {}).items()
            for value in (values if isinstance(values, list) else [values])
        ]
        async with self._session.request(
            method,
            self.server.url + (path if path.startswith("/") else f"/v1/{path}"),
            json=body,
            headers=headers,
            params=params,
        ) as response:
            raw = await response.read()
            is_json = "json" in response.content_type
            decoded = await response.json(content_type=None) if raw and is_json else raw.decode()
            return Answer(response.status, decoded, response.headers)

    async def login(self, login: str, password: str = PASSWORD) -> Person:
        """One more session."""
        body = {"login": login, "password": password}
        session = (await self.request("POST", "auth/login", body)).ok
        return Person(self, session["user_id"], session["access_token"])

    async def admin(self) -> Person:
        """The administrator."""
        if self.server.admin_token is None:
            # By the Matrix login: this token does not expire.
            body = {
                "type": "m.login.password",
                "identifier": {"type": "m.id.user", "user": "admin"},
                "password": PASSWORD,
            }
            session = (await self.request("POST", "/_matrix/client/v3/login", body)).ok
            self.server.admin_token = session["access_token"]
        return Person(self, f"@admin:{SERVER_NAME}", self.server.admin_token)

    async def put_user(self, user_id: str, **fields: Any) -> Json:
        """Provisions somebody."""
        path = f"admin/users/{quote(user_id)}"
        user: Json = (await (await self.admin()).put(path, fields)).ok
        return user

    async def person(self, stem: str, **fields: Any) -> Person:
        """A new colleague, signed in: `olga` becomes `olga7-3f9a`."""
        name = f"{stem}{next(_numbers)}-{secrets.token_hex(2)}"
        user_id = f"@{name}:{SERVER_NAME}"
        await self.put_user(
            user_id, password=PASSWORD, **{"display_name": stem.capitalize(), **fields}
        )
        return await self.login(name)

    @contextlib.asynccontextmanager
    async def reporting(self, *lines: tuple[Person, Person]) -> AsyncIterator[None]:
        """In the block each first one reports to the second; else nobody reports to anybody."""
        admin = await self.admin()
        people = [{"user_id": report.user_id, "reports_to": boss.user_id} for report, boss in lines]
        (await admin.put("admin/org", {"units": [], "people": people})).must()
        try:
            yield
        finally:
            (await admin.put("admin/org", {"units": [], "people": []})).must()

    async def bot(self, stem: str) -> Person:
        """A new bot, with its token."""
        user_id = f"@bot_{stem}{next(_numbers)}-{secrets.token_hex(2)}:{SERVER_NAME}"
        made = await self.put_user(user_id, role="bot")
        return Person(self, user_id, made["access_token"])


@contextlib.contextmanager
def running_company(
    folder: Path, database_url: str | None = None, **environment: str
) -> Iterator[CompanyServer]:
    """Both services with their data in a folder; None stands for SQLite there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = CompanyServer(folder, port, database_url, environment)
    try:
        server.start()
        yield server
    finally:
        server.stop()


on_sqlite = pytest.mark.parametrize("company_server", ["sqlite"], indirect=True)
"""For a test of something that no database has a part in."""


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def company_server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CompanyServer]:
    """Both services, once on each database, shared by the tests of a worker."""
    folder = tmp_path_factory.mktemp("company") / "data"
    if request.param == "sqlite":
        with running_company(folder) as server:
            yield server
        return
    cluster: Cluster = request.getfixturevalue("postgres")
    name = cluster.create()
    try:
        with running_company(folder, cluster.url(name)) as server:
            yield server
    finally:
        cluster.drop(name)


@pytest.fixture
async def colleagues(company_server: CompanyServer) -> AsyncIterator[Company]:
    """The company, to be asked."""
    async with aiohttp.ClientSession() as session:
        yield Company(company_server, session)
