"""All senders to application services. Without any service there is nothing to follow the log."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from homeserver.services.log_feed import LogFeed
from homeserver.services.send_to_appservice import AppserviceSender
from homeserver.services.typing import Typing
from homeserver.storage.commit import LogRow

_PATIENCE_SECONDS = 2.0


class SendAppservices:
    """Starts, wakes and stops the senders."""

    def __init__(self, senders: Iterable[AppserviceSender], feed: LogFeed, typing: Typing) -> None:
        self._senders = {sender.id: sender for sender in senders}
        self._feed = feed
        self._typing = typing
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Sends from now on; a service that is new is told of what happens from now on."""
        if not self._senders:
            return
        self._feed.listen(self._learn)
        self._typing.listen(self._typing_changed)
        self._tasks = [
            asyncio.create_task(sender.run(), name=f"appservice {sender.id}")
            for sender in self._senders.values()
        ]

    async def stop(self) -> None:
        """Stops sending, and stores how far each came. A request that is under way may still be
        answered for a moment; what was not taken is sent again."""
        if not self._tasks:
            return
        for sender in self._senders.values():
            sender.stop()
        _, slow = await asyncio.wait(self._tasks, timeout=_PATIENCE_SECONDS)
        for task in slow:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(sender.finish() for sender in self._senders.values()))

    def nudge(self, appservice_id: str) -> None:
        """An application service gave a sign of life: what waits for it is sent now."""
        sender = self._senders.get(appservice_id)
        if sender is not None:
            sender.nudge()

    def _learn(self, rows: list[LogRow]) -> None:
        """A listener of the feed."""
        for sender in self._senders.values():
            sender.wake()

    def _typing_changed(self, room_id: str) -> None:
        for sender in self._senders.values():
            sender.typing_changed(room_id)
