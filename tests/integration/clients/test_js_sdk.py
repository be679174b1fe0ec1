"""matrix-js-sdk, the library below Element, on our homeserver: the scenarios of js_sdk.mjs."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.harness.homeserver import RunningHomeserver
from tests.harness.node import node

SCRIPT = Path(__file__).with_name("js_sdk.mjs")
SCENARIOS = re.findall(r'^  async "(.+)"\(\) \{$', SCRIPT.read_text(encoding="utf-8"), re.MULTILINE)
SECONDS = 110


@pytest.fixture(scope="module")
def verdicts(
    homeserver: RunningHomeserver, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str | None]:
    """What each scenario came to: None, or what went wrong."""
    folder = tmp_path_factory.mktemp("js-sdk")
    log, result = folder / "log", folder / "result.json"
    with log.open("w") as output:
        done = subprocess.run(
            [node(), str(SCRIPT), homeserver.url, str(result)],
            stdout=output,
            stderr=output,
            timeout=SECONDS,
            check=False,
        )
    assert done.returncode == 0, log.read_text(errors="replace")[-3000:]
    found: dict[str, str | None] = json.loads(result.read_text(encoding="utf-8"))
    assert list(found) == SCENARIOS
    return found


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario(scenario: str, verdicts: dict[str, str | None]) -> None:
    assert verdicts[scenario] is None, verdicts[scenario]
