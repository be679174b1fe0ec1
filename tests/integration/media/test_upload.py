"""Uploading files, at once and to an address that was made before."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from tests.harness.engine import ANNA, BOB
from tests.harness.media import DOWNLOAD, UPLOAD, MediaClient, media_client

CREATE = "/_matrix/media/v1/create"
DAY_MS = 24 * 3600 * 1000


def files(folder: Path) -> list[Path]:
    """Every file of the repository."""
    return [path for path in (folder / "media").rglob("*") if path.is_file()]


async def test_what_is_uploaded_is_what_is_downloaded(media: MediaClient) -> None:
    data = bytes(range(256)) * 3000
    path = await media.upload(data, "application/zip", filename="archive.zip")
    got = await media.request("GET", f"{DOWNLOAD}/{path}", user=BOB)
    assert (got.status, got.body) == (200, data)
    assert got.headers["Content-Type"] == "application/zip"
    assert got.headers["Content-Length"] == str(len(data))


async def test_an_empty_file_is_a_file(media: MediaClient) -> None:
    got = await media.request("GET", f"{DOWNLOAD}/{await media.upload(b'', 'text/plain')}")
    assert (got.status, got.body) == (200, b"")


async def test_equal_files_are_kept_once_under_their_hash(
    media: MediaClient, tmp_path: Path
) -> None:
    first, second = await media.upload(b"the same"), await media.upload(b"the same")
    assert first != second
    (file,) = files(tmp_path)
    name = hashlib.sha256(b"the same").hexdigest()
    assert file.relative_to(tmp_path / "media") == Path(name[:2], name[2:4], name)


async def test_an_upload_of_unknown_length_is_taken(media: MediaClient) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for number in range(5):
            yield b"%d" % number * 100_000

    got = await media.request("GET", f"{DOWNLOAD}/{await media.upload(chunks())}")
    assert len(got.body) == 500_000


@pytest.mark.parametrize("declared", [True, False])
async def test_too_large_a_file_is_refused_and_nothing_of_it_is_kept(
    tmp_path: Path, migrated_database_url: str, declared: bool
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"x" * 3000

    async with media_client(tmp_path, migrated_database_url, max_upload_bytes=2048) as media:
        got = await media.request("POST", UPLOAD, b"x" * 3000 if declared else chunks())
        assert got.refusal == (413, "M_TOO_LARGE")
        assert (await media.request("POST", UPLOAD, b"x" * 2048)).status == 200
    assert len(files(tmp_path)) == 1


async def test_an_upload_that_breaks_off_leaves_nothing(media: MediaClient, tmp_path: Path) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"x" * 300_000
        raise OSError("the network is gone")

    with pytest.raises((aiohttp.ClientError, OSError)):
        await media.request("POST", UPLOAD, chunks())
    for _ in range(500):
        if not files(tmp_path):
            break
        await asyncio.sleep(0.02)
    assert not files(tmp_path)


async def test_a_client_that_asks_first_is_told_to_go_on(media: MediaClient) -> None:
    async with asyncio.timeout(5):
        got = await media.request("POST", UPLOAD, b"data", headers={"Expect": "100-continue"})
    assert got.status == 200


async def test_uploading_needs_an_access_token(media: MediaClient) -> None:
    for method, path in (("POST", UPLOAD), ("POST", CREATE), ("PUT", f"{UPLOAD}/a.example/x")):
        refusal = (await media.request(method, path, user=None)).refusal
        assert refusal == (401, "M_MISSING_TOKEN")


async def test_a_file_comes_later_to_the_address_made_for_it(media: MediaClient) -> None:
    path = await media.create()
    put = await media.request(
        "PUT", f"{UPLOAD}/{path}", b"late", headers={"Content-Type": "text/plain"}, filename="a.txt"
    )
    assert put.status == 200
    got = await media.request("GET", f"{DOWNLOAD}/{path}")
    assert (got.body, got.headers["Content-Type"]) == (b"late", "text/plain")
    assert got.headers["Content-Disposition"] == 'inline; filename="a.txt"'


async def test_an_address_takes_one_file_only(media: MediaClient) -> None:
    path = await media.create()
    answers = await asyncio.gather(
        *(media.request("PUT", f"{UPLOAD}/{path}", b"%d" % number) for number in range(4))
    )
    assert sorted(answer.status for answer in answers) == [200, 409, 409, 409]
    again = await media.request("PUT", f"{UPLOAD}/{path}", b"again")
    assert again.refusal == (409, "M_CANNOT_OVERWRITE_MEDIA")
    written = await media.request("PUT", f"{UPLOAD}/{await media.upload(b'x')}", b"y")
    assert written.refusal == (409, "M_CANNOT_OVERWRITE_MEDIA")


async def test_only_who_made_an_address_uploads_to_it(media: MediaClient) -> None:
    path = await media.create()
    refused = await media.request("PUT", f"{UPLOAD}/{path}", b"mine", user=BOB)
    assert refused.refusal == (403, "M_FORBIDDEN")


@pytest.mark.parametrize(
    "path", ["a.example/unknown", "b.example/unknown", "a.example/..%2F..%2Fx"]
)
async def test_an_address_that_nobody_made_takes_nothing(media: MediaClient, path: str) -> None:
    refused = await media.request("PUT", f"{UPLOAD}/{path}", b"x")
    assert refused.refusal == (404, "M_NOT_FOUND")


async def test_what_has_not_arrived_is_told_after_the_time_that_was_given(
    media: MediaClient,
) -> None:
    path = await media.create()
    got = await media.request("GET", f"{DOWNLOAD}/{path}", timeout_ms=50)
    assert got.refusal == (504, "M_NOT_YET_UPLOADED")


async def test_who_waits_for_a_file_gets_it_when_it_arrives(media: MediaClient) -> None:
    path = await media.create()
    waiting = asyncio.create_task(media.request("GET", f"{DOWNLOAD}/{path}", user=BOB))
    await asyncio.sleep(0.1)
    await media.request("PUT", f"{UPLOAD}/{path}", b"here")
    async with asyncio.timeout(0.9):  # sooner than it would look again by itself
        assert (await waiting).body == b"here"


async def test_a_stop_answers_those_who_wait(media: MediaClient) -> None:
    path = await media.create()
    waiting = asyncio.create_task(media.request("GET", f"{DOWNLOAD}/{path}"))
    await asyncio.sleep(0.1)
    media.repository.close()
    async with asyncio.timeout(2):
        assert (await waiting).refusal == (504, "M_NOT_YET_UPLOADED")


async def test_an_unused_address_expires_after_a_day(
    tmp_path: Path, migrated_database_url: str
) -> None:
    now = [1_700_000_000_000]
    async with media_client(tmp_path, migrated_database_url, now=now) as media:
        path = await media.create()
        now[0] += DAY_MS - 1
        waiting = await media.request("GET", f"{DOWNLOAD}/{path}", timeout_ms=0)
        assert waiting.refusal == (504, "M_NOT_YET_UPLOADED")
        now[0] += 1
        for method, where in (("PUT", UPLOAD), ("GET", DOWNLOAD)):
            gone = await media.request(method, f"{where}/{path}")
            assert gone.refusal == (404, "M_NOT_FOUND")


async def test_nobody_reserves_more_addresses_than_a_hundred(
    tmp_path: Path, migrated_database_url: str
) -> None:
    now = [1_700_000_000_000]
    async with media_client(tmp_path, migrated_database_url, now=now) as media:
        paths = await asyncio.gather(*(media.create() for _ in range(100)))
        refused = await media.request("POST", CREATE)
        assert refused.refusal == (429, "M_LIMIT_EXCEEDED")
        await media.create(user=BOB)
        await media.request("PUT", f"{UPLOAD}/{paths[0]}", b"used")
        await media.create(user=ANNA)
        now[0] += DAY_MS
        await media.create(user=ANNA)
