"""Errors a client may see: an HTTP status, an errcode of the specification, and a safe text.

The text never carries causes, paths or queries; raise `from` the cause and let the log keep it.
Source: client-server-api, "Standard error response".
"""

from __future__ import annotations

from typing import Any, ClassVar


class MatrixError(Exception):
    """A refusal with everything its HTTP answer needs.

    status: HTTP status. errcode: `M_...` or a namespaced code. message: safe for anyone to read.
    extra: further top-level keys of the answer's body. Subclasses set the first three as defaults.
    """

    default_status: ClassVar[int] = 500
    default_errcode: ClassVar[str] = "M_UNKNOWN"
    default_message: ClassVar[str] = "Internal server error"

    def __init__(
        self,
        message: str | None = None,
        *,
        status: int | None = None,
        errcode: str | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        self.status: int = self.default_status if status is None else status
        self.errcode: str = self.default_errcode if errcode is None else errcode
        self.message: str = self.default_message if message is None else message
        self.extra: dict[str, Any] = {} if extra is None else extra
        super().__init__(self.message)

    def __str__(self) -> str:
        return f"{self.status} {self.errcode}: {self.message}"

    def body(self) -> dict[str, Any]:
        """The JSON object of the answer."""
        return {"errcode": self.errcode, "error": self.message, **self.extra}

    def headers(self) -> dict[str, str]:
        """Response headers that belong to the refusal."""
        return {}


class Unknown(MatrixError):
    """Something went wrong that no other code describes."""


class BadJson(MatrixError):
    """Valid JSON with missing or impossible values."""

    default_status = 400
    default_errcode = "M_BAD_JSON"
    default_message = "The request's JSON has missing or invalid values"


class NotJson(MatrixError):
    """The body is not JSON at all."""

    default_status = 400
    default_errcode = "M_NOT_JSON"
    default_message = "The request's body is not valid JSON"


class InvalidParam(MatrixError):
    """A parameter has a wrong value."""

    default_status = 400
    default_errcode = "M_INVALID_PARAM"
    default_message = "A parameter has an invalid value"


class MissingParam(MatrixError):
    """A required parameter is absent."""

    default_status = 400
    default_errcode = "M_MISSING_PARAM"
    default_message = "A required parameter is missing"


class BadState(MatrixError):
    """The state change cannot be performed, such as unbanning someone who is not banned."""

    default_status = 400
    default_errcode = "M_BAD_STATE"
    default_message = "The requested change does not fit the current state"


class InvalidRoomState(MatrixError):
    """The initial state given to createRoom does not pass."""

    default_status = 400
    default_errcode = "M_INVALID_ROOM_STATE"
    default_message = "The initial room state is not valid"


class RoomInUse(MatrixError):
    """The alias asked for in createRoom is taken."""

    default_status = 400
    default_errcode = "M_ROOM_IN_USE"
    default_message = "That room alias is already taken"


class UnsupportedRoomVersion(MatrixError):
    """A room of a version that this server does not know was asked for."""

    default_status = 400
    default_errcode = "M_UNSUPPORTED_ROOM_VERSION"
    default_message = "This room version is not supported"


class IncompatibleRoomVersion(MatrixError):
    """The room to join has a version that this server does not know."""

    default_status = 400
    default_errcode = "M_INCOMPATIBLE_ROOM_VERSION"
    default_message = "The room has a version that this server does not support"

    def __init__(self, room_version: str, message: str | None = None) -> None:
        super().__init__(message, extra={"room_version": room_version})


class UserInUse(MatrixError):
    """The user ID asked for is taken."""

    default_status = 400
    default_errcode = "M_USER_IN_USE"
    default_message = "That user ID is already taken"


class InvalidUsername(MatrixError):
    """The user name asked for breaks the grammar of user IDs."""

    default_status = 400
    default_errcode = "M_INVALID_USERNAME"
    default_message = "That user name is not valid"


class Exclusive(MatrixError):
    """The resource is reserved by an application service, or outside the caller's namespace."""

    default_status = 400
    default_errcode = "M_EXCLUSIVE"
    default_message = "That name is reserved by an application service"


class WeakPassword(MatrixError):
    """The password was refused."""

    default_status = 400
    default_errcode = "M_WEAK_PASSWORD"
    default_message = "That password is not acceptable"


class BadAlias(MatrixError):
    """A room alias named in a canonical alias event does not point to the room."""

    default_status = 400
    default_errcode = "M_BAD_ALIAS"
    default_message = "The alias does not point to this room"


class DuplicateAnnotation(MatrixError):
    """The same user has already sent this reaction to this event."""

    default_status = 400
    default_errcode = "M_DUPLICATE_ANNOTATION"
    default_message = "The same reaction has already been sent"


class ThreepidDenied(MatrixError):
    """Third-party identifiers are not permitted here."""

    default_status = 403
    default_errcode = "M_THREEPID_DENIED"
    default_message = "Third-party identifiers are not supported by this server"


class UnableToAuthoriseJoin(MatrixError):
    """This server cannot tell whether the conditions of a restricted room are met."""

    default_status = 400
    default_errcode = "M_UNABLE_TO_AUTHORISE_JOIN"
    default_message = "This server cannot check the conditions for joining"


class UnableToGrantJoin(MatrixError):
    """The conditions are met, but no user of this server may invite."""

    default_status = 400
    default_errcode = "M_UNABLE_TO_GRANT_JOIN"
    default_message = "No user of this server can authorise the join"


class MissingToken(MatrixError):
    """No access token came with the request."""

    default_status = 401
    default_errcode = "M_MISSING_TOKEN"
    default_message = "Missing access token"


class UnknownToken(MatrixError):
    """The access or refresh token is not, or no longer, valid.

    soft_logout: the client may keep its encryption state and sign in to the same device again.
    """

    default_status = 401
    default_errcode = "M_UNKNOWN_TOKEN"
    default_message = "Unrecognised access token"

    def __init__(self, message: str | None = None, *, soft_logout: bool = False) -> None:
        super().__init__(message, extra={"soft_logout": soft_logout})


class Unauthorized(MatrixError):
    """The request was not correctly authorised."""

    default_status = 401
    default_errcode = "M_UNAUTHORIZED"
    default_message = "The request was not correctly authorised"


class Forbidden(MatrixError):
    """The caller may not do this."""

    default_status = 403
    default_errcode = "M_FORBIDDEN"
    default_message = "You are not allowed to do this"


class InviteBlocked(MatrixError):
    """The person invited takes no invites (`m.invite_permission_config`)."""

    default_status = 403
    default_errcode = "M_INVITE_BLOCKED"
    default_message = "That user does not take invites"


class UserDeactivated(MatrixError):
    """The account has been deactivated."""

    default_status = 403
    default_errcode = "M_USER_DEACTIVATED"
    default_message = "This account has been deactivated"


class UserLocked(MatrixError):
    """The account is locked; clients keep their data."""

    default_status = 401
    default_errcode = "M_USER_LOCKED"
    default_message = "This account has been locked"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message, extra={"soft_logout": True})


class UserSuspended(MatrixError):
    """The account may only be used for limited actions."""

    default_status = 403
    default_errcode = "M_USER_SUSPENDED"
    default_message = "This account has been suspended"


class GuestAccessForbidden(MatrixError):
    """Guests may not use this room or resource."""

    default_status = 403
    default_errcode = "M_GUEST_ACCESS_FORBIDDEN"
    default_message = "Guests are not allowed here"


class CannotLeaveServerNoticeRoom(MatrixError):
    """The invitation to the server notices room cannot be rejected."""

    default_status = 403
    default_errcode = "M_CANNOT_LEAVE_SERVER_NOTICE_ROOM"
    default_message = "You cannot leave the server notices room"


class PasswordChangeRequired(MatrixError):
    """A temporary password must be replaced before anything else (an extension of this server)."""

    default_status = 403
    default_errcode = "ORG.TEAMMESSENGER.PASSWORD_CHANGE_REQUIRED"
    default_message = "Choose a new password first"


class NotFound(MatrixError):
    """There is no such resource, or the caller may not know of it."""

    default_status = 404
    default_errcode = "M_NOT_FOUND"
    default_message = "Not found"


class Unrecognized(MatrixError):
    """No such endpoint (404), or no such method of it (405)."""

    default_status = 404
    default_errcode = "M_UNRECOGNIZED"
    default_message = "Unrecognized request"


class TooLarge(MatrixError):
    """The request or an entity in it is too large."""

    default_status = 413
    default_errcode = "M_TOO_LARGE"
    default_message = "The request is too large"


class LimitExceeded(MatrixError):
    """Too many requests in a short time.

    retry_after_ms: milliseconds until the next attempt can succeed; also sent as `Retry-After`.
    """

    default_status = 429
    default_errcode = "M_LIMIT_EXCEEDED"
    default_message = "Too many requests"

    def __init__(self, message: str | None = None, *, retry_after_ms: int = 1000) -> None:
        super().__init__(message, extra={"retry_after_ms": retry_after_ms})
        self.retry_after_ms: int = retry_after_ms

    def headers(self) -> dict[str, str]:
        # The header counts whole seconds: round up, so that a client never comes too early.
        return {"Retry-After": str(-(-self.retry_after_ms // 1000))}


class ResourceLimitExceeded(MatrixError):
    """The server has reached a limit imposed on it; `admin_contact` says whom to ask."""

    default_status = 403
    default_errcode = "M_RESOURCE_LIMIT_EXCEEDED"
    default_message = "The server has reached its limit"

    def __init__(self, admin_contact: str, message: str | None = None) -> None:
        super().__init__(message, extra={"admin_contact": admin_contact})


class UnknownDevice(MatrixError):
    """The device named by an application service does not belong to the user it speaks for."""

    default_status = 400
    default_errcode = "M_UNKNOWN_DEVICE"
    default_message = "Unknown device"


class NotYetUploaded(MatrixError):
    """The media ID exists, but its content has not arrived."""

    default_status = 504
    default_errcode = "M_NOT_YET_UPLOADED"
    default_message = "The media has not been uploaded yet"


class CannotOverwriteMedia(MatrixError):
    """The media ID already has content."""

    default_status = 409
    default_errcode = "M_CANNOT_OVERWRITE_MEDIA"
    default_message = "The media has already been uploaded"
