"""Small pictures of large ones, made once for each size and kept beside them.

Source: client-server-api, "Thumbnails".
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from homeserver.errors import MatrixError, TooLarge
from homeserver.observe import get_logger
from homeserver.protocol.media_types import HEAD_BYTES, image_type
from homeserver.remote.blobs import Blobs
from homeserver.services.media.media import StoredMedia
from homeserver.services.media.thumbnail_plan import (
    CONTENT_TYPES,
    Box,
    Method,
    NotAPicture,
    TooManyPixels,
)

log = get_logger(__name__)

SCALE_BOXES = ((32, 32), (96, 96), (320, 240), (640, 480), (800, 600))
CROP_SIDES = (32, 96, 160, 240, 320, 480, 640, 800)
"""The sizes there are: the specification's, and crops between. Any other size that is asked for
becomes the next larger one, so that nobody can fill the disk with sizes."""

_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A picture to show. name: of its bytes, which never change. content_type: of an image."""

    name: str
    size: int
    content_type: str
    blobs: Blobs

    def read(self, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes from ``start`` up to ``stop`` (excluded)."""
        return self.blobs.read(self.name, start, stop)


class Thumbnails:
    """Makes and finds thumbnails. originals, kept: where files are, and where thumbnails go."""

    def __init__(self, originals: Blobs, kept: Blobs, *, max_pixels: int, threads: int) -> None:
        self._originals = originals
        self._kept = kept
        self._max_pixels = max_pixels
        self._threads = ThreadPoolExecutor(threads, "thumbnails")
        self._under_way: dict[str, asyncio.Task[Thumbnail]] = {}
        self._known: OrderedDict[str, Thumbnail] = OrderedDict()

    async def get(self, found: StoredMedia, width: int, height: int, method: Method) -> Thumbnail:
        """A still picture of at least this size, if the original has it; else the original.

        Raises TooLarge (more pixels than are unpacked), MatrixError 400 (no picture that this
        server can read).
        """
        box = box_for(width, height, method)
        key = f"{found.content_hash}-{box[0]}x{box[1]}-{method}" if box else found.content_hash
        known = self._known.get(key)
        if known is not None:
            self._known.move_to_end(key)
            return known
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.create_task(self._find_or_make(found, key, box, method))
            self._under_way[key] = task
            task.add_done_callback(lambda task: self._finished(key, task))
        # Whoever goes away meanwhile leaves the picture to the others who wait for it.
        thumbnail = await asyncio.shield(task)
        self._known[key] = thumbnail
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return thumbnail

    def _finished(self, key: str, task: asyncio.Task[Thumbnail]) -> None:
        self._under_way.pop(key, None)
        if not task.cancelled():
            task.exception()  # so that none is missed where everybody has gone away

    async def stop(self) -> None:
        """Waits for what is being made."""
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)
        await asyncio.get_running_loop().run_in_executor(None, self._threads.shutdown)

    async def _find_or_make(
        self, found: StoredMedia, key: str, box: Box | None, method: Method
    ) -> Thumbnail:
        if box is not None:
            for suffix, content_type in CONTENT_TYPES.items():
                size = await self._kept.size(f"{key}.{suffix}")
                if size is not None:
                    return Thumbnail(f"{key}.{suffix}", size, content_type, self._kept)
        try:
            async with self._originals.local(found.content_hash) as path:
                drawn = await asyncio.get_running_loop().run_in_executor(
                    self._threads, _draw, path, box, method, self._max_pixels
                )
        except TooManyPixels:
            raise TooLarge("The picture is too large for a thumbnail") from None
        except NotAPicture as error:
            log.info("no_thumbnail", media_id=found.media_id, cause=repr(error.__cause__))
            raise MatrixError(
                "Cannot generate thumbnails for the requested content", status=400
            ) from error
        if drawn is None:
            return await self._original(found)
        suffix, data = drawn
        name = f"{key}.{suffix}"
        await self._kept.keep(name, data)
        return Thumbnail(name, len(data), CONTENT_TYPES[suffix], self._kept)

    async def _original(self, found: StoredMedia) -> Thumbnail:
        head = self._originals.read(found.content_hash, 0, min(HEAD_BYTES, found.size))
        kind = image_type(b"".join([part async for part in head]))
        assert kind is not None  # it has just been drawn
        return Thumbnail(found.content_hash, found.size, kind, self._originals)


def _draw(path: Path, box: Box | None, method: Method, max_pixels: int) -> tuple[str, bytes] | None:
    # Loads Pillow in its own thread, when the first thumbnail is wanted.
    from homeserver.services.media.draw_thumbnail import draw

    return draw(path, box, method, max_pixels)


def box_for(width: int, height: int, method: Method) -> Box | None:
    """The size that is made for a wish; None: larger than any, so the original has to do."""
    if method == "scale":
        return next((box for box in SCALE_BOXES if box[0] >= width and box[1] >= height), None)
    sides = [next((side for side in CROP_SIDES if side >= wish), None) for wish in (width, height)]
    return None if sides[0] is None or sides[1] is None else (sides[0], sides[1])
