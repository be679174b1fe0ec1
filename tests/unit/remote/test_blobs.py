"""Files on disk: whole or not at all, under names that cannot lead elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from homeserver.errors import TooLarge
from homeserver.remote.blobs import DiskBlobs

NAME = hashlib.sha256(b"hello").hexdigest()


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


async def read(blobs: DiskBlobs, name: str, start: int = 0, stop: int = 1 << 30) -> bytes:
    return b"".join([part async for part in blobs.read(name, start, stop)])


@pytest.fixture
async def blobs(tmp_path: Path) -> AsyncIterator[DiskBlobs]:
    made = DiskBlobs(tmp_path)
    await made.start()
    yield made
    await made.stop()


async def test_bytes_are_named_by_their_hash(blobs: DiskBlobs) -> None:
    blob = await blobs.put(chunks(b"hel", b"lo"), max_bytes=5)
    assert (blob.name, blob.size) == (NAME, 5)
    assert await blobs.size(NAME) == 5
    assert await read(blobs, NAME) == b"hello"
    assert await read(blobs, NAME, 1, 3) == b"el"
    async with blobs.local(NAME) as path:
        assert path.read_bytes() == b"hello"


async def test_one_byte_too_many_keeps_nothing(blobs: DiskBlobs, tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        await blobs.put(chunks(b"hello"), max_bytes=4)
    assert _files(tmp_path) == []


async def test_what_breaks_off_keeps_nothing(blobs: DiskBlobs, tmp_path: Path) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * 600_000
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await blobs.put(broken(), max_bytes=1 << 20)
    assert _files(tmp_path) == []


async def test_who_is_cancelled_leaves_nothing(blobs: DiskBlobs, tmp_path: Path) -> None:
    started = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 300_000
            started.set()
            await asyncio.sleep(0)

    task = asyncio.create_task(blobs.put(endless(), max_bytes=1 << 40))
    await started.wait()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert _files(tmp_path) == []


async def test_what_is_kept_under_a_name_stays(blobs: DiskBlobs) -> None:
    name = f"{NAME}-96x96-crop.png"
    await blobs.keep(name, b"first")
    await blobs.keep(name, b"second")
    assert await read(blobs, name) == b"first"


async def test_unknown_names_have_nothing(blobs: DiskBlobs) -> None:
    assert await blobs.size(NAME) is None
    with pytest.raises(FileNotFoundError):
        await read(blobs, NAME)


@pytest.mark.parametrize(
    "name", ["", "..", "../x", f"{NAME}/../x", NAME.upper(), NAME[:-1], "x" * 64]
)
async def test_other_names_are_refused(blobs: DiskBlobs, name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        await blobs.size(name)


async def test_a_start_removes_what_a_crash_left_long_ago(tmp_path: Path) -> None:
    incoming = tmp_path / "incoming"
    incoming.mkdir()
    (incoming / "old").write_bytes(b"x")
    (incoming / "new").write_bytes(b"x")
    long_ago = time.time() - 100_000
    os.utime(incoming / "old", (long_ago, long_ago))
    blobs = DiskBlobs(tmp_path)
    await blobs.start()
    await blobs.stop()
    assert [path.name for path in _files(tmp_path)] == ["new"]


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
