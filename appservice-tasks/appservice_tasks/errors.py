"""Refusals, as RFC 9457 problems with a stable code. One place of the faces renders them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

STATUS: Final[Mapping[str, int]] = {
    "invalid": 400,
    "token_missing": 401,
    "token_invalid": 401,
    "token_expired": 401,
    "token_revoked": 401,
    "bad_credentials": 401,
    "forbidden": 403,
    "assignee_not_allowed": 403,
    "assignee_not_member": 403,
    "not_found": 404,
    "conflict": 409,
    "transition_not_allowed": 409,
    "blocked": 409,
    "dependency_missing": 409,
    "dependency_rejected": 409,
    "tasks_disabled": 409,
    "encrypted_room_not_enabled": 409,
    "resync": 410,
    "too_large": 413,
    "idempotency_key_reused": 422,
    "limit_exceeded": 429,
    "unavailable": 503,
}
"""The HTTP status of each code."""


class Problem(Exception):
    """Why something was not done.

    code: for programs. detail: safe English text for developers. errors: what is wrong in the
    request, by JSON pointer. conflicts: fields that somebody changed meanwhile. current_rev: of
    the task, where the caller may know it. retry_after: seconds.
    """

    def __init__(
        self,
        code: str,
        detail: str = "",
        *,
        errors: Sequence[Mapping[str, Any]] = (),
        conflicts: Sequence[Mapping[str, Any]] = (),
        current_rev: int | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.errors = list(errors)
        self.conflicts = list(conflicts)
        self.current_rev = current_rev
        self.retry_after = retry_after

    @property
    def status(self) -> int:
        """The HTTP status."""
        return STATUS[self.code]


def invalid(pointer: str, code: str, detail: str = "") -> Problem:
    """One thing of a request is wrong. pointer: RFC 6901; code: `required`, `type`, ..."""
    return Problem("invalid", detail, errors=[{"pointer": pointer, "code": code}])


def not_found(detail: str = "") -> Problem:
    """It is not there, or the caller may not see it: the two are told alike."""
    return Problem("not_found", detail)


def unavailable(detail: str, retry_after: int = 2) -> Problem:
    """The homeserver or the database does not answer now."""
    return Problem("unavailable", detail, retry_after=retry_after)
