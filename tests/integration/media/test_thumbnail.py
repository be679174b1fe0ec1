"""Thumbnails over HTTP: sizes, what is kept, and what cannot be drawn."""

from __future__ import annotations

import asyncio
import io
import zlib
from pathlib import Path
from typing import Any, Literal

import pytest
from PIL import Image

from homeserver.services.media import draw_thumbnail
from tests.harness.media import THUMBNAIL, MediaClient, media_client, picture

# What the database keeps of a file is the upload's matter.
pytestmark = pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    ("method", "wish", "size"),
    [
        ("scale", (32, 32), (32, 16)),
        ("scale", (33, 10), (96, 48)),
        ("scale", (320, 240), (320, 160)),
        ("scale", (800, 600), (800, 400)),
        ("crop", (32, 32), (32, 32)),
        ("crop", (90, 90), (96, 96)),
        ("crop", (400, 300), (480, 320)),
    ],
)
async def test_the_next_larger_size_is_made(
    media: MediaClient, method: Literal["crop", "scale"], wish: tuple[int, int], size: Any
) -> None:
    path = await media.upload(picture(1000, 500))
    assert (await media.thumbnail(path, *wish, method)).size == size


async def test_a_picture_is_never_made_larger(media: MediaClient) -> None:
    data = picture(60, 40)
    path = await media.upload(data)
    for method in ("crop", "scale"):
        got = await media.request("GET", f"{THUMBNAIL}/{path}", width=96, height=96, method=method)
        assert got.body == data


async def test_a_wish_beyond_all_sizes_gets_the_original(media: MediaClient) -> None:
    data = picture(2000, 1500)
    path = await media.upload(data)
    got = await media.request("GET", f"{THUMBNAIL}/{path}", width=1000, height=900)
    assert got.body == data


async def test_the_type_is_that_of_the_picture_not_of_the_claim(media: MediaClient) -> None:
    path = await media.upload(picture(20, 20, form="WEBP"), "text/html")
    got = await media.request("GET", f"{THUMBNAIL}/{path}", width=32, height=32)
    assert got.headers["Content-Type"] == "image/webp"
    assert got.headers["Content-Disposition"] == 'inline; filename="thumbnail.webp"'


async def test_a_thumbnail_is_made_once_and_kept(
    tmp_path: Path, migrated_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    draw = draw_thumbnail.draw

    def count(*args: Any) -> Any:
        drawn.append(args)
        return draw(*args)

    monkeypatch.setattr(draw_thumbnail, "draw", count)
    async with media_client(tmp_path, migrated_database_url) as media:
        path = await media.upload(picture(500, 500))
        await asyncio.gather(*(media.thumbnail(path, 96, 96, "crop") for _ in range(5)))
        await media.thumbnail(path, 80, 80, "crop")
        assert len(drawn) == 1
    kept = [each.name for each in (tmp_path / "media" / "thumbnails").rglob("*-96x96-crop.png")]
    assert len(kept) == 1
    async with media_client(tmp_path, migrated_database_url) as media:
        await media.thumbnail(path, 96, 96, "crop")
    assert len(drawn) == 1


@pytest.mark.parametrize("data", [b"no picture", b"", picture(300, 300)[:200], b"GIF89a"])
async def test_what_is_no_whole_picture_has_no_thumbnail(media: MediaClient, data: bytes) -> None:
    path = await media.upload(data)
    got = await media.request("GET", f"{THUMBNAIL}/{path}", width=32, height=32)
    assert got.refusal == (400, "M_UNKNOWN")


async def test_a_picture_that_would_fill_the_memory_is_not_unpacked(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with media_client(tmp_path, migrated_database_url, max_pixels=1_000_000) as media:
        path = await media.upload(_bomb(60_000, 60_000))
        got = await media.request("GET", f"{THUMBNAIL}/{path}", width=32, height=32)
        assert got.refusal == (413, "M_TOO_LARGE")


@pytest.mark.parametrize(
    ("query", "errcode"),
    [
        ({"width": "32"}, "M_MISSING_PARAM"),
        ({"height": "32"}, "M_MISSING_PARAM"),
        ({"width": "wide", "height": "32"}, "M_INVALID_PARAM"),
        ({"width": "0", "height": "32"}, "M_INVALID_PARAM"),
        ({"width": "-5", "height": "32"}, "M_INVALID_PARAM"),
        ({"width": "32", "height": "32", "method": "stretch"}, "M_INVALID_PARAM"),
        ({"width": "32", "height": "32", "animated": "maybe"}, "M_INVALID_PARAM"),
    ],
)
async def test_a_wish_that_makes_no_sense_is_refused(
    media: MediaClient, query: dict[str, str], errcode: str
) -> None:
    path = await media.upload(picture(50, 50))
    encoded = "&".join(f"{name}={value}" for name, value in query.items())
    got = await media.request("GET", f"{THUMBNAIL}/{path}?{encoded}")
    assert got.refusal == (400, errcode)


async def test_an_animation_becomes_its_first_frame_even_where_it_is_small(
    media: MediaClient,
) -> None:
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue")]
    written = io.BytesIO()
    frames[0].save(written, "GIF", save_all=True, append_images=frames[1:], duration=100)
    path = await media.upload(written.getvalue(), "image/gif")
    for size in (20, 96):
        still = await media.thumbnail(path, size, size, "scale")
        assert not getattr(still, "is_animated", False)
        assert still.convert("RGB").getpixel((5, 5)) == (255, 0, 0)


def _bomb(width: int, height: int) -> bytes:
    """A PNG of few bytes that claims to be huge."""

    def chunk(name: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(name + data).to_bytes(4, "big")
        return len(data).to_bytes(4, "big") + name + data + crc

    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x00\x00\x00\x00"
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )
