from __future__ import annotations

from pathlib import Path

import pytest

from tests.harness.suites import Verdict, judge, tell

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
