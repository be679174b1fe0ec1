"""What a server and its children use of the machine, as Linux tells it in /proc.

Elsewhere there are no such figures, and a measurement says nothing of them.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

_PROC = Path("/proc")
_TICK = 1 / os.sysconf("SC_CLK_TCK")


class ProcessTree:
    """A process with all its descendants. root: its id; None: nothing is known of the server."""

    def __init__(self, root: int | None) -> None:
        self.root = root

    def __bool__(self) -> bool:
        return self.root is not None and _PROC.is_dir()

    def ids(self) -> list[int]:
        """The processes of the tree that live now."""
        if not self:
            return []
        children: dict[int, list[int]] = {}
        for folder in _PROC.iterdir():
            if folder.name.isdigit():
                stat = _stat(int(folder.name))
                if stat:
                    children.setdefault(int(stat[1]), []).append(int(folder.name))
        found: list[int] = []
        ahead = [self.root] if self.root is not None else []
        while ahead:
            process = ahead.pop()
            found.append(process)
            ahead += children.get(process, [])
        return found

    def cpu(self) -> float:
        """Seconds of CPU used so far, ended children included."""
        ticks = 0
        for process in self.ids():
            stat = _stat(process)
            ticks += sum(int(value) for value in stat[11:15])
        return ticks * _TICK

    def busiest(self) -> int:
        """The process that has used most CPU itself, of those that have started no others: a parent
        of several serves nobody. Raises ValueError: there is none."""
        stats = {process: stat for process in self.ids() if (stat := _stat(process))}
        parents = {int(stat[1]) for stat in stats.values()}
        serving = [process for process in stats if process not in parents]
        return max(serving, key=lambda process: sum(map(int, stats[process][11:13])))

    def memory(self) -> float:
        """MiB of memory, what processes share counted once."""
        return sum(_proportional(process) for process in self.ids()) / 1024

    def pin(self, cores: Iterable[int]) -> None:
        """Keep the tree, and what it starts later, on these cores."""
        wanted = set(cores)
        for process in self.ids() if wanted else []:
            with contextlib.suppress(OSError):
                os.sched_setaffinity(process, wanted)

    def prioritise(self, level: int) -> None:
        """Set the niceness of the tree. Linux gives each session a share of its own, within which
        alone niceness works: that share's is set too. Below 0 it takes root."""
        for process in self.ids():
            with contextlib.suppress(OSError):
                (_PROC / str(process) / "autogroup").write_text(str(level))
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, process, level)


def machine_cpu() -> tuple[float, float]:
    """Seconds since the machine started: of CPU used, and of CPU that its host gave to others."""
    try:
        line = (_PROC / "stat").read_text().split("\n", 1)[0]
    except OSError:
        return 0.0, 0.0
    user, nice, system, _idle, _waiting, irq, softirq, stolen = map(int, line.split()[1:9])
    return (user + nice + system + irq + softirq) * _TICK, stolen * _TICK


def _stat(process: int) -> list[str]:
    """The fields after the name; none for a process that has ended."""
    try:
        text = (_PROC / str(process) / "stat").read_text()
    except OSError:
        return []
    return text[text.rindex(")") + 2 :].split()


def _proportional(process: int) -> int:
    """KiB of memory: its own, and its part of what it shares; where that is secret, all of it."""
    for name, key in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
        with contextlib.suppress(OSError):
            for line in (_PROC / str(process) / name).read_text().splitlines():
                if line.startswith(key):
                    return int(line.split()[1])
    return 0
