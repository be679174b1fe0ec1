"""Deletes files that nothing names any more, and those of people who want to be forgotten."""

from __future__ import annotations

import asyncio
import re

from homeserver.remote.blobs import Blobs
from homeserver.storage import media
from homeserver.storage.commit import Committer, Write, statements
from homeserver.storage.database import Connection, Database
from homeserver.storage.media import MediaRow

_GRACE_S = 1.0

_ADDRESS = re.compile(rb"mxc://[^\s\"\\/]{1,255}/[A-Za-z0-9_-]{1,255}")


def addresses_in(raw: bytes) -> set[str]:
    """The `mxc://` addresses that an event's JSON names, wherever they stand."""
    return {found.decode() for found in _ADDRESS.findall(raw)}


class PurgeMedia:
    """originals, thumbnails: where bytes are kept. Only files of this server are deleted."""

    def __init__(
        self,
        database: Database,
        committer: Committer,
        originals: Blobs,
        thumbnails: Blobs,
        *,
        server_name: str,
    ) -> None:
        self._database = database
        self._committer = committer
        self._originals = originals
        self._thumbnails = thumbnails
        self._own = f"mxc://{server_name}/"

    async def delete_unnamed(self, addresses: set[str]) -> tuple[int, int]:
        """Deletes those files among these that no event and no profile names any more; how many
        they were, and their bytes. What an encrypted message names is not known, and stays."""
        candidates = {address for address in addresses if address.startswith(self._own)}
        if not candidates:
            return 0, 0
        async with self._database.read(slow=True) as conn:
            named = await self._named(conn, candidates)
            rows = [
                row
                for address in sorted(candidates - named)
                if (row := await media.media(conn, address.removeprefix(self._own))) is not None
            ]
        return await self._delete(rows)

    async def delete_of(self, user_id: str) -> tuple[int, int]:
        """Deletes all files that a person uploaded."""
        async with self._database.read(slow=True) as conn:
            rows = await media.of_user(conn, user_id)
        return await self._delete(rows)

    async def _named(self, conn: Connection, candidates: set[str]) -> set[str]:
        named: set[str] = set()
        async for raw in media.documents_naming(conn, self._own):
            named |= addresses_in(raw) & candidates
        return named

    async def _delete(self, rows: list[MediaRow]) -> tuple[int, int]:
        sizes: dict[str, int] = {}
        for row in rows:
            deletion = (media.DELETE, {"media_id": row.media_id})
            await self._committer.commit(Write(bind=statements(deletion)))
            if row.content_hash is not None:
                sizes[row.content_hash] = row.size or 0
        gone = [name for name in sizes if not await self._is_kept(name)]
        for name in gone:
            await self._originals.set_aside(name)
            await self._thumbnails.set_aside(name)
        if gone:
            # Somebody may have uploaded the same bytes just then, found them here, and have told
            # nobody yet.
            await asyncio.sleep(_GRACE_S)
        freed = 0
        for name in gone:
            keep = await self._is_kept(name)
            freed += 0 if keep else sizes[name]
            await self._originals.decide(name, keep=keep)
            await self._thumbnails.decide(name, keep=keep)
        return len(rows), freed

    async def _is_kept(self, content_hash: str) -> bool:
        async with self._database.read() as conn:
            return await media.is_kept(conn, content_hash)
