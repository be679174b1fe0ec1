"""Bytes that are kept under a name: files on disk.

What is uploaded is named by its SHA-256, so that equal files are one and a name never changes its
content. Nothing is visible under its name before it is whole and durable: bytes go to a file
beside, are synced, and renamed.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import re
import secrets
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, Protocol, TypeVar

from homeserver.errors import TooLarge

T = TypeVar("T")
P = ParamSpec("P")

_NAME = re.compile(r"[0-9a-f]{64}(-[a-z0-9]+)*(\.[a-z]+)?", re.ASCII)
_PIECE = 256 * 1024
"""Bytes handed to a thread at once: a hop costs little beside writing them."""
_ABANDONED_SECONDS = 86_400
_INCOMING = "incoming"


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes that were kept. name: their SHA-256, 64 hexadecimal digits. size: how many."""

    name: str
    size: int


class Blobs(Protocol):
    """Where bytes are kept."""

    async def put(self, chunks: AsyncIterator[bytes], *, max_bytes: int) -> Blob:
        """Keeps what arrives, under its hash, durably. Raises TooLarge; whatever ``chunks`` raises
        passes through, and nothing is kept then."""

    async def keep(self, name: str, data: bytes) -> None:
        """Keeps bytes under a name that begins with a hash; what was there stays."""

    async def size(self, name: str) -> int | None:
        """How many bytes a name has; None for an unknown name."""

    def read(self, name: str, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes from ``start`` up to ``stop`` (excluded). Raises FileNotFoundError."""

    async def set_aside(self, digest: str) -> None:
        """Takes everything whose name begins with a hash out of sight."""

    async def decide(self, digest: str, *, keep: bool) -> None:
        """Brings what was set aside back, or forgets it."""

    def local(self, name: str) -> contextlib.AbstractAsyncContextManager[Path]:
        """A file of this machine with these bytes, for as long as the block runs; only to read."""


class DiskBlobs:
    """A folder of files, two levels deep so that no folder grows too large."""

    def __init__(self, folder: Path, *, threads: int = 4) -> None:
        self._folder = folder
        self._threads = ThreadPoolExecutor(threads, "blobs")

    async def start(self) -> None:
        """Makes the folder, and removes what uploads left behind that a crash cut off."""
        await self._run(self._prepare)

    async def stop(self) -> None:
        """Waits for what is under way."""
        await asyncio.get_running_loop().run_in_executor(None, self._threads.shutdown)

    async def put(self, chunks: AsyncIterator[bytes], *, max_bytes: int) -> Blob:
        path = self._folder / _INCOMING / secrets.token_hex(16)
        digest = hashlib.sha256()
        size = 0
        try:
            async for piece in _pieces(chunks):
                size += len(piece)
                if size > max_bytes:
                    raise TooLarge(f"The file is larger than {max_bytes} bytes")
                await self._run(_append, path, digest.update, piece)
            name = digest.hexdigest()
            await self._run(self._finish, path, name)
        finally:
            await self._run(path.unlink, True)
        return Blob(name, size)

    async def keep(self, name: str, data: bytes) -> None:
        await self._run(self._keep, name, data)

    async def size(self, name: str) -> int | None:
        try:
            return (await self._run(self._path(name).stat)).st_size
        except FileNotFoundError:
            return None

    async def read(self, name: str, start: int, stop: int) -> AsyncIterator[bytes]:
        while start < stop:
            piece = await self._run(_piece, self._path(name), start, min(_PIECE, stop - start))
            if not piece:
                return
            start += len(piece)
            yield piece

    async def set_aside(self, digest: str) -> None:
        await self._run(self._set_aside, digest)

    async def decide(self, digest: str, *, keep: bool) -> None:
        await self._run(self._decide, digest, keep)

    @contextlib.asynccontextmanager
    async def local(self, name: str) -> AsyncIterator[Path]:
        yield self._path(name)

    async def _run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs it in a thread. Files are opened and closed in there, and a thread cannot be
        cancelled: whoever is, waits until nothing is under way."""
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._threads, lambda: work(*args, **kwargs))
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            await asyncio.wait([future])
            raise

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise ValueError("not the name of a blob")
        return self._folder / name[:2] / name[2:4] / name

    def _set_aside(self, digest: str) -> None:
        folder = self._path(digest).parent
        for path in list(folder.glob(f"{digest}*")) if folder.is_dir() else ():
            with contextlib.suppress(FileNotFoundError):
                path.rename(self._folder / _INCOMING / path.name)

    def _decide(self, digest: str, keep: bool) -> None:
        for path in list((self._folder / _INCOMING).glob(f"{digest}*")):
            if keep and not self._path(path.name).exists():
                path.rename(self._path(path.name))
            else:
                path.unlink(missing_ok=True)

    def _prepare(self) -> None:
        incoming = self._folder / _INCOMING
        incoming.mkdir(parents=True, exist_ok=True)
        # Others may share the folder, so what is being uploaded just now stays.
        abandoned = time.time() - _ABANDONED_SECONDS
        for path in incoming.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < abandoned:
                    path.unlink()

    def _keep(self, name: str, data: bytes) -> None:
        path = self._folder / _INCOMING / secrets.token_hex(16)
        try:
            path.write_bytes(data)
            self._finish(path, name)
        finally:
            path.unlink(missing_ok=True)

    def _finish(self, source: Path, name: str) -> None:
        """Gives a file that is whole its name; durable on return."""
        with source.open("ab") as file:  # of an empty one nothing has been written yet
            os.fsync(file.fileno())
        target = self._path(name)
        if target.exists():
            return
        outer, inner = target.parents[1], target.parent
        made = [folder for folder in (outer, inner) if not folder.exists()]
        inner.mkdir(parents=True, exist_ok=True)
        source.rename(target)
        for folder in (inner, *(new.parent for new in made)):
            _sync_folder(folder)


def _append(path: Path, update: Callable[[bytes], None], piece: bytes) -> None:
    with path.open("ab") as file:
        file.write(piece)
    update(piece)


def _piece(path: Path, start: int, count: int) -> bytes:
    with path.open("rb", buffering=0) as file:
        return os.pread(file.fileno(), count, start)


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


async def _pieces(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The same bytes in pieces that are worth a thread's while."""
    gathered = bytearray()
    async for chunk in chunks:
        gathered += chunk
        if len(gathered) >= _PIECE:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)
