"""Errors carry all that their HTTP answer needs."""

from __future__ import annotations

import inspect

import pytest

from homeserver import errors
from homeserver.errors import (
    Forbidden,
    IncompatibleRoomVersion,
    LimitExceeded,
    MatrixError,
    NotFound,
    ResourceLimitExceeded,
    UnknownToken,
    Unrecognized,
)

KINDS = [
    kind
    for _, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, MatrixError) and kind is not MatrixError
]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_each_kind_has_a_status_a_code_and_a_text(kind: type[MatrixError]) -> None:
    assert 400 <= kind.default_status < 600
    assert kind.default_errcode.startswith(("M_", "ORG.TEAMMESSENGER."))
    assert kind.default_message
    assert kind.__doc__


def test_no_two_kinds_share_a_code() -> None:
    codes = [kind.default_errcode for kind in KINDS]
    assert len(codes) == len(set(codes))


def test_a_text_of_ones_own_replaces_the_default() -> None:
    error = Forbidden("Not in this room")
    assert error.body() == {"errcode": "M_FORBIDDEN", "error": "Not in this room"}
    assert str(error) == "403 M_FORBIDDEN: Not in this room"


def test_status_code_and_further_keys_may_be_given() -> None:
    error = Unrecognized(status=405, extra={"allow": ["GET"]})
    assert error.status == 405
    assert error.body()["allow"] == ["GET"]
    assert MatrixError("x", errcode="M_OTHER").errcode == "M_OTHER"


def test_extra_keys_are_not_shared_between_errors() -> None:
    NotFound().extra["x"] = 1
    assert NotFound().extra == {}


def test_a_limit_says_when_to_come_again() -> None:
    error = LimitExceeded(retry_after_ms=1001)
    assert error.body()["retry_after_ms"] == 1001
    assert error.headers() == {"Retry-After": "2"}


def test_an_expired_token_is_a_soft_logout() -> None:
    assert UnknownToken(soft_logout=True).body()["soft_logout"] is True
    assert UnknownToken().body()["soft_logout"] is False


def test_required_keys_are_there() -> None:
    assert IncompatibleRoomVersion("3").body()["room_version"] == "3"
    assert ResourceLimitExceeded("mailto:a@b").body()["admin_contact"] == "mailto:a@b"
