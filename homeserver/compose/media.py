"""Media: files, thumbnails and their endpoints."""

from __future__ import annotations

from dataclasses import dataclass

from homeserver.api.client.media import MediaApi
from homeserver.compose.engine import Engine
from homeserver.remote.blobs import DiskBlobs
from homeserver.services.media.media import Media
from homeserver.services.media.thumbnails import Thumbnails


@dataclass(frozen=True)
class MediaRepository:
    """The services of media, and their endpoints."""

    media: Media
    thumbnails: Thumbnails
    originals: DiskBlobs
    kept: DiskBlobs
    apis: list[object]

    async def start(self) -> None:
        """Makes the folders."""
        await self.originals.start()
        await self.kept.start()

    def close(self) -> None:
        """Answers those who wait for an upload."""
        self.media.close()

    async def stop(self) -> None:
        """Waits for what is being written or drawn. No request may be under way any more."""
        await self.thumbnails.stop()
        await self.originals.stop()
        await self.kept.stop()


def build_media(engine: Engine) -> MediaRepository:
    """Builds them."""
    config = engine.config.media
    originals = DiskBlobs(config.path)
    kept = DiskBlobs(config.path / "thumbnails")
    media = Media(
        engine.database,
        engine.committer,
        originals,
        engine.clock,
        server_name=engine.config.server_name,
        max_bytes=config.max_upload_bytes,
    )
    thumbnails = Thumbnails(
        originals, kept, max_pixels=config.max_pixels, threads=config.thumbnail_threads
    )
    api = MediaApi(
        media,
        thumbnails,
        idle_s=engine.config.listen.body_timeout_s,
        unauthenticated=config.allow_unauthenticated,
    )
    return MediaRepository(media, thumbnails, originals, kept, [api])
