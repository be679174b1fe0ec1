"""Commands as they are, and one line of text as the draft of a task."""

from __future__ import annotations

from appservice_tasks.api.endpoint import Answer, Call, endpoint
from appservice_tasks.services.change_tasks import ChangeTasks
from appservice_tasks.services.limits import Limit
from appservice_tasks.services.quick_add import QuickAdd


class CommandsApi:
    def __init__(self, change: ChangeTasks, quick_add: QuickAdd) -> None:
        self._change = change
        self._quick_add = quick_add

    @endpoint("POST", "/v1/commands", "sendCommands", limit=Limit.WRITE, max_body=8 * 1024 * 1024)
    async def send(self, call: Call) -> Answer:
        """One to a hundred commands; each has its own outcome."""
        outcomes = await self._change.run(
            call.who,
            call.body["commands"],
            via="rest",
            delegated=call.headers.get("Delegated-Token"),
            atomic=call.body.get("atomic", False),
        )
        return Answer({"results": outcomes})

    @endpoint("POST", "/v1/quick-add/parse", "parseQuickAdd")
    async def parse(self, call: Call) -> Answer:
        """One line of Russian or English becomes a draft; nothing is written."""
        return Answer(await self._quick_add.parse(call.who, call.body))
