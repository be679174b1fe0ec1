"""Runs every test suite, and says in the last line how many tests passed and failed.

A skipped test counts as failed: a machine that cannot run a test has not shown that it passes.
Each suite writes a JUnit report, which is what is counted; a suite whose report is missing, or
which ends in an error without a failed test, counts as one failure.

Where processes are killed and browsers watched, a busy machine can be too slow for a test that is
right. So the few that fail are run once more, by themselves: who fails twice has failed, and who
passes then is named at the end, to be mended.
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
    """One command in a folder, and the variables that make it write its report at `{report}`.

    again: what makes the command run those tests only that failed; empty: it cannot.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: str = "."
    again: Sequence[str] = ()


@dataclass(frozen=True)
class Verdict:
    """What a suite showed. unsteady: the names of tests that passed when they were run again."""

    passed: int
    failed: int
    skipped: int
    unsteady: tuple[str, ...] = ()


FEW = 5
"""More failures than these are no accident."""

PYTEST = (
    *(sys.executable, "-m", "pytest", "-q", "--junitxml={report}"),
    *("-o", "cache_dir={report}.cache"),
)
PYTEST_AGAIN = ("--last-failed", "--last-failed-no-failures=none", "-n", "0")
VITEST = ("npx", "vitest", "run", "--reporter=default", "--reporter=junit")
PLAYWRIGHT = ("npx", "playwright", "test", "--reporter=list,junit")
NODE_TEST = (
    *("node", "--test", "--test-reporter=spec", "--test-reporter-destination=stdout"),
    *("--test-reporter=junit", "--test-reporter-destination={report}"),
)
PLAYWRIGHT_AGAIN = ("--last-failed",)
PLAYWRIGHT_REPORT = {"PLAYWRIGHT_JUNIT_OUTPUT_FILE": "{report}"}

SUITES = (
    Suite(
        "pytest",
        (*PYTEST, "-n", "2", "-m", "not crash and not simulation"),
        again=PYTEST_AGAIN,
    ),
    Suite(
        "pytest, simulation",
        (*PYTEST, "-n", "2", "-m", "simulation", "tests/simulation"),
        {"PYTHONHASHSEED": "0"},
    ),
    Suite("pytest, crashes", (*PYTEST, "-m", "crash"), again=PYTEST_AGAIN),
    Suite("vitest", (*VITEST, "--outputFile={report}")),
    Suite("jest", ("npx", "jest", "--ci"), {"JEST_JUNIT_OUTPUT_FILE": "{report}"}, "mobile"),
    Suite("bundles", (*NODE_TEST, "bundles.test.mjs"), folder="mobile"),
    Suite("playwright", PLAYWRIGHT, PLAYWRIGHT_REPORT, "tests/e2e", PLAYWRIGHT_AGAIN),
    Suite(
        "phone",
        (*PLAYWRIGHT, "--config=mobile.config.ts"),
        PLAYWRIGHT_REPORT,
        "tests/e2e",
        PLAYWRIGHT_AGAIN,
    ),
)


def run(suite: Suite, report: Path) -> Verdict:
    """Run one suite in the foreground."""
    print(f"\n== {suite.name}", flush=True)
    started = time.monotonic()
    verdict = judge(report, _execute(suite, report))
    if suite.again and 0 < verdict.failed <= FEW and (first := failures(report)):
        print(f"\n== {suite.name}: what failed, once more", flush=True)
        report.unlink()
        second = judge(report, _execute(suite, report, suite.again))
        verdict = after_second_run(verdict, first, second, failures(report))
    print(f"== {suite.name}: {tell(verdict)} in {time.monotonic() - started:.0f} s", flush=True)
    return verdict


def _execute(suite: Suite, report: Path, more: Sequence[str] = ()) -> int:
    command = [part.format(report=report) for part in (*suite.command, *more)]
    extra = {key: value.format(report=report) for key, value in suite.environment.items()}
    return subprocess.run(
        command, cwd=ROOT / suite.folder, env={**os.environ, **extra}, check=False
    ).returncode


def after_second_run(
    first: Verdict, failed: Sequence[str], second: Verdict, failed_again: Sequence[str]
) -> Verdict:
    """The verdict when those that had failed have been run by themselves. If any of them was not
    run, nothing is forgiven."""
    if second.passed + second.failed < len(failed) or second.skipped:
        return first
    unsteady = tuple(name for name in failed if name not in failed_again)
    still = max(second.failed, len(failed) - len(unsteady))
    return Verdict(first.passed + first.failed - still, still, first.skipped, unsteady)


def failures(report: Path) -> list[str]:
    """The names of the tests that a report says failed."""
    try:
        cases = list(ET.parse(report).getroot().iter("testcase"))
    except (OSError, ET.ParseError):
        return []
    return [
        f"{case.get('classname', '')} {case.get('name', '')}".strip()
        for case in cases
        if case.find("failure") is not None or case.find("error") is not None
    ]


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
    for name in (name for verdict in verdicts for name in verdict.unsteady):
        print(f"\nFailed, and passed by itself: {name}")
    if total.skipped:
        print("\nA skipped test fails the run: whatever it needs has to be there.")
    print(f"\n{tell(total)}", flush=True)
    return 1 if total.failed or total.skipped or not total.passed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
