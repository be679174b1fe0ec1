"""Each row of the feed is passed on once, whichever process wrote it."""

from __future__ import annotations

from collections.abc import Sequence

from appservice_tasks.realtime.follow_feed import FollowFeed
from appservice_tasks.storage.feed import FeedRow
from appservice_tasks.storage.watch import Watch


class Still:
    """A database in which nothing is ever written."""

    linger = 0.0

    async def read(self) -> object:
        return 1

    def close(self) -> None:
        """There is nothing open."""


class Stored:
    """A feed in a list."""

    def __init__(self) -> None:
        self.rows = [FeedRow(1, "task", "!a")]

    async def read(self, since: int | None) -> tuple[Sequence[FeedRow], int]:
        head = self.rows[-1].seq
        return [row for row in self.rows if since is not None and row.seq > since], head


async def test_what_others_wrote_is_found_and_what_was_there_is_not() -> None:
    stored, found = Stored(), list[FeedRow]()
    follow = FollowFeed(stored.read, found.extend, Watch(Still()))
    await follow.look()
    stored.rows.append(FeedRow(2, "task", "!a"))
    await follow.look()
    await follow.look()
    assert [row.seq for row in found] == [2]


async def test_what_was_heard_is_not_found_again() -> None:
    stored, found = Stored(), list[FeedRow]()
    follow = FollowFeed(stored.read, found.extend, Watch(Still()))
    await follow.look()
    own, other = FeedRow(2, "task", "!a"), FeedRow(3, "task", "!a")
    assert follow.new([own]) == [own]
    stored.rows += [own, other]
    await follow.look()
    assert found == [other]


async def test_what_was_read_first_is_not_heard_again() -> None:
    stored, found = Stored(), list[FeedRow]()
    follow = FollowFeed(stored.read, found.extend, Watch(Still()))
    await follow.look()
    own = FeedRow(2, "task", "!a")
    stored.rows.append(own)
    await follow.look()
    assert found == [own]
    assert follow.new([own]) == []
