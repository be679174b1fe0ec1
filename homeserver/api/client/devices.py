"""Devices of the caller."""

from __future__ import annotations

from typing import Any

import msgspec

from homeserver.api.body import Text, as_struct
from homeserver.api.endpoint import Auth, Json, JsonObject, Limit, Reply, endpoint
from homeserver.ids import DeviceId, parse_device_id
from homeserver.services.accounts.devices import Devices
from homeserver.services.accounts.uia import PASSWORD, InteractiveAuth
from homeserver.services.ground.requester import Requester
from homeserver.storage.devices import Device


class DeviceBody(msgspec.Struct):
    """`PUT /devices/{deviceId}`."""

    display_name: Text | None = None


class DeleteBody(msgspec.Struct):
    """`POST /delete_devices`."""

    devices: list[str]


class DevicesApi:
    def __init__(self, devices: Devices, uia: InteractiveAuth) -> None:
        self._devices = devices
        self._uia = uia

    @endpoint(
        "GET",
        "/_matrix/client/v3/devices",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#get_matrixclientv3devices",
    )
    async def all(self, who: Requester) -> Json:
        """The caller's devices."""
        found = await self._devices.all(who.user_id)
        return {"devices": [_shown(who, each) for each in found]}

    @endpoint(
        "GET",
        "/_matrix/client/v3/devices/{device_id}",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#get_matrixclientv3devicesdeviceid",
    )
    async def one(self, who: Requester, device_id: DeviceId) -> Json:
        """One device of the caller."""
        return _shown(who, await self._devices.one(who.user_id, device_id))

    @endpoint(
        "PUT",
        "/_matrix/client/v3/devices/{device_id}",
        auth=Auth.ACCESS_TOKEN,
        limit=Limit.ACCOUNT,
        spec="client-server-api/#put_matrixclientv3devicesdeviceid",
    )
    async def put(self, who: Requester, device_id: DeviceId, body: DeviceBody) -> Reply:
        """Name a device; application services may make one."""
        made = False
        if who.appservice_id is None:
            await self._devices.rename(who.user_id, device_id, body.display_name)
        else:
            made = await self._devices.create_or_rename(who.user_id, device_id, body.display_name)
        return Reply({}, status=201 if made else 200)

    @endpoint(
        "DELETE",
        "/_matrix/client/v3/devices/{device_id}",
        auth=Auth.ACCESS_TOKEN,
        limit=Limit.ACCOUNT,
        spec="client-server-api/#delete_matrixclientv3devicesdeviceid",
    )
    async def delete(self, who: Requester, device_id: DeviceId, body: JsonObject) -> Json:
        """Sign a device out."""
        if who.appservice_id is None:
            operation = f"delete_device {device_id}"
            await self._uia.require(operation, body, [PASSWORD], user_id=who.user_id)
        await self._devices.remove(who.user_id, [device_id])
        return {}

    @endpoint(
        "POST",
        "/_matrix/client/v3/delete_devices",
        auth=Auth.ACCESS_TOKEN,
        limit=Limit.ACCOUNT,
        spec="client-server-api/#post_matrixclientv3delete_devices",
    )
    async def delete_several(self, who: Requester, body: JsonObject) -> Json:
        """Sign several devices out."""
        wanted = [parse_device_id(each) for each in as_struct(body, DeleteBody).devices]
        if who.appservice_id is None:
            await self._uia.require("delete_devices", body, [PASSWORD], user_id=who.user_id)
        await self._devices.remove(who.user_id, wanted)
        return {}


def _shown(who: Requester, device: Device) -> dict[str, Any]:
    # What is not known is null, never absent: some clients insist on the keys.
    return {
        "device_id": device.device_id,
        "user_id": who.user_id,
        "display_name": device.display_name,
        "last_seen_ts": device.last_seen_ts,
        "last_seen_ip": device.last_seen_ip,
    }
