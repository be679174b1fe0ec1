"""The authority was invited: by people of this server it comes, and says what is missing."""

from __future__ import annotations

from appservice_tasks.domain.ids import server_of
from appservice_tasks.matrix_client import Homeserver
from appservice_tasks.services import room_notes
from appservice_tasks.services.follow_room import FollowRoom
from appservice_tasks.services.outbox import Outbox
from appservice_tasks.services.work import Work
from appservice_tasks.storage import chores, rooms
from appservice_tasks.storage.chores import Chore


class JoinRooms:
    """Does the chore `join`."""

    def __init__(
        self,
        work: Work,
        homeserver: Homeserver,
        follow: FollowRoom,
        outbox: Outbox,
        server_name: str,
    ) -> None:
        self._work = work
        self._homeserver = homeserver
        self._follow = follow
        self._outbox = outbox
        self._server_name = server_name

    async def do(self, chore: Chore) -> None:
        """Joins, unless a stranger asked. A room that is being set up gets its settings before the
        authority is invited, so one without was invited by hand."""
        if server_of(chore.payload["by"]) != self._server_name:
            return
        async with self._work.database.read() as conn:
            known = await rooms.find(conn, chore.room_id)
        if known is not None and known.joined:
            return
        await self._homeserver.join(chore.room_id)
        room = await self._follow.refresh(chore.room_id)
        if room is None:
            return
        if room.config is None and not room.encrypted:
            async with self._work.begin() as unit:
                note = Chore(f"i:{chore.txn_id}", "send", chore.room_id, room_notes.not_set_up())
                await chores.add(unit.conn, note, unit.now)
                unit.chores = True
        self._outbox.wake(chore.room_id)
