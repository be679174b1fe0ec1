"""Uploads, downloads and thumbnails.

Source: client-server-api, "Content repository".
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Literal

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from homeserver.api.content_disposition import clean_name, content_disposition
from homeserver.api.endpoint import Auth, Json, Limit, Query, endpoint
from homeserver.api.serve_blob import blob_response
from homeserver.errors import InvalidParam, MatrixError, NotFound, TooLarge
from homeserver.protocol.media_types import HEAD_BYTES, INLINE, claimed_type, essence
from homeserver.protocol.media_types import may_show_inline as may_show
from homeserver.services.ground.requester import Requester
from homeserver.services.media.media import Media, StoredMedia
from homeserver.services.media.thumbnail_plan import Method
from homeserver.services.media.thumbnails import Thumbnails

DEFAULT_WAIT_MS = 20_000
MAX_WAIT_MS = 60_000

_SPEC = "client-server-api/#"


class MediaApi:
    """The content repository's endpoints.

    idle_s: how long an upload may stand still. unauthenticated: whether the old paths of downloads
    answer without an access token; with one they always do.
    """

    def __init__(
        self, media: Media, thumbnails: Thumbnails, *, idle_s: float, unauthenticated: bool
    ) -> None:
        self._media = media
        self._thumbnails = thumbnails
        self._idle_s = idle_s
        self._unauthenticated = unauthenticated

    @endpoint(
        "POST",
        "/_matrix/media/v3/upload",
        auth=Auth.ACCESS_TOKEN,
        limit=Limit.MEDIA,
        raw_body=True,
        spec=_SPEC + "post_matrixmediav3upload",
    )
    async def upload(self, who: Requester, query: Query, request: web.BaseRequest) -> Json:
        """Keep a file and give its `mxc://` address."""
        media_id = await self._media.upload(
            who.user_id,
            await self._body(request),
            content_type=claimed_type(request.headers.get("Content-Type")),
            name=clean_name(query.text("filename") or "") or None,
        )
        return {"content_uri": self._media.address(media_id)}

    @endpoint(
        "POST",
        "/_matrix/media/v1/create",
        auth=Auth.ACCESS_TOKEN,
        limit=Limit.MEDIA,
        spec=_SPEC + "post_matrixmediav1create",
    )
    async def create(self, who: Requester) -> Json:
        """Make an `mxc://` address for a file that is uploaded later."""
        created = await self._media.create(who.user_id)
        return {
            "content_uri": self._media.address(created.media_id),
            "unused_expires_at": created.expires_ts,
        }

    @endpoint(
        "PUT",
        "/_matrix/media/v3/upload/{server_name}/{media_id}",
        auth=Auth.ACCESS_TOKEN,
        limit=Limit.MEDIA,
        raw_body=True,
        spec=_SPEC + "put_matrixmediav3uploadservernamemediaid",
    )
    async def fill(
        self,
        who: Requester,
        server_name: str,
        media_id: str,
        query: Query,
        request: web.BaseRequest,
    ) -> Json:
        """Upload the file of an address that was made before."""
        await self._media.fill(
            who.user_id,
            server_name,
            media_id,
            await self._body(request),
            content_type=claimed_type(request.headers.get("Content-Type")),
            name=clean_name(query.text("filename") or "") or None,
        )
        return {}

    @endpoint(
        "GET",
        "/_matrix/client/v1/media/config",
        "/_matrix/media/v3/config",
        auth=Auth.ACCESS_TOKEN,
        spec=_SPEC + "get_matrixclientv1mediaconfig",
    )
    async def config(self, who: Requester) -> Json:
        """How large a file may be, in bytes."""
        return {"m.upload.size": self._media.max_bytes}

    @endpoint(
        "GET",
        "/_matrix/client/v1/media/download/{server_name}/{media_id}",
        auth=Auth.ACCESS_TOKEN,
        spec=_SPEC + "get_matrixclientv1mediadownloadservernamemediaid",
    )
    async def download(
        self,
        who: Requester,
        server_name: str,
        media_id: str,
        query: Query,
        request: web.BaseRequest,
    ) -> web.StreamResponse:
        """A file."""
        found = await self._find(server_name, media_id, query)
        return await self._serve(request, found, found.upload_name)

    @endpoint(
        "GET",
        "/_matrix/client/v1/media/download/{server_name}/{media_id}/{file_name}",
        auth=Auth.ACCESS_TOKEN,
        spec=_SPEC + "get_matrixclientv1mediadownloadservernamemediaidfilename",
    )
    async def download_as(
        self,
        who: Requester,
        server_name: str,
        media_id: str,
        file_name: str,
        query: Query,
        request: web.BaseRequest,
    ) -> web.StreamResponse:
        """A file under another name."""
        found = await self._find(server_name, media_id, query)
        return await self._serve(request, found, file_name)

    @endpoint(
        "GET",
        "/_matrix/client/v1/media/thumbnail/{server_name}/{media_id}",
        auth=Auth.ACCESS_TOKEN,
        spec=_SPEC + "get_matrixclientv1mediathumbnailservernamemediaid",
    )
    async def thumbnail(
        self,
        who: Requester,
        server_name: str,
        media_id: str,
        query: Query,
        request: web.BaseRequest,
    ) -> web.StreamResponse:
        """A small picture of a picture, at least as large as asked for; never animated."""
        return await self._thumbnail(server_name, media_id, query, request)

    @endpoint(
        "GET",
        "/_matrix/media/v3/download/{server_name}/{media_id}",
        auth=Auth.OPTIONAL,
        spec=_SPEC + "get_matrixmediav3downloadservernamemediaid",
    )
    async def old_download(
        self,
        who: Requester | None,
        server_name: str,
        media_id: str,
        query: Query,
        request: web.BaseRequest,
    ) -> web.StreamResponse:
        """A file, by the deprecated path."""
        self._check_old(who)
        found = await self._find(server_name, media_id, query)
        return await self._serve(request, found, found.upload_name)

    @endpoint(
        "GET",
        "/_matrix/media/v3/download/{server_name}/{media_id}/{file_name}",
        auth=Auth.OPTIONAL,
        spec=_SPEC + "get_matrixmediav3downloadservernamemediaidfilename",
    )
    async def old_download_as(
        self,
        who: Requester | None,
        server_name: str,
        media_id: str,
        file_name: str,
        query: Query,
        request: web.BaseRequest,
    ) -> web.StreamResponse:
        """A file under another name, by the deprecated path."""
        self._check_old(who)
        found = await self._find(server_name, media_id, query)
        return await self._serve(request, found, file_name)

    @endpoint(
        "GET",
        "/_matrix/media/v3/thumbnail/{server_name}/{media_id}",
        auth=Auth.OPTIONAL,
        spec=_SPEC + "get_matrixmediav3thumbnailservernamemediaid",
    )
    async def old_thumbnail(
        self,
        who: Requester | None,
        server_name: str,
        media_id: str,
        query: Query,
        request: web.BaseRequest,
    ) -> web.StreamResponse:
        """A small picture of a picture, by the deprecated path."""
        self._check_old(who)
        return await self._thumbnail(server_name, media_id, query, request)

    def _check_old(self, who: Requester | None) -> None:
        # "any media uploaded after (or during) the freeze SHOULD only be accessible through the
        # new, authenticated, endpoints": this server was born frozen.
        if who is None and not self._unauthenticated:
            raise NotFound("Media is served to those who are signed in")

    async def _find(self, server_name: str, media_id: str, query: Query) -> StoredMedia:
        wait = query.integer("timeout_ms", DEFAULT_WAIT_MS, high=MAX_WAIT_MS)
        return await self._media.find(server_name, media_id, timeout_ms=wait)

    async def _serve(
        self, request: web.BaseRequest, found: StoredMedia, name: str | None
    ) -> web.StreamResponse:
        kind: Literal["inline", "attachment"] = "attachment"
        if essence(found.content_type) in INLINE:
            head = await self._media.head(found, HEAD_BYTES)
            kind = "inline" if may_show(found.content_type, head) else "attachment"
        return blob_response(
            request,
            lambda start, stop: self._media.read(found, start, stop),
            name=found.content_hash,
            size=found.size,
            content_type=found.content_type,
            disposition=content_disposition(kind, name),
        )

    async def _thumbnail(
        self, server_name: str, media_id: str, query: Query, request: web.BaseRequest
    ) -> web.StreamResponse:
        query.required("width")
        query.required("height")
        width = query.integer("width", 0, low=1)
        height = query.integer("height", 0, low=1)
        method: Method = (
            "crop" if query.choice("method", ("crop", "scale"), "scale") == "crop" else "scale"
        )
        query.boolean("animated")
        found = await self._find(server_name, media_id, query)
        made = await self._thumbnails.get(found, width, height, method)
        suffix = essence(made.content_type).partition("/")[2]
        return blob_response(
            request,
            made.read,
            name=made.name,
            size=made.size,
            content_type=made.content_type,
            disposition=content_disposition("inline", f"thumbnail.{suffix}"),
        )

    async def _body(self, request: web.BaseRequest) -> AsyncIterator[bytes]:
        """The bytes of an upload as they come. Raises TooLarge before any is sent."""
        length = request.content_length
        if length is not None and length > self._media.max_bytes:
            raise TooLarge(f"The file is larger than {self._media.max_bytes} bytes")
        if request.headers.get("Expect", "").lower() == "100-continue":
            await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            request.writer.output_size = 0
        return self._chunks(request)

    async def _chunks(self, request: web.BaseRequest) -> AsyncIterator[bytes]:
        while True:
            try:
                async with asyncio.timeout(self._idle_s):
                    chunk = await request.content.readany()
            except TimeoutError:
                raise MatrixError("The upload stood still for too long", status=408) from None
            except (HttpProcessingError, web.RequestPayloadError) as error:
                raise InvalidParam("The upload ended before it was whole") from error
            if not chunk:
                return
            yield chunk
