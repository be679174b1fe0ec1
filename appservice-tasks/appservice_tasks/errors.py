"""Refusals, as RFC 9457 problems with a stable code. One place of the faces renders them."""

from __future__ import annotations

from collections.abc import Sequence

from appservice_tasks.contracts import STATUS_OF, Code, Conflict, Fault


class Problem(Exception):
    """Why something was not done.

    code: for programs. detail: safe English text for developers. errors: what is wrong in the
    request, by JSON pointer. conflicts: fields that somebody changed meanwhile. current_rev: of
    the task, where the caller may know it. retry_after: seconds.
    """

    def __init__(
        self,
        code: Code,
        detail: str = "",
        *,
        errors: Sequence[Fault] = (),
        conflicts: Sequence[Conflict] = (),
        current_rev: int | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code: Code = code
        self.detail = detail
        self.errors = list(errors)
        self.conflicts = list(conflicts)
        self.current_rev = current_rev
        self.retry_after = retry_after

    @property
    def status(self) -> int:
        """The HTTP status."""
        return STATUS_OF[self.code]


def invalid(pointer: str, code: str, detail: str = "") -> Problem:
    """One thing of a request is wrong. pointer: RFC 6901; code: `required`, `type`, ..."""
    return Problem("invalid", detail, errors=[{"pointer": pointer, "code": code}])


def not_found(detail: str = "") -> Problem:
    """It is not there, or the caller may not see it: the two are told alike."""
    return Problem("not_found", detail)


def unavailable(detail: str, retry_after: int = 2) -> Problem:
    """The homeserver or the database does not answer now."""
    return Problem("unavailable", detail, retry_after=retry_after)
