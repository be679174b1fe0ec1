"""Starts processes of the tasks service in milliseconds.

A process that has loaded the program and done nothing else forks them: what `python -m
appservice_tasks run` would be once it has imported everything. Each has its own id and its own end.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path

_context = multiprocessing.get_context("forkserver")


def start(arguments: list[str], environment: Mapping[str, str], log: Path) -> BaseProcess:
    """Runs the command line with these arguments and variables; what it says goes to `log`."""
    _context.set_forkserver_preload(["appservice_tasks.app", __name__])
    process = _context.Process(target=_run, args=(arguments, dict(environment), str(log)))
    process.start()
    return process


def _run(arguments: list[str], environment: dict[str, str], log: str) -> None:
    from appservice_tasks.__main__ import main

    os.setsid()
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    for descriptor in (1, 2):
        os.dup2(output, descriptor)
    os.environ.update(environment)
    sys.argv = ["appservice_tasks", *arguments]
    raise SystemExit(main())
