from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.suites import Verdict, after_second_run, failures, judge, tell

GOOD = '<testcase name="a"/>'
BAD = '<testcase name="b"><failure/></testcase>'
BROKEN = '<testcase name="c"><error/></testcase>'
SKIPPED = '<testcase name="d"><skipped/></testcase>'


@pytest.mark.parametrize(
    ("cases", "exit_code", "verdict"),
    [
        (GOOD + GOOD, 0, Verdict(2, 0, 0)),
        (GOOD + BAD + BROKEN, 1, Verdict(1, 2, 0)),
        (GOOD + SKIPPED, 0, Verdict(1, 0, 1)),
        (GOOD, 1, Verdict(1, 1, 0)),
        ("", 0, Verdict(0, 0, 0)),
    ],
)
def test_a_report_is_counted(tmp_path: Path, cases: str, exit_code: int, verdict: Verdict) -> None:
    report = tmp_path / "report.xml"
    report.write_text(f"<testsuites><testsuite>{cases}</testsuite></testsuites>")
    assert judge(report, exit_code) == verdict


@pytest.mark.parametrize("text", [None, "", "<testsuites>"])
def test_a_suite_without_a_report_has_failed(tmp_path: Path, text: str | None) -> None:
    report = tmp_path / "report.xml"
    if text is not None:
        report.write_text(text)
    assert judge(report, 0) == Verdict(0, 1, 0)


def test_the_last_line_names_what_was_skipped() -> None:
    assert tell(Verdict(3, 0, 0)) == "3 passed, 0 failed"
    assert tell(Verdict(3, 1, 2)) == "3 passed, 1 failed, 2 skipped"


def test_who_fails_once_is_named_and_who_fails_twice_has_failed() -> None:
    first = Verdict(8, 2, 0)
    assert after_second_run(first, ["a", "b"], Verdict(2, 0, 0), []) == Verdict(
        10, 0, 0, ("a", "b")
    )
    assert after_second_run(first, ["a", "b"], Verdict(1, 1, 0), ["b"]) == Verdict(9, 1, 0, ("a",))
    assert after_second_run(first, ["a", "b"], Verdict(0, 2, 0), ["a", "b"]) == first


def test_what_was_not_run_again_is_not_forgiven() -> None:
    first = Verdict(8, 2, 0)
    assert after_second_run(first, ["a", "b"], Verdict(1, 0, 0), []) == first
    assert after_second_run(first, ["a", "b"], Verdict(2, 0, 1), []) == first
    assert after_second_run(first, ["a"], Verdict(0, 1, 0), []) == Verdict(9, 1, 0, ("a",))


def test_failures_are_named(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(f"<testsuites><testsuite>{GOOD}{BAD}{BROKEN}</testsuite></testsuites>")
    assert failures(report) == ["b", "c"]
