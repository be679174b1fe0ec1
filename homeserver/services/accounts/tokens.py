"""Begins, renews and ends sessions. A session is a device with its tokens.

Access tokens that clients renew live as long as the configuration says; those of clients that did
not ask for a refresh token do not expire, because such clients never renew them.
"""

from __future__ import annotations

import hashlib
import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from homeserver.errors import UnknownToken
from homeserver.ids import DeviceId, UserId
from homeserver.protocol.canonical_json import encode
from homeserver.services.accounts.token_signer import Claims, TokenSigner
from homeserver.services.ground.clock import Clock
from homeserver.storage import accounts, devices, tokens
from homeserver.storage.commit import Committer, LogRow, LostClaim, Write, statements
from homeserver.storage.database import Database, Sql

Statement = tuple[Sql, dict[str, Any]]

_SPENT_REMEMBERED_MS = 2 * 24 * 3600 * 1000
"""How long a spent refresh token is recognised: presented again, it ends its session."""


def hash_token(token: str) -> str:
    """What is stored of a token that is not signed."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_secret() -> str:
    """A token that nobody guesses: 256 bits."""
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class Session:
    """What a client gets. ``expires_in_ms``: of the access token; None: it does not expire."""

    user_id: UserId
    device_id: DeviceId
    access_token: str
    refresh_token: str | None
    expires_in_ms: int | None

    def body(self) -> dict[str, Any]:
        """The part that the answers of `/login`, `/register` and `/refresh` share."""
        body: dict[str, Any] = {"access_token": self.access_token}
        if self.refresh_token is not None:
            body["refresh_token"] = self.refresh_token
        if self.expires_in_ms is not None:
            body["expires_in_ms"] = self.expires_in_ms
        return body


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session that begins once its statements and log rows are committed."""

    session: Session
    statements: list[Statement]
    log: list[LogRow]


class Tokens:
    """Issues tokens and takes them back."""

    def __init__(
        self,
        database: Database,
        committer: Committer,
        signer: TokenSigner,
        clock: Clock,
        *,
        access_ttl_ms: int,
        refresh_ttl_ms: int,
    ) -> None:
        self._database = database
        self._committer = committer
        self._signer = signer
        self._clock = clock
        self._access_ttl = access_ttl_ms
        self._refresh_ttl = refresh_ttl_ms

    async def prepare(
        self,
        user_id: UserId,
        *,
        device_id: DeviceId | None = None,
        display_name: str | None = None,
        refreshable: bool = False,
    ) -> NewSession:
        """A new session, to be committed by the caller with whatever justifies it.

        device_id: of a device known already, its other tokens die and it keeps its name; None: a
        new device with an id of our making.
        """
        known = False
        if device_id is not None:
            async with self._database.read() as conn:
                known = await devices.device(conn, user_id, device_id) is not None
        else:
            device_id = new_device_id()
        now = self._clock()
        of_device = {"user_id": user_id, "device_id": device_id}
        begin: list[Statement] = [
            (tokens.DELETE_ACCESS_OF_DEVICE, of_device),
            (tokens.DELETE_REFRESH_OF_DEVICE, of_device),
            (devices.UPSERT, {**of_device, "display_name": display_name, "created_ts": now}),
        ]
        session, issue = self._issue(user_id, device_id, now, refreshable=refreshable, parent=None)
        row = session_row(user_id) if known else device_row(user_id, device_id)
        return NewSession(session, begin + issue, [row])

    async def begin(
        self,
        user_id: UserId,
        *,
        device_id: DeviceId | None = None,
        display_name: str | None = None,
        refreshable: bool = False,
        claim: tuple[Sql, Sequence[Any]] | None = None,
    ) -> Session:
        """A new session (see `prepare`), committed if the account is active.

        claim: what must still be so when it is committed, instead; LostClaim if it is not.
        """
        new = await self.prepare(
            user_id, device_id=device_id, display_name=display_name, refreshable=refreshable
        )
        if claim is None:
            claim = (accounts.CLAIM_ACTIVE, (user_id,))
        write = Write(log=new.log, bind=statements(*new.statements), claim=claim)
        await self._committer.commit(write)
        return new.session

    async def refresh(self, refresh_token: str) -> Session:
        """A new pair of tokens for an old refresh token.

        Until one of the new pair has been used the old one may be presented again, for a pair that
        replaces it. After that, presenting it ends the session: someone has stolen a token.
        Raises UnknownToken, with ``soft_logout`` when the refresh token has merely expired.
        """
        token_hash = hash_token(refresh_token)
        async with self._database.read() as conn:
            old = await tokens.refresh_token(conn, token_hash)
        if old is None or not old.active:
            raise UnknownToken("Unrecognised refresh token")
        if old.used:
            await self.end(old.user_id, [old.device_id])
            raise UnknownToken("The refresh token has been used already")
        now = self._clock()
        if old.created_ts + self._refresh_ttl <= now:
            raise UnknownToken("The refresh token has expired", soft_logout=True)
        of_device = {"user_id": old.user_id, "device_id": old.device_id}
        replaced = {**of_device, "parent_hash": token_hash}
        begin: list[Statement] = [
            (tokens.DELETE_ACCESS_OF_SUCCESSORS, replaced),
            (tokens.DELETE_SUCCESSORS, replaced),
            (tokens.DELETE_EXPIRED_ACCESS, {**of_device, "before": now}),
            (
                tokens.DELETE_USED_REFRESH,
                {**of_device, "before": now - max(_SPENT_REMEMBERED_MS, 2 * self._access_ttl)},
            ),
        ]
        if old.parent_hash is not None:
            begin.append((tokens.USE_REFRESH, {"token_hash": old.parent_hash}))
        session, issue = self._issue(
            old.user_id, old.device_id, now, refreshable=True, parent=token_hash
        )
        claim = (tokens.CLAIM_UNUSED_REFRESH, (token_hash,))
        try:
            await self._committer.commit(Write(bind=statements(*begin, *issue), claim=claim))
        except LostClaim as error:
            raise UnknownToken("The refresh token has been used already") from error
        return session

    async def end(self, user_id: UserId, device_ids: Sequence[DeviceId]) -> None:
        """Ends sessions: their devices and tokens are gone. Unknown devices are ignored."""
        write = Write(
            log=[device_row(user_id, each, deleted=True) for each in device_ids],
            bind=statements(
                *(statement for each in device_ids for statement in devices.removal(user_id, each))
            ),
        )
        await self._committer.commit(write)

    async def ending_all(
        self, user_id: UserId, *, keep: DeviceId | None = None
    ) -> tuple[list[LogRow], list[Statement]]:
        """What ends every session of a user but that of the device ``keep``, to be committed."""
        async with self._database.read() as conn:
            ended = [
                each.device_id
                for each in await devices.devices(conn, user_id)
                if each.device_id != keep
            ]
        rows = [session_row(user_id)]
        rows += [device_row(user_id, each, deleted=True) for each in ended]
        return rows, devices.removal_of_all(user_id, keep=keep)

    async def end_all(self, user_id: UserId, *, keep: DeviceId | None = None) -> None:
        """Ends every session of a user but that of the device ``keep``."""
        rows, removal = await self.ending_all(user_id, keep=keep)
        await self._committer.commit(Write(log=rows, bind=statements(*removal)))

    def _issue(
        self,
        user_id: UserId,
        device_id: DeviceId,
        now: int,
        *,
        refreshable: bool,
        parent: str | None,
    ) -> tuple[Session, list[Statement]]:
        jti = secrets.token_urlsafe(16)
        expires_ts = now + self._access_ttl if refreshable else None
        claims = Claims(jti, user_id, device_id, expires_ts)
        of_device = {"user_id": user_id, "device_id": device_id, "jti": jti}
        issue: list[Statement] = [(tokens.INSERT_ACCESS, {**of_device, "expires_ts": expires_ts})]
        refresh_token = None
        if refreshable:
            refresh_token = new_secret()
            issue.append(
                (
                    tokens.INSERT_REFRESH,
                    {
                        **of_device,
                        "token_hash": hash_token(refresh_token),
                        "parent_hash": parent,
                        "created_ts": now,
                    },
                )
            )
        access_token = self._signer.sign(claims, issued_ts=now)
        expires_in = self._access_ttl if refreshable else None
        return Session(user_id, device_id, access_token, refresh_token, expires_in), issue


def new_device_id() -> DeviceId:
    """Ten capital letters, as people know device ids."""
    return DeviceId("".join(secrets.choice(string.ascii_uppercase) for _ in range(10)))


def device_row(user_id: str, device_id: str, *, deleted: bool = False) -> LogRow:
    """The log's row of a device that is new, changed or deleted."""
    data = {"device_id": device_id, "deleted": deleted}
    return LogRow("device", user_id=user_id, data=encode(data))


def session_row(user_id: str) -> LogRow:
    """The log's row of tokens that changed while the list of devices did not."""
    return LogRow("session", user_id=user_id)
