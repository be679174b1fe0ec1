"""`python -m appservice_tasks.storage.migrations "What changes"`: the next revision.

With `--initial` the first revision is written anew: only before the first release.
"""

from __future__ import annotations

import argparse
import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command

from appservice_tasks.storage.migrate import newest_revision
from appservice_tasks.storage.migrations.run import alembic_config, connected, upgrade

_FOLDER = Path(__file__).parent


async def _write(message: str, *, initial: bool) -> None:
    if initial:
        for path in (_FOLDER / "versions").glob("v*.py"):
            path.unlink()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/db"
        number = "0001" if initial else f"{int(newest_revision()) + 1:04}"
        if not initial:
            await upgrade(url)
        async with connected(url) as connection:
            await connection.run_sync(
                lambda sync: command.revision(
                    alembic_config(sync), message, autogenerate=True, rev_id=number
                )
            )
    _tidy(number, initial=initial)


def _tidy(number: str, *, initial: bool) -> None:
    (path,) = (_FOLDER / "versions").glob(f"v{number}_*.py")
    lines = path.read_text().splitlines(keepends=True)
    text = "".join(line for line in lines if not line.strip().startswith("# ###"))
    if initial:
        text = text.replace(
            "from alembic import op\n",
            "from alembic import op\n\n"
            "from appservice_tasks.storage.migrations.search import make_search\n",
        )
        text += "    make_search()\n"
    path.write_text(text)
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", str(path)], check=True)


parser = argparse.ArgumentParser(prog="python -m appservice_tasks.storage.migrations")
parser.add_argument("message")
parser.add_argument("--initial", action="store_true")
options = parser.parse_args()
asyncio.run(_write(options.message, initial=options.initial))
