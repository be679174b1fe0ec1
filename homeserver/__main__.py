"""The command line: `python -m homeserver COMMAND`.

Each command imports what it needs when it runs, so that none pays for the others.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import getpass
import os
import sys
from collections.abc import Callable
from pathlib import Path

from homeserver.config import Config, ConfigError, load
from homeserver.errors import MatrixError

EXIT_REFUSED = 78
MAX_PROCESSES = 64


def main() -> int:
    parser = argparse.ArgumentParser(prog="homeserver", description=__doc__.partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, meaning: str, run: Callable[..., int]) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=meaning, description=meaning)
        made.set_defaults(run=run)
        made.add_argument("--config", type=Path, help="the YAML file (default: $DATA/config.yaml)")
        return made

    serve = command("run", "Serve in the foreground.", run)
    serve.add_argument(
        "--processes",
        type=_count,
        help="how many share the port, on PostgreSQL (default: what the configuration says)",
    )
    command("up", "Prepare the data folder, then run and supervise everything.", up)
    command("migrate", "Make the keys that are missing and bring the tables up to date.", migrate)
    command("make-key", "Make the signing key, where there is none.", make_key)
    add = command("add-user", "Add an account.", add_user)
    add.add_argument("localpart")
    add.add_argument("--admin", action="store_true", help="an administrator")
    reset = command("reset-password", "Give an account a new password.", reset_password)
    reset.add_argument("localpart", nargs="?")
    command("verify", "Check that what is stored fits together.", verify)
    command("compact", "Give what deleted messages took back to the disk.", compact)

    arguments = parser.parse_args()
    try:
        code: int = arguments.run(arguments)
    except ConfigError as error:
        return _refuse(f"{error}.")
    except MatrixError as error:
        return _refuse(f"{error.message}.")
    except KeyboardInterrupt:
        return 130
    return code


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= MAX_PROCESSES:
        raise argparse.ArgumentTypeError(f"must be from 1 to {MAX_PROCESSES}")
    return number


def _refuse(text: str) -> int:
    print(text, file=sys.stderr, flush=True)
    return EXIT_REFUSED


def _config(arguments: argparse.Namespace) -> Config:
    path: Path | None = arguments.config
    if path is None:
        kept = Path(os.environ.get("DATA") or "data", "config.yaml")
        path = kept if kept.exists() else None
    return load(path, os.environ)


def up(arguments: argparse.Namespace) -> int:
    from homeserver.supervise import up as supervise

    return supervise(os.environ)


def run(arguments: argparse.Namespace) -> int:
    gc.disable()  # nothing that a start makes is garbage; the server turns it on when it listens
    from homeserver.remote.authorities import read_later

    with read_later():
        from homeserver.app import run as serve
    from homeserver.installation import Refused

    try:
        return serve(_config(arguments), processes=arguments.processes)
    except Refused as refusal:
        return _refuse(str(refusal))
    except OSError as error:  # most likely the port; it may be free at the next try
        print(f"{error.strerror or error}.", file=sys.stderr, flush=True)
        return 1


def migrate(arguments: argparse.Namespace) -> int:
    from homeserver.installation import Refused, prepare

    try:
        asyncio.run(prepare(_config(arguments)))
    except Refused as refusal:
        return _refuse(str(refusal))
    return 0


def make_key(arguments: argparse.Namespace) -> int:
    from homeserver.installation import Refused
    from homeserver.installation import make_key as make

    try:
        make(_config(arguments).keys.signing_key)
    except Refused as refusal:
        return _refuse(str(refusal))
    return 0


def add_user(arguments: argparse.Namespace) -> int:
    from homeserver.services.accounts import provision

    password = _new_password()
    user_id = asyncio.run(
        provision.add_user(_config(arguments), arguments.localpart, password, admin=arguments.admin)
    )
    print(f"{user_id} can sign in.")
    return 0


def reset_password(arguments: argparse.Namespace) -> int:
    from homeserver.services.accounts import provision

    config = _config(arguments)
    localpart = arguments.localpart or config.accounts.admin_localpart
    password = asyncio.run(provision.reset_password(config, localpart))
    print(f"{localpart} signs in with {password}, and chooses a new password then.")
    return 0


def verify(arguments: argparse.Namespace) -> int:
    from homeserver.storage.verify import verify as check

    faults = asyncio.run(check(_config(arguments).database_url))
    for fault in faults:
        print(fault)
    print("Nothing is wrong." if not faults else f"{len(faults)} faults.")
    return 1 if faults else 0


def compact(arguments: argparse.Namespace) -> int:
    from homeserver.storage.open_database import open_database

    async def shrink() -> tuple[int, int]:
        database = await open_database(_config(arguments).database_url)
        try:
            before = await database.size()
            await database.give_back(whole=True)
            return before, await database.size()
        finally:
            await database.close()

    before, after = asyncio.run(shrink())
    print(f"{before:,} bytes before, {after:,} now.")
    return 0


def _new_password() -> str:
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    return getpass.getpass("Password: ")


if __name__ == "__main__":
    raise SystemExit(main())
