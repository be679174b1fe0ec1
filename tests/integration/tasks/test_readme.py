"""The README's own commands, run as they stand there against a server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.harness.company_server import PASSWORD, SERVER_NAME, Company, Person, on_sqlite
from tests.harness.node import node

ROOT = Path(__file__).resolve().parents[3]
SECTION = (ROOT / "README.md").read_text(encoding="utf-8").split("## Tasks from programs")[1]
SECTION = SECTION.split("\n## ")[0]


def _blocks(language: str, company: Company) -> list[str]:
    """The README's examples, with this server's address and name in them."""
    found = re.findall(rf"^```{language}\n(.*?)^```", SECTION, re.DOTALL | re.MULTILINE)
    assert found
    return [
        each.replace("http://localhost:8008", company.server.url).replace(
            ":localhost", f":{SERVER_NAME}"
        )
        for each in found
    ]


@pytest.fixture
async def olga(colleagues: Company) -> Person:
    """Those whom the README speaks of are there."""
    for name in ("olga", "ivan"):
        await colleagues.put_user(f"@{name}:{SERVER_NAME}", password=PASSWORD)
    return await colleagues.login("olga")


def _answers(output: str) -> list[Any]:
    """The JSON values that commands have written one behind another."""
    decoder, values, at = json.JSONDecoder(), [], 0
    while at < len(output):
        value, at = decoder.raw_decode(output, at)
        values.append(value)
        while output[at : at + 1].isspace():
            at += 1
    return values


@on_sqlite
async def test_the_commands_do_what_they_say(colleagues: Company, olga: Person) -> None:
    first, refresh = _blocks("sh", colleagues)
    await olga.say(await olga.create_room(tasks=False), "Good morning")
    script = f'{first}\necho "$ANSWER$TASK"\n{refresh}\necho "$ANSWER"\necho "\\"$TOKEN\\""'
    done = await asyncio.to_thread(
        subprocess.run,
        ["bash", "-euo", "pipefail", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    listed, changed, messages, tokens, task, fresh, token = _answers(done.stdout)
    assert (tokens["user_id"], tokens["token_type"]) == (olga.user_id, "Bearer")
    assert task["title"] == "Sign the contract"
    assert task["id"] in [each["id"] for each in listed["data"]]
    assert (changed["id"], changed["status"], changed["rev"]) == (task["id"], "done", 2)
    assert "Good morning" in [each["body"] for each in messages["data"]]
    assert token == fresh["access_token"] != tokens["access_token"]
    (await Person(colleagues, olga.user_id, token).get("tasks")).must()


@contextlib.contextmanager
def _listening(script: str, folder: Path, **environment: str) -> Iterator[Path]:
    """Runs a script of Node in the block. Gives the file of what it writes."""
    output = folder / "output"
    with output.open("w") as file:
        process = subprocess.Popen(
            [node(), "--input-type=module", "--eval", script],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=file,
            stderr=file,
        )
    try:
        yield output
    finally:
        process.kill()
        process.wait()


@on_sqlite
async def test_the_program_hears_what_happens(
    colleagues: Company, olga: Person, tmp_path: Path
) -> None:
    (script,) = _blocks("js", colleagues)
    room = await olga.create_room()
    with _listening(script, tmp_path, TOKEN=olga.token, ROOM=room) as output:

        async def heard(text: str) -> None:
            end = time.monotonic() + 30
            while text not in output.read_text():
                assert time.monotonic() < end, output.read_text()
                await olga.get(f"rooms/{quote(room)}/tasks-config")

        await heard("sent $")
        await heard(f"{olga.user_id} says Hello from a program")
        task = await olga.task("Sign the contract", room_id=room)
        await heard(f"new task {task['key']} Sign the contract")
        (await olga.put(f"tasks/{task['id']}", {"status": "done"})).must()
        await heard(f"changed {task['key']} 2 done")


@on_sqlite
async def test_the_program_says_why_it_is_refused(colleagues: Company, tmp_path: Path) -> None:
    (script,) = _blocks("js", colleagues)
    with _listening(script, tmp_path, TOKEN="nonsense", ROOM="!x") as output:
        end = time.monotonic() + 30
        while "refused: token_invalid" not in output.read_text():
            assert time.monotonic() < end, output.read_text()
            await colleagues.request("GET", "tasks")
