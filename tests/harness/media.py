"""The content repository over HTTP in this process, and pictures to put into it."""

from __future__ import annotations

import contextlib
import io
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from aiohttp.test_utils import TestClient
from PIL import Image

from homeserver.compose.media import MediaRepository, build_media
from tests.harness.client_api import client_api
from tests.harness.engine import ANNA, running_engine

UPLOAD = "/_matrix/media/v3/upload"
DOWNLOAD = "/_matrix/client/v1/media/download"
THUMBNAIL = "/_matrix/client/v1/media/thumbnail"
OLD_DOWNLOAD = "/_matrix/media/v3/download"


@dataclass(frozen=True)
class Got:
    """An answer with its headers and bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    json: Any

    @property
    def refusal(self) -> tuple[int, str]:
        """Status and errcode of a refusal."""
        assert self.status >= 400, self.body
        return self.status, self.json["errcode"]


class MediaClient:
    """Uploads and downloads as anybody."""

    def __init__(self, http: TestClient[Any, Any], repository: MediaRepository) -> None:
        self._http = http
        self.repository = repository

    async def request(
        self,
        method: str,
        path: str,
        data: Any = None,
        /,
        *,
        user: str | None = ANNA,
        headers: dict[str, str] | None = None,
        **query: str | int,
    ) -> Got:
        """One request. user: None for one without a token."""
        own = {} if user is None else {"Authorization": f"Bearer {user}"}
        async with self._http.request(
            method,
            path,
            data=data,
            headers=own | (headers or {}),
            params={name: str(value) for name, value in query.items()},
        ) as response:
            body = await response.read()
            is_json = response.content_type == "application/json" and response.status != 200
            return Got(
                response.status,
                response.headers,
                body,
                await response.json() if is_json else None,
            )

    async def upload(
        self, data: Any, content_type: str = "image/png", *, user: str = ANNA, **query: str
    ) -> str:
        """The path `server/media_id` of what was uploaded."""
        headers = {"Authorization": f"Bearer {user}", "Content-Type": content_type}
        async with self._http.post(UPLOAD, data=data, headers=headers, params=query) as response:
            answer = await response.json()
            assert response.status == 200, answer
            return str(answer["content_uri"].removeprefix("mxc://"))

    async def create(self, *, user: str = ANNA) -> str:
        """The path `server/media_id` of a file that is still to come."""
        headers = {"Authorization": f"Bearer {user}"}
        async with self._http.post("/_matrix/media/v1/create", headers=headers) as response:
            answer = await response.json()
            assert response.status == 200, answer
            return str(answer["content_uri"].removeprefix("mxc://"))

    async def thumbnail(
        self, path: str, width: int, height: int, method: Literal["crop", "scale"]
    ) -> Image.Image:
        """The picture itself, loaded."""
        got = await self.request(
            "GET", f"{THUMBNAIL}/{path}", width=width, height=height, method=method
        )
        assert got.status == 200, got.json
        image: Image.Image = Image.open(io.BytesIO(got.body))
        image.load()
        return image


@contextlib.asynccontextmanager
async def media_client(
    data_dir: Path, database_url: str, *, now: list[int] | None = None, **settings: Any
) -> AsyncIterator[MediaClient]:
    """A content repository. settings: of the section `media`. now: the clock's one element."""
    clock = None if now is None else lambda: now[0]
    async with running_engine(data_dir, database_url, clock=clock) as engine:
        config = replace(engine.config, media=replace(engine.config.media, **settings))
        repository = build_media(replace(engine, config=config))
        await repository.start()
        try:
            async with client_api(repository.apis) as api:
                yield MediaClient(api.http, repository)
                repository.close()
        finally:
            await repository.stop()


def picture(
    width: int,
    height: int,
    *,
    form: str = "PNG",
    mode: str = "RGB",
    left: Any = (255, 0, 0),
    right: Any = (0, 0, 255),
    **options: Any,
) -> bytes:
    """A picture whose left half has one colour and whose right half another."""
    image = Image.new(mode, (width, height), left)
    image.paste(right, (width // 2, 0, width, height))
    written = io.BytesIO()
    image.save(written, form, **options)
    return written.getvalue()
