from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from tests.load.__main__ import main
from tests.load.measure import Measurement
from tests.load.report import ServerReport, number, table

SEND = Measurement("send_many", "event", {"count": 200, "per_s": 1000.0, "p99_ms": 12.5})


def report(database: str, factor: float = 1.0) -> ServerReport:
    """A server that sends `factor` times as much, as long as it takes to."""
    figures = {"count": 200.0, "per_s": 1000.0 * factor, "p99_ms": 12.5 / factor}
    send = Measurement("send_many", "event", figures)
    return ServerReport(database, "Ours 1.0", start_s=0.5, measurements=[send])


def written(folder: Path, name: str, *reports: ServerReport) -> str:
    path = folder / name
    path.write_bytes(orjson.dumps({"servers": [item.to_json() for item in reports]}))
    return str(path)


def test_a_table_has_a_line_for_each_span() -> None:
    text = table(ServerReport("sqlite", "Ours 1.0", start_s=0.5, measurements=[SEND]))
    assert text.splitlines() == [
        "sqlite (Ours 1.0), started in 0.50 s",
        "",
        "           unit   a second  p99 ms",
        "send_many  event     1,000    12.5",
    ]


def test_a_table_says_what_failed() -> None:
    assert "fanout FAILED: slow" in table(ServerReport("sqlite", failed={"fanout": "slow"}))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "-"),
        (0.0, "0.00"),
        (0.0271, "0.027"),
        (2.5, "2.50"),
        (33.33, "33.3"),
        (1e4, "10,000"),
    ],
)
def test_numbers_have_three_digits(value: float | None, text: str) -> None:
    assert number(value) == text


def test_runs_are_compared_database_by_database(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a = written(tmp_path, "a.json", report("sqlite"), report("postgresql"))
    b = written(tmp_path, "b.json", report("postgresql", 2.0), report("sqlite", 4.0))
    assert main(["--compare", a, b]) == 0
    gains = [line.split()[-1] for line in capsys.readouterr().out.splitlines() if "x" in line[-3:]]
    assert gains == ["4.00x", "4.00x", "1.00x", "2.00x", "2.00x", "1.00x"]


def test_single_servers_are_compared_whatever_their_database_is_called(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a = written(tmp_path, "a.json", report("theirs"))
    b = written(tmp_path, "b.json", report("sqlite"))
    assert main(["--compare", a, b]) == 0
    assert "1.00x" in capsys.readouterr().out


@pytest.mark.parametrize(
    "given",
    [
        ["--workloads", "send_everything"],
        ["--databases", "oracle"],
        ["--base", "http://chat.example.org"],
        ["--base", "https://127.0.0.1"],
    ],
)
def test_what_makes_no_sense_is_refused(given: list[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(given)
