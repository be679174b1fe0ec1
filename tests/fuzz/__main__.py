"""Sends the API what its description allows, and what it does not, and checks every answer.

    python -m tests.fuzz [--seconds 1200] [--database sqlite|postgresql] [--seed N]

schemathesis makes the requests of `schema/openapi.yaml`. No answer may be a 5xx, have a status,
content type, header or shape that the description does not name, accept what it forbids, or come
without a token; and nothing may be logged as an error.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Final

import aiohttp

from tests.harness import postgres
from tests.harness.company_server import PASSWORD, Company, CompanyServer, running_company

ROOT: Final = Path(__file__).resolve().parents[2]
DESCRIPTION: Final = ROOT / "schema" / "openapi.yaml"
CHECKS: Final = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "allow_header_conformance",
    "ignored_auth",
)
_SLOWEST: Final = 20
"""Seconds that an answer may take."""


async def furnish(company: Company) -> tuple[str, dict[str, list[str]]]:
    """People, rooms and tasks; the token of an administrator, and the ids of all."""
    admin = await company.person("fuzzer", role="admin")
    # This session must not end by itself.
    login = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": admin.user_id},
        "password": PASSWORD,
    }
    token = (await admin.matrix("POST", "login", login)).ok["access_token"]
    olga, ivan = await company.person("olga"), await company.person("ivan")
    bot = await company.bot("helper")
    unit = {"id": "ops", "name": "Operations", "parent": None, "head": olga.user_id}
    place = {"user_id": ivan.user_id, "unit": "ops", "reports_to": olga.user_id}
    (await admin.put("admin/org", {"units": [unit], "people": [place]})).must()
    rooms = [
        await admin.create_room(olga, ivan, bot),
        await admin.create_room(olga, tasks=False),
        await olga.create_room(ivan),
    ]
    tasks: list[str] = []
    for room_id in (rooms[0], rooms[2]):
        for number in range(3):
            who = await olga.task(f"Task {number}", room_id=room_id, assigned_to=ivan.user_id)
            tasks += [who["id"], who["key"]]
    tasks.append((await admin.task("My own"))["id"])
    return token, {
        "rooms": rooms,
        "people": [each.user_id for each in (admin, olga, ivan, bot)],
        "bots": [bot.user_id],
        "units": ["ops"],
        "tasks": tasks,
        "calendars": [],
        "delegations": [],
    }


def fuzz(
    server: CompanyServer,
    seconds: int,
    arguments: Sequence[str] = (),
    *,
    output: IO[str] | None = None,
) -> int:
    """The exit code of schemathesis, run against a server for so long. output: None: ours."""

    async def begin() -> tuple[str, dict[str, list[str]]]:
        async with aiohttp.ClientSession() as session:
            return await furnish(Company(server, session))

    token, company = asyncio.run(begin())
    command = [sys.executable, "-m", "schemathesis.cli", "--no-color", "run", str(DESCRIPTION)]
    command += ["--url", server.url]
    command += ["--checks", ",".join(CHECKS), "--max-time", str(seconds), "--no-shrink"]
    command += ["--request-timeout", str(_SLOWEST), "--warnings", "off", "--continue-on-failure"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "SCHEMATHESIS_HOOKS": "tests.fuzz.hooks",
        "FUZZ_URL": server.url,
        "FUZZ_TOKEN": token,
        "FUZZ_PASSWORD": PASSWORD,
        "FUZZ_COMPANY": json.dumps(company),
    }
    with tempfile.TemporaryDirectory(prefix="team-fuzz-") as folder:
        done = subprocess.run(
            [*command, *arguments],
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=output,
            check=False,
        )
    return done.returncode


def errors_in(log: Path) -> list[dict[str, Any]]:
    """What the services have logged as errors; not what was no HTTP at all."""
    found = []
    for line in log.read_text(errors="replace").splitlines():
        with contextlib.suppress(ValueError):
            entry = json.loads(line)
            if not isinstance(entry, dict) or entry.get("level") not in ("error", "critical"):
                continue
            if entry.get("logger") != "aiohttp.server" or "exception" in entry:
                found.append(entry)
    return found


@contextlib.contextmanager
def database(kind: str, folder: Path) -> Iterator[str | None]:
    """The address of an empty database; None stands for SQLite in the data folder."""
    if kind == "sqlite":
        yield None
        return
    folder.chmod(0o711)  # PostgreSQL may have to run as another user
    place = folder / "postgresql"
    place.mkdir()
    cluster = postgres.start(place)
    try:
        yield cluster.url(cluster.create())
    finally:
        postgres.stop(place)


def main(arguments: Sequence[str]) -> int:
    """0 when nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--seconds", type=int, default=1200)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given, further = parser.parse_known_args(arguments)
    with tempfile.TemporaryDirectory(prefix="team-fuzz-") as name:
        folder = Path(name)
        with (
            database(given.database, folder) as url,
            running_company(folder / "data", url) as server,
        ):
            status = fuzz(server, given.seconds, ["--seed", str(given.seed), *further])
            errors = errors_in(server.log)
    for entry in errors[:20]:
        sys.stdout.write(json.dumps(entry, indent=1).replace("\\n", "\n") + "\n")
    sys.stdout.write(f"{len(errors)} errors in the services' log\n")
    return 1 if status or errors else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
