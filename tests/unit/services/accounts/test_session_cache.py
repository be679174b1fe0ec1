"""What is remembered of sessions, and when it is forgotten."""

from __future__ import annotations

from homeserver.ids import DeviceId, UserId
from homeserver.services.accounts.session_cache import SessionCache
from homeserver.services.ground.requester import Requester
from homeserver.storage.commit import LogRow

ANNA = UserId("@anna:a.example")
BOB = UserId("@bob:a.example")


def _put(cache: SessionCache, key: str, user: UserId = ANNA, expires: int | None = None) -> None:
    cache.put(key, Requester(user, DeviceId("D")), expires, cache.generation)


def test_what_is_put_is_found_until_it_expires() -> None:
    cache = SessionCache(max_bytes=20_000)
    _put(cache, "t", expires=100)
    found = cache.get("t", 99)
    assert found is not None
    assert found.user_id == ANNA
    assert cache.get("t", 100) is None
    assert len(cache) == 0


def test_a_change_of_a_user_forgets_all_of_theirs() -> None:
    for kind in ("account", "device", "session"):
        cache = SessionCache(max_bytes=20_000)
        _put(cache, "one")
        _put(cache, "two")
        _put(cache, "other", BOB)
        cache.learn([LogRow(kind, user_id=ANNA)])
        assert (cache.get("one", 0), cache.get("two", 0)) == (None, None)
        assert cache.get("other", 0) is not None


def test_rows_of_other_kinds_forget_nothing() -> None:
    cache = SessionCache(max_bytes=20_000)
    _put(cache, "one")
    cache.learn([LogRow("event", user_id=ANNA), LogRow("account_data", user_id=ANNA)])
    assert cache.get("one", 0) is not None


def test_what_was_read_before_a_change_is_not_remembered() -> None:
    cache = SessionCache(max_bytes=20_000)
    before = cache.generation
    cache.learn([LogRow("session", user_id=ANNA)])
    cache.put("stale", Requester(ANNA, DeviceId("D")), None, before)
    assert cache.get("stale", 0) is None


def test_the_least_recently_used_goes_first() -> None:
    cache = SessionCache(max_bytes=3_000)
    for key in ("one", "two", "three"):
        _put(cache, key)
    cache.get("one", 0)
    _put(cache, "four")
    assert cache.get("two", 0) is None
    assert cache.get("one", 0) is not None
    cache.learn([LogRow("session", user_id=ANNA)])
    assert len(cache) == 0
