"""Answers are as `schema/openapi.yaml` describes them. `make fuzz` looks for much longer."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fuzz.__main__ import errors_in, fuzz
from tests.harness.company_server import running_company

SECONDS = 12


@pytest.mark.timeout(180)
def test_what_is_described_is_answered_as_described(tmp_path: Path) -> None:
    # What it sends would put others' people out of their offices: the server is its own.
    with running_company(tmp_path / "data") as server:
        with (tmp_path / "output").open("w") as output:
            limits = ["--phases", "fuzzing", "--max-examples", "20", "--seed", "1"]
            status = fuzz(server, SECONDS, limits, output=output)
        assert status == 0, (tmp_path / "output").read_text()[-6000:]
        assert errors_in(server.log) == []
