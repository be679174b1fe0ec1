"""All senders to application services, each a duty of one process. Without any service there is
nothing to follow the log."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from homeserver.services.events.log_feed import LogFeed
from homeserver.services.ground.whispers import Whispers
from homeserver.services.sending.send_to_appservice import AppserviceSender
from homeserver.services.sync.typing import Typing
from homeserver.storage.commit import LogRow

_PATIENCE_SECONDS = 2.0
_TOPIC = "appservice"


class _Sending:
    """The duty of sending to one service."""

    def __init__(self, sender: AppserviceSender) -> None:
        self.name = f"appservice {sender.id}"
        self.sender = sender
        self.task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        self.sender.begin()
        self.task = asyncio.create_task(self.sender.run(), name=self.name)

    async def end(self) -> None:
        """A request that is under way may still be answered for a moment; what was not taken is
        sent again, perhaps by another process."""
        if self.task is None:
            return
        self.sender.stop()
        _, slow = await asyncio.wait([self.task], timeout=_PATIENCE_SECONDS)
        for task in slow:
            task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        await self.sender.finish()
        self.task = None


class SendAppservices:
    """Wakes the senders that this process runs. Whoever has the duties begins and ends them."""

    def __init__(
        self,
        senders: Iterable[AppserviceSender],
        feed: LogFeed,
        typing: Typing,
        whispers: Whispers,
    ) -> None:
        self.duties = [_Sending(sender) for sender in senders]
        self._whispers = whispers
        if self.duties:
            feed.listen(self._learn, self._cares, self._sends)
            typing.listen(self._typing_changed)
            whispers.on(_TOPIC, self._nudge)

    def nudge(self, appservice_id: str) -> None:
        """An application service gave a sign of life: what waits for it is sent now."""
        self._nudge(appservice_id)
        self._whispers.say(_TOPIC, appservice_id)

    def _nudge(self, appservice_id: str) -> None:
        for duty in self._running():
            if duty.sender.id == appservice_id:
                duty.sender.nudge()

    def _running(self) -> list[_Sending]:
        return [duty for duty in self.duties if duty.task is not None]

    def _cares(self, _room: int) -> bool:
        """Any event may concern a service; who sends looks at all of them."""
        return self._sends()

    def _sends(self) -> bool:
        return any(duty.task is not None for duty in self.duties)

    def _learn(self, rows: list[LogRow]) -> None:
        """A listener of the feed."""
        for duty in self._running():
            duty.sender.wake()

    def _typing_changed(self, room_id: str) -> None:
        for duty in self._running():
            duty.sender.typing_changed(room_id)
