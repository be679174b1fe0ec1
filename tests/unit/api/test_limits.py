"""Which requests are counted, and against whom."""

from __future__ import annotations

from dataclasses import replace

import pytest

from homeserver.api.endpoint import Limit
from homeserver.api.limits import Limits
from homeserver.config import RateLimit, RateLimits
from homeserver.errors import LimitExceeded
from homeserver.ids import DeviceId, UserId
from homeserver.services.appservices.appservice_registry import Appservice, Appservices
from homeserver.services.ground.requester import Requester

ANNA = Requester(UserId("@anna:a.example"), DeviceId("PHONE"))
ADMIN = Requester(UserId("@admin:a.example"), DeviceId("PHONE"), admin=True)
FREE = Appservice("free", None, "free token", "hs", UserId("@free:a.example"), rate_limited=False)
BOUND = Appservice("bound", None, "bound token", "hs", UserId("@bound:a.example"))


def _ghost(appservice: Appservice, name: str = "ghost") -> Requester:
    return Requester(UserId(f"@{name}:a.example"), appservice_id=appservice.id)


@pytest.fixture
def limits() -> Limits:
    one = RateLimit(0.001, 1)
    config = replace(RateLimits(), messages=one, login=one, registration=one)
    return Limits(config, Appservices([FREE, BOUND]), now=lambda: 0.0)


def _refused(
    limits: Limits, limit: Limit, who: Requester | None, address: str = "1", token: str = ""
) -> bool:
    try:
        limits.check(limit, who, address, token or None)
    except LimitExceeded:
        return True
    return False


def test_people_are_counted_by_who_they_are(limits: Limits) -> None:
    assert not _refused(limits, Limit.MESSAGES, ANNA, "1")
    assert _refused(limits, Limit.MESSAGES, ANNA, "2")
    assert not _refused(limits, Limit.MESSAGES, ADMIN, "1")
    assert _refused(limits, Limit.MESSAGES, ADMIN, "1"), "administrators are no exception"


def test_sign_ins_are_counted_by_address(limits: Limits) -> None:
    assert not _refused(limits, Limit.LOGIN, None, "1")
    assert _refused(limits, Limit.LOGIN, None, "1")
    assert not _refused(limits, Limit.LOGIN, None, "2")


def test_classes_are_counted_apart(limits: Limits) -> None:
    assert not _refused(limits, Limit.LOGIN, None)
    assert not _refused(limits, Limit.REGISTRATION, None)
    assert not _refused(limits, Limit.MESSAGES, ANNA)


def test_application_services_are_free_where_their_registration_says_so(limits: Limits) -> None:
    for _ in range(3):
        assert not _refused(limits, Limit.MESSAGES, _ghost(FREE))
        assert not _refused(limits, Limit.MESSAGES, _ghost(BOUND, "bound")), "its own user"
        assert not _refused(limits, Limit.REGISTRATION, None, token="free token")
    assert not _refused(limits, Limit.MESSAGES, _ghost(BOUND))
    assert _refused(limits, Limit.MESSAGES, _ghost(BOUND))


def test_a_token_that_is_made_up_frees_nobody(limits: Limits) -> None:
    assert not _refused(limits, Limit.REGISTRATION, None, token="made up")
    assert _refused(limits, Limit.REGISTRATION, None, token="made up")


def test_switched_off_nothing_is_counted() -> None:
    limits = Limits(RateLimits(enabled=False), Appservices())
    for _ in range(100):
        limits.check(Limit.LOGIN, None, "1", None)


def test_every_class_has_a_size() -> None:
    limits = Limits(RateLimits(), Appservices())
    for limit in Limit:
        limits.check(limit, ANNA, "1", None)
