from __future__ import annotations

from tests.load.profile import Profile

STACK = "<module> (runpy.py);run (homeserver/app.py);send (/x/homeserver/api/client/room_send.py)"


def test_a_sample_belongs_to_the_innermost_function_of_ours() -> None:
    profile = Profile.of(
        [
            f"{STACK};commit (/x/homeserver/storage/commit.py);dumps (/e/site-packages/lib/a.py) 3",
            f"{STACK} 1",
        ]
    )
    assert profile.samples == 4
    assert profile.layers == {"storage": 3, "api": 1}
    assert profile.owners["storage/commit.py:commit"] == 3
    assert profile.inclusive["api/client/room_send.py:send"] == 4
    assert profile.below == {"lib": 3}


def test_threads_that_wait_for_work_cost_nothing() -> None:
    profile = Profile.of(["run (threading.py);_worker (concurrent/futures/thread.py:69) 9", "junk"])
    assert profile.samples == 0
    assert "nothing was sampled" in profile.table(per_unit_ms=None)


def test_shares_become_costs_of_a_unit() -> None:
    text = Profile.of([f"{STACK} 2"]).table(per_unit_ms=0.4)
    assert "100.0 %    400.0 us  api/client/room_send.py:send" in text
