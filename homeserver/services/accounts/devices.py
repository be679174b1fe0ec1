"""A user's devices.

Source: client-server-api, "Device management".
"""

from __future__ import annotations

from collections.abc import Sequence

from homeserver.errors import InvalidParam, NotFound
from homeserver.ids import DeviceId, UserId
from homeserver.services.accounts.tokens import Tokens, device_row
from homeserver.services.ground.clock import Clock
from homeserver.storage import devices
from homeserver.storage.commit import Committer, Write, statements
from homeserver.storage.database import Database
from homeserver.storage.devices import Device

MAX_NAME = 100
"""Characters of a device's name."""


class Devices:
    """Lists, names and removes devices."""

    def __init__(
        self, database: Database, committer: Committer, sessions: Tokens, clock: Clock
    ) -> None:
        self._database = database
        self._committer = committer
        self._sessions = sessions
        self._clock = clock

    async def all(self, user_id: UserId) -> list[Device]:
        """The user's devices, oldest first."""
        async with self._database.read() as conn:
            return await devices.devices(conn, user_id)

    async def one(self, user_id: UserId, device_id: DeviceId) -> Device:
        """A device of the user. Raises NotFound."""
        async with self._database.read() as conn:
            device = await devices.device(conn, user_id, device_id)
        if device is None:
            raise NotFound("No such device")
        return device

    async def rename(self, user_id: UserId, device_id: DeviceId, name: str | None) -> None:
        """Names a device; None leaves its name. Raises NotFound, InvalidParam."""
        await self.one(user_id, device_id)
        if name is None:
            return
        _check_name(name)
        change = {"user_id": user_id, "device_id": device_id, "display_name": name}
        await self._commit(user_id, device_id, (devices.RENAME, change))

    async def create_or_rename(
        self, user_id: UserId, device_id: DeviceId, name: str | None
    ) -> bool:
        """For application services: makes the device if there is none. Whether it was made."""
        try:
            await self.rename(user_id, device_id, name)
        except NotFound:
            if name is not None:
                _check_name(name)
            row = {
                "user_id": user_id,
                "device_id": device_id,
                "display_name": name,
                "created_ts": self._clock(),
            }
            await self._commit(user_id, device_id, (devices.UPSERT, row))
            return True
        return False

    async def remove(self, user_id: UserId, device_ids: Sequence[DeviceId]) -> None:
        """Removes devices, and with them their tokens. Those that are gone already are ignored."""
        async with self._database.read() as conn:
            known = {each.device_id for each in await devices.devices(conn, user_id)}
        found = [each for each in dict.fromkeys(device_ids) if each in known]
        if found:
            await self._sessions.end(user_id, found)

    async def _commit(
        self, user_id: UserId, device_id: DeviceId, statement: devices.Statement
    ) -> None:
        row = device_row(user_id, device_id)
        await self._committer.commit(Write(log=[row], bind=statements(statement)))


def _check_name(name: str) -> None:
    if len(name) > MAX_NAME:
        raise InvalidParam(f"The device's name is longer than {MAX_NAME} characters")
