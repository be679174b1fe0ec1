"""What the homeserver says no to, in our own codes."""

from __future__ import annotations

from appservice_tasks.errors import Problem, invalid, not_found, unavailable
from appservice_tasks.matrix_client import Refused, Unavailable


def problem_of(error: Refused | Unavailable) -> Problem:
    """The problem that a person is told when the homeserver refused what they asked for."""
    if isinstance(error, Unavailable):
        if error.retry_after is not None:
            return Problem(
                "rate_limited", "Too many requests", retry_after=int(error.retry_after) + 1
            )
        return unavailable("The homeserver does not answer")
    match error.status, error.errcode:
        case 401, "M_UNKNOWN_TOKEN":
            return Problem("token_revoked", "The session has ended: sign in again")
        case 401, _:
            return Problem("token_invalid", "Sign in again")
        case 403, "ORG.TEAMMESSENGER.PASSWORD_CHANGE_REQUIRED":
            return Problem("password_change_required")
        case 403, _:
            return Problem("forbidden", error.message)
        case 404, _:
            return not_found(error.message)
        case 413, _:
            return Problem("too_large", error.message)
    return invalid("", "refused", error.message)
