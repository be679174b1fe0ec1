"""The command line: `python -m appservice_tasks COMMAND`."""

from __future__ import annotations

import argparse
import asyncio
import os
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path

from appservice_tasks.config import Config, ConfigError, load
from appservice_tasks.storage.migrate import NewerDatabase

EXIT_REFUSED = 78
"""EX_CONFIG: starting again would end the same way."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="appservice_tasks", description="The tasks service.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, meaning: str, does: Callable[[Config], int]) -> None:
        made = commands.add_parser(name, help=meaning, description=meaning)
        made.set_defaults(does=does)
        made.add_argument("--config", type=Path, help="the YAML file (default: $DATA/tasks.yaml)")

    command("run", "Serve in the foreground.", run)
    command("migrate", "Bring the tables up to date.", migrate)

    arguments = parser.parse_args()
    path = arguments.config or Path(os.environ.get("DATA") or "data", "tasks.yaml")
    try:
        code: int = arguments.does(load(path, os.environ))
    except (ConfigError, NewerDatabase) as error:
        print(f"{error}.", file=sys.stderr, flush=True)
        return EXIT_REFUSED
    except sqlite3.Error as error:
        print(f"The database cannot be used: {error}.", file=sys.stderr, flush=True)
        return EXIT_REFUSED
    except KeyboardInterrupt:
        return 130
    return code


def run(config: Config) -> int:
    from appservice_tasks.app import run as serve

    try:
        return serve(config)
    except OSError as error:  # most likely the port; it may be free at the next try
        print(f"{error.strerror or error}.", file=sys.stderr, flush=True)
        return 1


def migrate(config: Config) -> int:
    from appservice_tasks.storage.migrate import migrate as bring_up_to_date

    asyncio.run(bring_up_to_date(config.database))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
