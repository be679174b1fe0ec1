"""The content repository: files that people upload, and their `mxc://` addresses.

Source: client-server-api, "Content repository".
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass

from homeserver.errors import (
    CannotOverwriteMedia,
    Forbidden,
    LimitExceeded,
    NotFound,
    NotYetUploaded,
)
from homeserver.protocol.media_types import UNKNOWN
from homeserver.remote.blobs import Blob, Blobs
from homeserver.services.ground.clock import Clock
from homeserver.storage import media
from homeserver.storage.commit import Committer, LostClaim, Write, statements
from homeserver.storage.database import Args, Database
from homeserver.storage.media import MediaRow

UNUSED_MS = 24 * 3600 * 1000
"""How long an id waits for its content: "The recommended default expiration is 24 hours"."""

MAX_PENDING = 100
"""Ids without content that one person may have at a time: an album, many times over."""

_MEDIA_ID = re.compile(r"[A-Za-z0-9_-]{1,255}", re.ASCII)
_LOOK_SECONDS = 1.0
"""How often one who waits for an upload looks, in case another process took it."""


@dataclass(frozen=True, slots=True)
class StoredMedia:
    """An uploaded file. content_type: what its uploader claims. content_hash: names its bytes."""

    media_id: str
    content_hash: str
    content_type: str
    upload_name: str | None
    size: int


@dataclass(frozen=True, slots=True)
class Created:
    """An id that waits for its content. expires_ts: milliseconds."""

    media_id: str
    expires_ts: int


class Media:
    """Takes files in and finds them again."""

    def __init__(
        self,
        database: Database,
        committer: Committer,
        blobs: Blobs,
        clock: Clock,
        *,
        server_name: str,
        max_bytes: int,
    ) -> None:
        self._database = database
        self._committer = committer
        self._blobs = blobs
        self._clock = clock
        self._server_name = server_name
        self.max_bytes = max_bytes
        self._waiting: dict[str, set[asyncio.Future[None]]] = {}
        self._closed = False

    def address(self, media_id: str) -> str:
        """The `mxc://` address of a media id of this server."""
        return f"mxc://{self._server_name}/{media_id}"

    async def upload(
        self,
        user_id: str,
        chunks: AsyncIterator[bytes],
        *,
        content_type: str = UNKNOWN,
        name: str | None = None,
    ) -> str:
        """Keeps a file; its new media id. Raises TooLarge."""
        blob = await self._blobs.put(chunks, max_bytes=self.max_bytes)
        media_id = _new_id()
        params = {
            "media_id": media_id,
            "user_id": user_id,
            "content_hash": blob.name,
            "content_type": content_type,
            "upload_name": name,
            "size": blob.size,
            "created_ts": self._clock(),
        }
        await self._committer.commit(Write(bind=statements((media.INSERT, params))))
        return media_id

    async def create(self, user_id: str) -> Created:
        """Makes an id whose content comes later. Raises LimitExceeded for too many of those."""
        now = self._clock()
        async with self._database.read() as conn:
            pending = await media.pending(conn, user_id, after=now - UNUSED_MS)
        if pending >= MAX_PENDING:
            raise LimitExceeded("Too many media ids wait for their upload", retry_after_ms=60_000)
        media_id = _new_id()
        unused = {"user_id": user_id, "before": now - UNUSED_MS}
        params = {
            "media_id": media_id,
            "user_id": user_id,
            "content_hash": None,
            "content_type": None,
            "upload_name": None,
            "size": None,
            "created_ts": now,
        }
        write = Write(bind=statements((media.DELETE_UNUSED, unused), (media.INSERT, params)))
        await self._committer.commit(write)
        return Created(media_id, now + UNUSED_MS)

    async def fill(
        self,
        user_id: str,
        server_name: str,
        media_id: str,
        chunks: AsyncIterator[bytes],
        *,
        content_type: str = UNKNOWN,
        name: str | None = None,
    ) -> None:
        """Gives an id that was made before its content.

        Raises NotFound (no such id, or it has expired), Forbidden (somebody else's),
        CannotOverwriteMedia, TooLarge.
        """
        await self._check_fillable(user_id, server_name, media_id)
        blob = await self._blobs.put(chunks, max_bytes=self.max_bytes)
        claim = (media.CLAIM_CONTENT, _content(media_id, blob, content_type, name))
        try:
            await self._committer.commit(Write(claim=claim))
        except LostClaim:
            # Uploaded twice at once, or swept away since.
            await self._check_fillable(user_id, server_name, media_id)
            raise NotFound("Unknown media ID") from None
        self._wake(media_id)

    async def find(self, server_name: str, media_id: str, *, timeout_ms: int) -> StoredMedia:
        """An uploaded file; waits for one that is still to come, at most ``timeout_ms``.

        Raises NotFound, also for other servers' media; NotYetUploaded.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout_ms / 1000
        while True:
            arrived = self._arrival(media_id)
            try:
                row = await self._row(server_name, media_id)
                found = _stored(row)
                if found is not None:
                    return found
                left = end - loop.time()
                if left <= 0 or self._closed:
                    raise NotYetUploaded
                await asyncio.wait([arrived], timeout=min(left, _LOOK_SECONDS))
            finally:
                self._forget(media_id, arrived)

    async def head(self, found: StoredMedia, count: int) -> bytes:
        """The first bytes of a file."""
        parts = [part async for part in self.read(found, 0, min(count, found.size))]
        return b"".join(parts)

    def read(self, found: StoredMedia, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes of a file from ``start`` up to ``stop`` (excluded)."""
        return self._blobs.read(found.content_hash, start, stop)

    def close(self) -> None:
        """Answers those who wait for an upload, and lets none wait any more."""
        self._closed = True
        for media_id in list(self._waiting):
            self._wake(media_id)

    async def _row(self, server_name: str, media_id: str) -> MediaRow:
        if server_name != self._server_name or not _MEDIA_ID.fullmatch(media_id):
            raise NotFound("Unknown media")
        async with self._database.read() as conn:
            row = await media.media(conn, media_id)
        if row is None or (row.content_hash is None and self._is_expired(row)):
            raise NotFound("Unknown media")
        return row

    def _is_expired(self, row: MediaRow) -> bool:
        return row.created_ts + UNUSED_MS <= self._clock()

    async def _check_fillable(self, user_id: str, server_name: str, media_id: str) -> None:
        row = await self._row(server_name, media_id)
        if row.user_id != user_id:
            raise Forbidden("Only who made a media ID may upload to it")
        if row.content_hash is not None:
            raise CannotOverwriteMedia

    def _arrival(self, media_id: str) -> asyncio.Future[None]:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(media_id, set()).add(future)
        return future

    def _forget(self, media_id: str, arrived: asyncio.Future[None]) -> None:
        waiting = self._waiting.get(media_id)
        if waiting is not None:
            waiting.discard(arrived)
            if not waiting:
                del self._waiting[media_id]

    def _wake(self, media_id: str) -> None:
        for future in self._waiting.pop(media_id, ()):
            if not future.done():
                future.set_result(None)


def _new_id() -> str:
    return secrets.token_urlsafe(18)


def _content(media_id: str, blob: Blob, content_type: str, name: str | None) -> Args:
    params = {
        "content_hash": blob.name,
        "content_type": content_type,
        "upload_name": name,
        "size": blob.size,
        "media_id": media_id,
    }
    return media.CLAIM_CONTENT.args(params)


def _stored(row: MediaRow) -> StoredMedia | None:
    if row.content_hash is None or row.size is None:
        return None
    return StoredMedia(
        row.media_id, row.content_hash, row.content_type or UNKNOWN, row.upload_name, row.size
    )
