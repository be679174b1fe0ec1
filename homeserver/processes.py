"""Several processes on one port, all alike: a parent starts them, starts again one that dies, and
stops them all.

Each listens for itself (SO_REUSEPORT), so the kernel spreads the connections and a process that has
died gets none. The parent keeps the port bound meanwhile, without listening.
"""

from __future__ import annotations

import ctypes
import gc
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import FrameType

from homeserver.config import Config
from homeserver.observe import get_logger

log = get_logger(__name__)

EXIT_REFUSED = 78
_STEADY_SECONDS = 10.0
_PAUSES = 0.1, 0.5, 1.0, 2.0, 4.0
"""Before one that died is started again; longer where it dies again at once."""
_KILL_AFTER_SECONDS = 10.0
"""Beside what the configuration grants to requests in flight."""
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Place:
    """One process among several. number: from 1. folder: of the sockets by which they ask each
    other for figures."""

    number: int
    count: int
    folder: Path

    @property
    def name(self) -> str:
        return str(self.number)

    @property
    def socket(self) -> Path:
        """Where this one answers."""
        return self.folder / self.name

    @property
    def all(self) -> dict[str, Path]:
        """Where each answers, by name."""
        return {str(each): self.folder / str(each) for each in range(1, self.count + 1)}


Serve = Callable[[Place], int]


class Parent:
    """Keeps `count` processes running. serve: the whole life of one; its exit code."""

    def __init__(self, count: int, grace: float, folder: Path, serve: Serve) -> None:
        self._count = count
        self._grace = grace
        self._folder = folder
        self._serve = serve
        self._running: dict[int, int] = {}
        self._started: dict[int, float] = {}
        self._failures: dict[int, int] = {}
        self._stopping = False
        self._exit_code = 0

    def run(self) -> int:
        """Until SIGINT or SIGTERM, or until one refuses to run at all; the exit code."""
        for asked in (signal.SIGINT, signal.SIGTERM):
            signal.signal(asked, self._stop)
        signal.signal(signal.SIGALRM, self._kill)
        gc.collect()
        gc.freeze()  # what the processes share stays shared
        gc.enable()  # the start was without; this process lives as long as they do
        for number in range(1, self._count + 1):
            self._start(number)
        while self._running:
            pid, status = os.waitpid(-1, 0)
            number = self._running.pop(pid, 0)
            if number:
                self._ended(number, os.waitstatus_to_exitcode(status))
        return self._exit_code

    def _start(self, number: int) -> None:
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            _be_a_child(parent)
            code = 1
            try:
                code = self._serve(Place(number, self._count, self._folder))
            finally:
                sys.stderr.flush()
                os._exit(code)
        self._running[pid] = number
        self._started[number] = time.monotonic()
        if self._stopping:  # the signal came while it was being started
            _send(pid, signal.SIGTERM)

    def _ended(self, number: int, code: int) -> None:
        if self._stopping:
            return
        if code == EXIT_REFUSED:
            self._exit_code = code
            self._stop()
            return
        if time.monotonic() - self._started[number] > _STEADY_SECONDS:
            self._failures[number] = 0
        failures = self._failures.get(number, 0)
        self._failures[number] = failures + 1
        pause = _PAUSES[min(failures, len(_PAUSES) - 1)]
        log.error("process_ended", number=number, code=code, starts_again_in=pause)
        time.sleep(pause)
        if not self._stopping:
            self._start(number)

    def _stop(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        if self._stopping:
            return
        self._stopping = True
        for pid in list(self._running):
            _send(pid, signal.SIGTERM)
        signal.setitimer(signal.ITIMER_REAL, self._grace + _KILL_AFTER_SECONDS)

    def _kill(self, _number: int, _frame: FrameType | None) -> None:
        for pid in list(self._running):
            _send(pid, signal.SIGKILL)


def _send(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def _be_a_child(parent: int) -> None:
    """Signals as a new program has them; and on Linux it stops when its parent was killed."""
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM):
        signal.signal(number, signal.SIG_DFL)
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)


@contextmanager
def bound(config: Config) -> Iterator[int]:
    """Holds the port for processes that listen on it; gives its number. Raises OSError."""
    host, port = config.listen.host, config.listen.port
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _, address = found[0]
    with socket.socket(family, kind, protocol) as probe:  # nobody else may share it
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(address)
        taken = probe.getsockname()
    with socket.socket(family, kind, protocol) as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind(taken)
        yield taken[1]


def serve_several(config: Config, serve: Callable[[Config, Place], int]) -> int:
    """Serves with as many processes as the configuration says; the exit code. Raises OSError."""
    folder = Path(tempfile.mkdtemp(prefix="team-processes-"))
    try:
        with bound(config) as port:
            placed = replace(config, listen=replace(config.listen, port=port))
            parent = Parent(
                config.processes,
                config.listen.shutdown_grace_s,
                folder,
                lambda place: serve(placed, place),
            )
            return parent.run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
