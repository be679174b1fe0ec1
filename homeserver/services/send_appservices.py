"""All senders to application services. Without any service there is nothing to follow the log."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable

from homeserver.services.log_feed import LogFeed
from homeserver.services.send_to_appservice import AppserviceSender
from homeserver.services.typing import Typing
from homeserver.storage.commit import LogRow


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
        """Stops sending, and stores how far each came. What is under way is sent again."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        if self._tasks:
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
