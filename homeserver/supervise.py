"""Runs the whole of Team Messenger from one command: `python -m homeserver up`, or `make run`.

It prepares the data folder, then starts each service as a child in its own process group, starts
again one that dies, and stops them all at Ctrl-C or SIGTERM. `$DATA/run.pid` holds the leader of
the group.
"""

from __future__ import annotations

import asyncio
import ctypes
import errno
import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from homeserver.config import Config
from homeserver.errors import MatrixError
from homeserver.installation import (
    TASKS_CODE,
    Refused,
    configure,
    data_folder,
    prepare,
    prepare_tasks,
)
from homeserver.observe import configure_logging

if TYPE_CHECKING:
    from homeserver.demo.work import Told

PID_NAME = "run.pid"
EXIT_REFUSED = 78
"""EX_CONFIG: a service that ends with it would end with it again, so it is not restarted."""

_STOP_SECONDS = 20
_RESTART_SECONDS = (0.2, 1.0, 2.0, 4.0)
_FIRST_TRIES = 3
"""Where nothing was up yet, the fault is rather in the set-up than in the moment."""
_STEADY_SECONDS = 30
_HEALTH_SECONDS = 60
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Service:
    """One child process.

    address: the host and port whose `/health` says that it is up.
    """

    name: str
    command: Sequence[str]
    address: tuple[str, int]
    environment: Mapping[str, str] = field(default_factory=dict)


def up(environ: Mapping[str, str]) -> int:
    """Run everything until it is stopped; the exit code for the shell."""
    try:
        folder = data_folder(environ)
        with _only_one(folder) as alarm:
            path, config = configure(folder, environ)
            _check_port(config)
            configure_logging("warning", config.logging.format)
            made = asyncio.run(_install(config, environ))
            tasks = _tasks(config)
            services = [_homeserver(path, config, folder), *tasks]
            welcome = _welcome(config, folder, made)
            work = None if made.demo is None or not tasks else _work(config, environ, made)
            return asyncio.run(Supervisor(services, welcome, alarm, work).run())
    except Refused as refusal:
        print(refusal, file=sys.stderr, flush=True)
        return 1
    except KeyboardInterrupt:
        return 130


@dataclass(frozen=True)
class Passwords:
    """Those that were made up for new accounts, to be shown this once."""

    admin: str | None = None
    demo: Told | None = None


async def _install(config: Config, environ: Mapping[str, str]) -> Passwords:
    """Prepare the data, the administrator's account and, if asked for, the demo."""
    from homeserver.services.accounts.provision import ensure_admin

    await prepare(config)
    try:
        admin = await ensure_admin(config, environ.get("ADMIN_PASSWORD") or None)
    except MatrixError as error:
        raise Refused(f"ADMIN_PASSWORD cannot be used: {error.message}.") from None
    demo = None
    if environ.get("DEMO") == "1":
        from homeserver.demo.tell import add_demo

        demo = await add_demo(config)
    return Passwords(admin, demo)


def _work(
    config: Config, environ: Mapping[str, str], made: Passwords
) -> Callable[[], Awaitable[None]]:
    """What tells the demo's tasks; where that fails, the demo has fewer of them."""
    password = made.admin or environ.get("ADMIN_PASSWORD") or None
    admin = None if password is None else (config.accounts.admin_localpart, password)

    async def tell() -> None:
        from homeserver.demo.work import add_work

        assert made.demo is not None
        try:
            await add_work(_address(config), made.demo, admin)
        except RuntimeError as error:
            print(f"The demo's tasks are incomplete: {error}", file=sys.stderr, flush=True)

    return tell


def _address(config: Config) -> str:
    """Where the homeserver is reached from this machine."""
    host = _reachable(config.listen.host)
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{config.listen.port}"


def _homeserver(path: Path, config: Config, folder: Path) -> Service:
    command = (sys.executable, "-m", "homeserver", "run", "--config", str(path))
    host = _reachable(config.listen.host)
    return Service("homeserver", command, (host, config.listen.port), {"DATA": str(folder)})


def _tasks(config: Config) -> list[Service]:
    """The tasks service, where it is installed."""
    prepared = prepare_tasks(config)
    if prepared is None:
        return []
    path, port = prepared
    command = (sys.executable, "-m", "appservice_tasks", "run", "--config", str(path))
    environment = {
        "PYTHONPATH": str(TASKS_CODE),
        "HOMESERVER_URL": _address(config),
        "DATABASE_URL": str(config.database.url or ""),
    }
    return [Service("tasks service", command, ("127.0.0.1", port), environment)]


class Supervisor:
    """Keeps services running. A service that dies is started again within five seconds.

    alarm: a descriptor whose end is as good as a signal to stop. first: what is done once, when
    every service answers, before the welcome.
    """

    def __init__(
        self,
        services: Sequence[Service],
        welcome: str,
        alarm: int | None = None,
        first: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._services = services
        self._welcome = welcome
        self._alarm = alarm
        self._first = first
        self._stopping = asyncio.Event()
        self._exit_code = 0
        self._greeted = False

    async def run(self) -> int:
        """Until a signal, or until a service refuses to run at all; the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._stopping.set)
        if self._alarm is not None:
            loop.add_reader(self._alarm, self._ring)
        async with asyncio.TaskGroup() as tasks:
            for service in self._services:
                tasks.create_task(self._keep(service))
            tasks.create_task(self._greet())
        return self._exit_code

    def _ring(self) -> None:
        assert self._alarm is not None
        asyncio.get_running_loop().remove_reader(self._alarm)
        self._stopping.set()

    async def _keep(self, service: Service) -> None:
        failures = 0
        while not self._stopping.is_set():
            started = time.monotonic()
            process = await asyncio.create_subprocess_exec(
                *service.command,
                env={**os.environ, **service.environment},
                stdin=asyncio.subprocess.DEVNULL,
                preexec_fn=_die_with_parent,
            )
            await self._until_ended(process)
            if self._stopping.is_set():
                return
            if process.returncode == EXIT_REFUSED:
                self._exit_code = 1
                self._stopping.set()
                return
            if time.monotonic() - started > _STEADY_SECONDS:
                failures = 0
            pause = _RESTART_SECONDS[min(failures, len(_RESTART_SECONDS) - 1)]
            failures += 1
            if failures == _FIRST_TRIES and not self._greeted:
                print(
                    f"The {service.name} does not start: see the reason above.",
                    file=sys.stderr,
                    flush=True,
                )
                self._exit_code = 1
                self._stopping.set()
                return
            print(
                f"The {service.name} ended ({_reason(process.returncode)}); "
                f"it starts again in {pause:g} s.",
                file=sys.stderr,
                flush=True,
            )
            with suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    async def _until_ended(self, process: asyncio.subprocess.Process) -> None:
        """Wait for its end, or end it when we are asked to stop."""
        ended = asyncio.ensure_future(process.wait())
        asked = asyncio.ensure_future(self._stopping.wait())
        await asyncio.wait((ended, asked), return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if ended.done():
            return
        with suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(asyncio.shield(ended), _STOP_SECONDS)
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await ended

    async def _greet(self) -> None:
        """Print the welcome once every service answers."""
        deadline = time.monotonic() + _HEALTH_SECONDS
        for service in self._services:
            while not await _healthy(service.address):
                if self._stopping.is_set():
                    return
                if time.monotonic() > deadline:
                    print(f"The {service.name} does not answer.", file=sys.stderr, flush=True)
                    return
                await asyncio.sleep(0.05)
        self._greeted = True
        if self._first is not None:
            await self._first()
        print(self._welcome, flush=True)


async def _healthy(address: tuple[str, int]) -> bool:
    try:
        reader, writer = await asyncio.wait_for(asyncio.open_connection(*address), 2)
        try:
            writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            line = await asyncio.wait_for(reader.readline(), 2)
        finally:
            writer.close()
    except (OSError, TimeoutError):
        return False
    return line.startswith(b"HTTP/1.1 200")


def _die_with_parent() -> None:
    """On Linux, a child is asked to stop when its supervisor was killed."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _reason(code: int | None) -> str:
    if code is not None and code < 0:
        return f"by {signal.Signals(-code).name}"
    return f"with exit code {code}"


@contextmanager
def _only_one(folder: Path) -> Iterator[int | None]:
    """Hold the data folder, in a process group whose leader stands in `run.pid`; gives the alarm.

    The lock lies on the pid file itself and ends with the process, however it ends.
    """
    path = folder / PID_NAME
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Refused(
                f"Team Messenger runs already with the data in {folder} "
                f"(process group {file.read().strip() or 'unknown'}): stop it first, or choose "
                "another folder with DATA and another port with PORT."
            ) from None
        with _process_group() as (leader, alarm):
            file.truncate(0)
            file.write(f"{leader}\n")
            file.flush()
            try:
                yield alarm
            finally:
                path.unlink(missing_ok=True)


@contextmanager
def _process_group() -> Iterator[tuple[int, int | None]]:
    """Be in a process group that holds nothing but us, our children, and `make` if it leads it.

    Gives the group's leader and, where we left another group, the alarm: a descriptor that ends
    when a signal was sent to that group, such as Ctrl-C. A sentinel stays there to notice it.
    """
    leader = os.getpgrp()
    if leader == os.getpid() or (leader == os.getppid() and _is_make(leader)):
        yield leader, None
        return
    alarm, alarm_end = os.pipe()
    lifeline, lifeline_end = os.pipe()
    sentinel = os.fork()
    if sentinel == 0:
        _watch(lifeline, alarm_end)
    os.close(alarm_end)
    os.close(lifeline)
    os.setpgid(0, 0)
    try:
        yield os.getpid(), alarm
    finally:
        os.close(lifeline_end)
        os.waitpid(sentinel, 0)
        os.close(alarm)


def _watch(lifeline: int, alarm_end: int) -> NoReturn:
    """The sentinel's life: it ends with its parent or by a signal, and ends the alarm with it."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
    for descriptor in range(max(lifeline, alarm_end, 64)):
        if descriptor not in (lifeline, alarm_end):
            with suppress(OSError):
                os.close(descriptor)
    os.read(lifeline, 1)
    os._exit(0)


def _is_make(pid: int) -> bool:
    try:
        return "make" in Path(f"/proc/{pid}/comm").read_text(encoding="utf-8")
    except OSError:
        return False


def _check_port(config: Config) -> None:
    """Raise Refused where the address cannot be listened on."""
    host, port = config.listen.host, config.listen.port
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError:
        raise Refused(
            f"HOST is {host}, which is no address: "
            "use 127.0.0.1 for this machine alone or 0.0.0.0 for the network."
        ) from None
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise Refused(_port_refusal(error, host, port)) from None


def _port_refusal(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is taken by another program: stop that one, "
            f"or choose another port, as in `make run PORT={port + 1}`."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} is for administrators alone: choose one above 1023 with PORT."
    return (
        f"HOST is {host}, which is no address of this machine ({error.strerror}): "
        "use 127.0.0.1 for this machine alone or 0.0.0.0 for the network."
    )


def _welcome(config: Config, folder: Path, made: Passwords) -> str:
    """What a person wants to know once everything is up."""
    port = config.listen.port
    local = _reachable(config.listen.host)
    shown = "localhost" if local in ("127.0.0.1", "::1") else local
    lines = ["", f"Team Messenger is at http://{shown}:{port}"]
    if config.listen.host in ("0.0.0.0", "::", ""):
        lan = _lan_address()
        if lan is not None:
            lines.append(f"In this network it is at http://{lan}:{port}")
    if made.admin is not None:
        name = config.accounts.admin_localpart
        again = f"`python -m homeserver reset-password {name}` makes another."
        lines += ["", f"Sign in as  {name}", f"Password    {made.admin}"]
        lines += [f"It is shown this once; {again}"]
    if made.demo is not None:
        lines += ["", "The demo's people, such as olga and ivan, sign in with the password"]
        lines += [f"            {made.demo.password}"]
    lines += ["", f"Everything it keeps is in {folder}. Ctrl-C stops it.", ""]
    return "\n".join(lines)


def _reachable(host: str) -> str:
    """An address of this machine at which a listener on `host` can be reached."""
    return {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1", "localhost": "127.0.0.1"}.get(
        host, host
    )


def _lan_address() -> str | None:
    """The address that others in the network know this machine by; nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            address: str = probe.getsockname()[0]
        except OSError:
            return None
    return None if address.startswith("127.") else address
