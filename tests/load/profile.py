"""Where a server's CPU goes: py-spy's samples of the measured spans, told by layer and function.

A sample belongs to the innermost of our own functions on its stack, and what that function calls
in libraries is its cost too. Waiting is not sampled, so shares are shares of CPU.
"""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.load.processes import ProcessTree

RATE = 250
"""Samples a second. py-spy stops the server for each, for a fraction of a millisecond."""

_LAYERS = ("api", "services", "storage", "remote", "protocol", "compose")
_FRAME = re.compile(r"^(?P<function>.+) \((?P<file>[^()]+?)(?::\d+)?\)$")
_SPY_ENDS_S = 30.0
_IDLE = "_worker (concurrent/futures/thread.py"
"""A thread that waits for work in C, which py-spy takes for busy."""
_LOOP = "the loop, parsing HTTP and sockets"
"""Below what starts the server and above any endpoint: uvloop and aiohttp's parser are in C."""


class Profiler:
    """Watches a process during spans. folder: where each span's samples are written."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._spy: subprocess.Popen[bytes] | None = None
        self._file = folder
        self._spans = 0

    def begin(self, server: ProcessTree) -> None:
        """Raises RuntimeError where py-spy may not look at the process."""
        program = shutil.which("py-spy", path=str(Path(sys.executable).parent))
        if program is None or not server:
            raise RuntimeError("py-spy, or the server's process, is not there")
        self._spans += 1
        self._file = self._folder / f"span-{self._spans}.txt"
        what = ["record", "--pid", str(server.busiest()), "--format", "raw", "--rate", str(RATE)]
        self._spy = subprocess.Popen(
            [program, *what, "--function", "--output", str(self._file)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        time.sleep(0.5)  # it reads the process's symbols first
        if self._spy.poll() is not None:
            raise RuntimeError(f"py-spy: {self._complaint()}")

    def end(self) -> Profile:
        """What was seen since `begin`."""
        assert self._spy is not None
        self._spy.send_signal(signal.SIGINT)
        complaint = self._complaint()
        self._spy = None
        if not self._file.exists():
            raise RuntimeError(f"py-spy: {complaint}")
        return Profile.of(self._file.read_text(errors="replace").splitlines())

    def _complaint(self) -> str:
        assert self._spy is not None
        _, complaint = self._spy.communicate(timeout=_SPY_ENDS_S)
        return complaint.decode(errors="replace").strip()[-500:]


@dataclass
class Profile:
    """Samples. layers, owners: by the innermost function of ours; inclusive: by each function of
    ours on the stack; below: by library, what was called there."""

    samples: int = 0
    layers: Counter[str] = field(default_factory=Counter)
    owners: Counter[str] = field(default_factory=Counter)
    inclusive: Counter[str] = field(default_factory=Counter)
    below: Counter[str] = field(default_factory=Counter)

    @staticmethod
    def of(lines: Iterable[str]) -> Profile:
        """Of collapsed stacks: `outermost;...;innermost count`."""
        profile = Profile()
        for line in lines:
            stack, _, count = line.rpartition(" ")
            if stack and count.isdigit():
                profile._add(stack.split(";"), int(count))
        return profile

    def _add(self, stack: list[str], count: int) -> None:
        if stack[-1].startswith(_IDLE):
            return
        self.samples += count
        places = [place for frame in stack if (place := _place(frame)) is not None]
        ours = [place for place in places if place.ours]
        owner = ours[-1] if ours else None
        self.layers["threads of libraries" if owner is None else owner.layer] += count
        if owner is not None:
            self.owners[owner.name] += count
            for name in {place.name for place in ours} - {_LOOP}:
                self.inclusive[name] += count
        if places and not places[-1].ours:
            self.below[places[-1].library] += count

    def table(self, *, per_unit_ms: float | None, rows: int = 14) -> str:
        """For people. per_unit_ms: the CPU of one unit, which the shares then divide."""
        return "\n".join(self._lines(per_unit_ms, rows))

    def _lines(self, per_unit_ms: float | None, rows: int) -> Iterator[str]:
        if not self.samples:
            yield "  nothing was sampled"
            return
        for title, counted in (
            ("by layer (innermost function of ours, with the libraries it calls)", self.layers),
            ("in libraries", self.below),
            ("by function, with the libraries it calls", self.owners),
            ("by function, with all it calls", self.inclusive),
        ):
            yield f"  {title}"
            for name, count in counted.most_common(rows):
                share = count / self.samples
                cost = "" if per_unit_ms is None else f"{1000 * share * per_unit_ms:8.1f} us"
                yield f"    {100 * share:5.1f} % {cost}  {name}"


@dataclass(frozen=True)
class _Place:
    """Where a frame is. library: the package of one that is not ours."""

    name: str
    layer: str
    ours: bool
    library: str


def _place(frame: str) -> _Place | None:
    match = _FRAME.match(frame)
    if match is None:
        return None
    file, function = match["file"], match["function"]
    before, ours, inside = file.rpartition("homeserver/")
    if (ours and "site-packages" not in before) or file.startswith("homeserver/"):
        layer = inside.partition("/")[0]
        if layer not in _LAYERS:  # what starts the server
            return _Place(_LOOP, _LOOP, True, "")
        return _Place(f"{inside}:{function}", layer, True, "")
    _, packages, rest = file.rpartition("site-packages/")
    library = (rest if packages else Path(file).name).partition("/")[0]
    return _Place(function, "", False, library)
