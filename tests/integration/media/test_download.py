"""What a download tells the browser, so that no file does harm."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from tests.harness.media import (
    DOWNLOAD,
    OLD_DOWNLOAD,
    THUMBNAIL,
    MediaClient,
    media_client,
    picture,
)

# What the database keeps of a file is the upload's matter.
pytestmark = pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)

PNG = picture(8, 8)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"\n <!DOCTYPE html><script>alert(1)</script>"


async def disposition(media: MediaClient, data: bytes, content_type: str, **query: str) -> str:
    path = await media.upload(data, content_type, **query)
    return (await media.request("GET", f"{DOWNLOAD}/{path}")).headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (PNG, "image/png"),
        (picture(8, 8, form="JPEG"), "image/jpeg"),
        (picture(8, 8, form="GIF"), "image/gif"),
        (picture(8, 8, form="WEBP"), "image/webp"),
        (picture(8, 8, form="AVIF"), "image/avif"),
        (b"RIFF....WAVE", "audio/wav"),
        (b"....ftypmp42", "video/mp4"),
        (b"just words", "Text/Plain; charset=utf-8"),
    ],
)
async def test_safe_types_are_shown(media: MediaClient, data: bytes, content_type: str) -> None:
    assert await disposition(media, data, content_type) == "inline"


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (SVG, "image/svg+xml"),
        (SVG, "image/png"),
        (SVG, "text/plain"),
        (HTML, "text/html"),
        (HTML, "image/png"),
        (HTML, "audio/mpeg"),
        (b"\xef\xbb\xbf<html>", "text/plain"),
        (b"encrypted, so it says nothing", "image/png"),
        (PNG, "img/png"),
        (PNG, "not a type"),
        (b"%PDF-1.7", "application/pdf"),
        (b"MZ", "application/octet-stream"),
    ],
)
async def test_anything_else_is_only_offered_for_saving(
    media: MediaClient, data: bytes, content_type: str
) -> None:
    assert await disposition(media, data, content_type) == "attachment"


async def test_the_claimed_type_is_kept_unless_it_is_none(media: MediaClient) -> None:
    for claimed, told in (("img/png", "img/png"), ("nonsense", "application/octet-stream")):
        path = await media.upload(PNG, claimed)
        got = await media.request("GET", f"{DOWNLOAD}/{path}")
        assert got.headers["Content-Type"] == told


async def test_headers_keep_the_browser_from_running_anything(media: MediaClient) -> None:
    path = await media.upload(PNG)
    paths = (f"{DOWNLOAD}/{path}", f"{DOWNLOAD}/{path}/x.png", f"{THUMBNAIL}/{path}")
    for where in paths:
        got = await media.request("GET", where, width=8, height=8)
        assert got.status == 200
        assert got.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert got.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert got.headers["Access-Control-Allow-Origin"] == "*"


async def test_the_name_is_that_of_the_upload_or_of_the_request(media: MediaClient) -> None:
    path = await media.upload(PNG, filename="отчёт.png")
    got = await media.request("GET", f"{DOWNLOAD}/{path}")
    encoded = quote("отчёт.png")
    assert got.headers["Content-Disposition"] == (
        f"inline; filename=\"_____.png\"; filename*=UTF-8''{encoded}"
    )
    got = await media.request("GET", f"{DOWNLOAD}/{path}/name;with%20%22quotes%22.png")
    assert got.headers["Content-Disposition"] == 'inline; filename="name;with \\"quotes\\".png"'


async def test_a_name_cannot_smuggle_a_header(media: MediaClient) -> None:
    path = await media.upload(PNG, filename='a\r\nSet-Cookie: x=1\0"')
    got = await media.request("GET", f"{DOWNLOAD}/{path}")
    assert "Set-Cookie" not in got.headers
    assert got.headers["Content-Disposition"] == 'inline; filename="aSet-Cookie: x=1\\""'
    got = await media.request("GET", f"{DOWNLOAD}/{path}/a%0d%0aSet-Cookie:%20x=1")
    assert got.headers["Content-Disposition"] == 'inline; filename="aSet-Cookie: x=1"'


@pytest.mark.parametrize(
    ("wanted", "status", "body", "told"),
    [
        ("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
        ("bytes=7-", 206, b"789", "bytes 7-9/10"),
        ("bytes=-2", 206, b"89", "bytes 8-9/10"),
        ("bytes=-99", 206, b"0123456789", "bytes 0-9/10"),
        ("bytes=8-99", 206, b"89", "bytes 8-9/10"),
        ("bytes=10-", 416, b"", "bytes */10"),
        ("bytes=0-1,4-5", 200, b"0123456789", None),
        ("lines=1-2", 200, b"0123456789", None),
        ("bytes=5-2", 200, b"0123456789", None),
    ],
)
async def test_a_part_can_be_asked_for(
    media: MediaClient, wanted: str, status: int, body: bytes, told: str | None
) -> None:
    path = await media.upload(b"0123456789", "text/plain")
    got = await media.request("GET", f"{DOWNLOAD}/{path}", headers={"Range": wanted})
    assert (got.status, got.body, got.headers.get("Content-Range")) == (status, body, told)


async def test_a_part_of_something_else_is_not_a_part_of_this(media: MediaClient) -> None:
    path = await media.upload(b"0123456789", "text/plain")
    tag = (await media.request("GET", f"{DOWNLOAD}/{path}")).headers["ETag"]
    for condition, status in ((tag, 206), ('"other"', 200)):
        headers = {"Range": "bytes=0-1", "If-Range": condition}
        got = await media.request("GET", f"{DOWNLOAD}/{path}", headers=headers)
        assert got.status == status


async def test_what_the_browser_has_is_not_sent_again(media: MediaClient) -> None:
    path = await media.upload(PNG)
    for where in (f"{DOWNLOAD}/{path}", f"{THUMBNAIL}/{path}"):
        first = await media.request("GET", where, width=4, height=4)
        assert "immutable" in first.headers["Cache-Control"]
        again = await media.request(
            "GET", where, width=4, height=4, headers={"If-None-Match": first.headers["ETag"]}
        )
        assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize("path", ["b.example/abc", "a.example/unknown", "a.example/%2e%2e%2fkey"])
async def test_what_is_not_here_is_not_found(media: MediaClient, path: str) -> None:
    for where in (DOWNLOAD, THUMBNAIL, OLD_DOWNLOAD):
        got = await media.request("GET", f"{where}/{path}", width=32, height=32)
        assert got.refusal == (404, "M_NOT_FOUND")


async def test_a_waiting_time_that_is_none_is_refused(media: MediaClient) -> None:
    path = await media.create()
    for wait in ("soon", "-1"):
        got = await media.request("GET", f"{DOWNLOAD}/{path}", timeout_ms=wait)
        assert got.refusal == (400, "M_INVALID_PARAM")


async def test_the_authenticated_paths_need_a_token(media: MediaClient) -> None:
    path = await media.upload(PNG)
    config = "/_matrix/client/v1/media/config"
    for where in (f"{DOWNLOAD}/{path}", f"{DOWNLOAD}/{path}/x", f"{THUMBNAIL}/{path}", config):
        got = await media.request("GET", where, user=None)
        assert got.refusal == (401, "M_MISSING_TOKEN")


async def test_the_old_paths_are_frozen_for_those_without_a_token(media: MediaClient) -> None:
    path = await media.upload(PNG)
    for version in ("v3", "r0"):
        where = f"/_matrix/media/{version}/download/{path}"
        assert (await media.request("GET", where, user=None)).refusal == (404, "M_NOT_FOUND")
        assert (await media.request("GET", where)).body == PNG


async def test_the_old_paths_answer_everybody_where_the_configuration_says_so(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async with media_client(tmp_path, migrated_database_url, allow_unauthenticated=True) as media:
        path = await media.upload(PNG)
        old = f"/_matrix/media/v3/thumbnail/{path}"
        assert (await media.request("GET", f"{OLD_DOWNLOAD}/{path}/a.png", user=None)).body == PNG
        got = await media.request("GET", old, user=None, width=4, height=4)
        assert got.status == 200


async def test_the_configuration_tells_how_large_a_file_may_be(media: MediaClient) -> None:
    for where in ("/_matrix/client/v1/media/config", "/_matrix/media/v3/config"):
        assert (await media.request("GET", where)).body == b'{"m.upload.size":104857600}'
