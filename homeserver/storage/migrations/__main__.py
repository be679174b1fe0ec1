"""`python -m homeserver.storage.migrations ["What changes"]`: the next revision, and the dump.

Without a message only the dump is written. With `--initial` the first revision is written anew:
only before the first release.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command

from homeserver.storage.migrate import newest_revision
from homeserver.storage.migrations.dump import dump
from homeserver.storage.migrations.run import alembic_config, connected, upgrade

_FOLDER = Path(__file__).parent
_DUMP = _FOLDER.parents[2] / "schema" / "db" / "homeserver.sql"


async def _write(message: str | None, *, initial: bool) -> None:
    if initial:
        for path in (_FOLDER / "versions").glob("v*.py"):
            path.unlink()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/db"
        if message is not None:
            number = "0001" if initial else f"{int(newest_revision()) + 1:04}"
            if not initial:
                await upgrade(url)
            async with connected(url) as connection:
                await connection.run_sync(
                    lambda sync: command.revision(
                        alembic_config(sync), message, autogenerate=True, rev_id=number
                    )
                )
            _tidy(number)
        await upgrade(url)
        async with connected(url) as connection:
            text = await connection.run_sync(dump)
    _DUMP.parent.mkdir(parents=True, exist_ok=True)
    _DUMP.write_text(text)


def _tidy(number: str) -> None:
    (path,) = (_FOLDER / "versions").glob(f"v{number}_*.py")
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if not line.strip().startswith("# ###")))
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", str(path)], check=True)


parser = argparse.ArgumentParser(prog="python -m homeserver.storage.migrations")
parser.add_argument("message", nargs="?")
parser.add_argument("--initial", action="store_true")
options = parser.parse_args()
asyncio.run(_write(options.message, initial=options.initial))
