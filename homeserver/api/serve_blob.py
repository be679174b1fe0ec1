"""Answers with bytes that never change: validators, ranges and the headers that make files safe.

Source: RFC 9110, "Range Requests", "Conditional Requests"; client-server-api, "Content repository".
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from aiohttp import web

SAFE_HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'; script-src 'none';"
    " plugin-types application/pdf; style-src 'unsafe-inline'; object-src 'self';",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

# A name never changes its bytes. Private: who may have them is asked of each.
_CACHE_CONTROL = "private, max-age=86400, immutable"

Read = Callable[[int, int], AsyncIterator[bytes]]
"""From the first byte wanted up to, but not including, the second number."""


def blob_response(
    request: web.BaseRequest,
    read: Read,
    *,
    name: str,
    size: int,
    content_type: str,
    disposition: str,
) -> web.StreamResponse:
    """The bytes, or the part of them that was asked for, or that they have not changed.

    name: unique to these bytes. size: of the whole.
    """
    tag = f'"{name}"'
    headers = {**SAFE_HEADERS, "ETag": tag, "Cache-Control": _CACHE_CONTROL}
    known = request.if_none_match
    if known is not None and any(each.value in (name, "*") for each in known):
        return web.Response(status=304, headers=headers)
    headers |= {
        "Accept-Ranges": "bytes",
        "Content-Type": content_type,
        "Content-Disposition": disposition,
    }
    span = _range(request, tag, size)
    start, stop = span or (0, size)
    if start >= stop and span is not None:
        return web.Response(status=416, headers={"Content-Range": f"bytes */{size}"})
    if span is not None:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    headers["Content-Length"] = str(stop - start)
    return web.Response(
        body=read(start, stop) if stop > start else b"",
        status=200 if span is None else 206,
        headers=headers,
    )


def _range(request: web.BaseRequest, tag: str, size: int) -> tuple[int, int] | None:
    """The one range asked for, start and stop; None: everything. An empty one cannot be served."""
    condition = request.headers.get("If-Range")
    if condition is not None and condition != tag:
        return None
    try:
        wanted = request.http_range
    except ValueError:
        # "A server MAY ignore the Range header field": several ranges, and what is none.
        return None
    if wanted.start is None and wanted.stop is None:
        return None
    start = wanted.start or 0
    if start < 0:
        return max(0, size + start), size
    return start, min(size if wanted.stop is None else wanted.stop, size)
