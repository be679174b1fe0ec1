"""The command line: `python -m appservice_tasks COMMAND`."""

from __future__ import annotations

import argparse
import asyncio
import os
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from appservice_tasks.config import Config, ConfigError, load
from appservice_tasks.storage.migrate import NewerDatabase

EXIT_REFUSED = 78
"""EX_CONFIG: starting again would end the same way."""
EXIT_LATER = 75
"""EX_TEMPFAIL: the homeserver does not answer now."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="appservice_tasks", description="The tasks service.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(
        name: str, meaning: str, does: Callable[[Config, argparse.Namespace], int]
    ) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=meaning, description=meaning)
        made.set_defaults(does=does)
        made.add_argument("--config", type=Path, help="the YAML file (default: $DATA/tasks.yaml)")
        return made

    command("run", "Serve in the foreground.", run)
    command("migrate", "Bring the tables up to date.", migrate)
    for name, meaning, does in (
        ("verify", "Compare the index with the rooms' logs. Changes nothing.", verify),
        ("rebuild", "Make the index again from the rooms' logs, and compare.", rebuild),
    ):
        command(name, meaning, does).add_argument("--room", help="this room alone (its id)")

    arguments = parser.parse_args()
    path = arguments.config or Path(os.environ.get("DATA") or "data", "tasks.yaml")
    try:
        code: int = arguments.does(load(path, os.environ), arguments)
    except (ConfigError, NewerDatabase) as error:
        print(f"{error}.", file=sys.stderr, flush=True)
        return EXIT_REFUSED
    except sqlite3.Error as error:
        print(f"The database cannot be used: {error}.", file=sys.stderr, flush=True)
        return EXIT_REFUSED
    except KeyboardInterrupt:
        return 130
    return code


def run(config: Config, _arguments: argparse.Namespace) -> int:
    from appservice_tasks.app import run as serve

    try:
        return serve(config)
    except OSError as error:  # most likely the port; it may be free at the next try
        print(f"{error.strerror or error}.", file=sys.stderr, flush=True)
        return 1


def migrate(config: Config, _arguments: argparse.Namespace) -> int:
    from appservice_tasks.storage.migrate import migrate as bring_up_to_date

    asyncio.run(bring_up_to_date(config.database))
    return 0


def verify(config: Config, arguments: argparse.Namespace) -> int:
    return _maintain(config, "verify", arguments.room)


def rebuild(config: Config, arguments: argparse.Namespace) -> int:
    return _maintain(config, "rebuild", arguments.room)


def _maintain(config: Config, action: Literal["verify", "rebuild"], room_id: str | None) -> int:
    from appservice_tasks.errors import Problem
    from appservice_tasks.maintenance import maintain, tell

    try:
        found = asyncio.run(maintain(config, action, room_id))
    except Problem as problem:
        print(f"{problem.detail}.", file=sys.stderr, flush=True)
        return EXIT_LATER if problem.code == "unavailable" else 1
    for line in tell(found):
        print(line)
    return 0 if found.report["equal"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
