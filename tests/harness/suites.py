"""Runs every test suite, and says in the last line how many tests passed and failed.

A skipped test counts as failed: a machine that cannot run a test has not shown that it passes.
Each suite writes a JUnit report, which is what is counted; a suite whose report is missing, or
which ends in an error without a failed test, counts as one failure.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Suite:
    """One command in a folder, and the variables that make it write its report at `{report}`."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: str = "."


@dataclass(frozen=True)
class Verdict:
    """What a suite showed."""

    passed: int
    failed: int
    skipped: int


PYTEST = (sys.executable, "-m", "pytest", "-q", "--junitxml={report}")
VITEST = ("npx", "vitest", "run", "--reporter=default", "--reporter=junit")
PLAYWRIGHT = ("npx", "playwright", "test", "--reporter=list,junit")
NODE_TEST = (
    *("node", "--test", "--test-reporter=spec", "--test-reporter-destination=stdout"),
    *("--test-reporter=junit", "--test-reporter-destination={report}"),
)
PLAYWRIGHT_REPORT = {"PLAYWRIGHT_JUNIT_OUTPUT_FILE": "{report}"}

SUITES = (
    Suite("pytest", (*PYTEST, "-n", "2", "-m", "not crash and not simulation")),
    Suite(
        "pytest, simulation",
        (*PYTEST, "-n", "2", "-m", "simulation", "tests/simulation"),
        {"PYTHONHASHSEED": "0"},
    ),
    Suite("pytest, crashes", (*PYTEST, "-m", "crash")),
    Suite("vitest", (*VITEST, "--outputFile={report}")),
    Suite("jest", ("npx", "jest", "--ci"), {"JEST_JUNIT_OUTPUT_FILE": "{report}"}, "mobile"),
    Suite("bundles", (*NODE_TEST, "bundles.test.mjs"), folder="mobile"),
    Suite("playwright", PLAYWRIGHT, PLAYWRIGHT_REPORT, "tests/e2e"),
    Suite("phone", (*PLAYWRIGHT, "--config=mobile.config.ts"), PLAYWRIGHT_REPORT, "tests/e2e"),
)


def run(suite: Suite, report: Path) -> Verdict:
    """Run one suite in the foreground."""
    print(f"\n== {suite.name}", flush=True)
    started = time.monotonic()
    command = [part.format(report=report) for part in suite.command]
    extra = {key: value.format(report=report) for key, value in suite.environment.items()}
    done = subprocess.run(
        command, cwd=ROOT / suite.folder, env={**os.environ, **extra}, check=False
    )
    verdict = judge(report, done.returncode)
    print(f"== {suite.name}: {tell(verdict)} in {time.monotonic() - started:.0f} s", flush=True)
    return verdict


def judge(report: Path, exit_code: int) -> Verdict:
    """The verdict of a JUnit report and the exit code of the suite that wrote it."""
    try:
        cases = list(ET.parse(report).getroot().iter("testcase"))
    except (OSError, ET.ParseError):
        return Verdict(0, 1, 0)
    skipped = sum(case.find("skipped") is not None for case in cases)
    failed = sum(
        case.find("failure") is not None or case.find("error") is not None for case in cases
    )
    passed = len(cases) - skipped - failed
    if exit_code and not failed:
        failed = 1
    return Verdict(passed, failed, skipped)


def tell(verdict: Verdict) -> str:
    text = f"{verdict.passed} passed, {verdict.failed} failed"
    return f"{text}, {verdict.skipped} skipped" if verdict.skipped else text


def main(names: Sequence[str]) -> int:
    """Run the suites whose name starts with one of `names`, or all. 0 when all is well."""
    # A shell that runs us in the background has SIGINT ignored, and so would everything we start:
    # tests that press Ctrl-C would wait in vain.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    chosen = [suite for suite in SUITES if not names or suite.name.startswith(tuple(names))]
    with tempfile.TemporaryDirectory(prefix="team-suites-") as folder:
        verdicts = [
            run(suite, Path(folder, f"{number}.xml")) for number, suite in enumerate(chosen)
        ]
    total = Verdict(
        sum(verdict.passed for verdict in verdicts),
        sum(verdict.failed for verdict in verdicts),
        sum(verdict.skipped for verdict in verdicts),
    )
    if total.skipped:
        print("\nA skipped test fails the run: whatever it needs has to be there.")
    print(f"\n{tell(total)}", flush=True)
    return 1 if total.failed or total.skipped or not total.passed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
