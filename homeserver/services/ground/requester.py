"""Who makes a request."""

from __future__ import annotations

from dataclasses import dataclass

from homeserver.ids import DeviceId, UserId


@dataclass(frozen=True, slots=True)
class Requester:
    """An authenticated caller.

    device_id: None for an application service that names no device.
    appservice_id: the application service whose token was used, if any; it then acts as
    ``user_id``.
    token_id: the ``jti`` of the access token, None for an application service.
    admin: a server administrator.
    must_change_password: every call but the change itself, whoami and logout is refused.
    """

    user_id: UserId
    device_id: DeviceId | None = None
    token_id: str | None = None
    appservice_id: str | None = None
    admin: bool = False
    must_change_password: bool = False

    @property
    def txn_scope(self) -> str:
        """What client transaction ids are unique within, beside the user: the device or the
        appservice."""
        if self.appservice_id is not None:
            return f"as:{self.appservice_id}"
        return self.device_id or ""
