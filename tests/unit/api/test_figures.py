"""The figures of several processes become one text."""

from __future__ import annotations

from homeserver.api.figures import merged

ONE = """# HELP polls Long polls
# TYPE polls gauge
polls 3.0
# HELP seconds Time
# TYPE seconds histogram
seconds_bucket{endpoint="a b",le="1.0"} 1.0
seconds_count{endpoint="a b"} 1.0
"""
TWO = """# HELP polls Long polls
# TYPE polls gauge
polls 4.0
# HELP rare Only here
# TYPE rare counter
rare_total 1.0
"""


def test_each_figure_says_whose_it_is_and_each_family_is_explained_once() -> None:
    assert merged({"1": ONE, "2": TWO}) == (
        "# HELP polls Long polls\n"
        "# TYPE polls gauge\n"
        'polls{process="1"} 3.0\n'
        'polls{process="2"} 4.0\n'
        "# HELP seconds Time\n"
        "# TYPE seconds histogram\n"
        'seconds_bucket{process="1",endpoint="a b",le="1.0"} 1.0\n'
        'seconds_count{process="1",endpoint="a b"} 1.0\n'
        "# HELP rare Only here\n"
        "# TYPE rare counter\n"
        'rare_total{process="2"} 1.0\n'
    )
