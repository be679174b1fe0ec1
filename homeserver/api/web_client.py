"""The web client: static files, with the headers that keep strangers' scripts out."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

from aiohttp import web

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:;"
        " style-src 'self' 'unsafe-inline'; connect-src 'self'; font-src 'self' data:;"
        " worker-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self';"
        " frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_FOREVER = "public, max-age=31536000, immutable"
_NOT_OURS = ("/_matrix/", "/_teammessenger/", "/_synapse/", "/.well-known/", "/v1/", "/ws/")

_NOT_BUILT = (
    "<!doctype html><meta charset=utf-8><title>Team Messenger</title>"
    "<p>The server runs, but the web client is not built. <code>make run</code> builds it."
)


class WebClient:
    """Serves a folder at ``/``. Everything that is not a file there is none of its business."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse | None:
        """The file a path names; None if there is none. A fallback of HttpApi."""
        path = request.rel_url.raw_path
        if request.method not in ("GET", "HEAD") or path.startswith(_NOT_OURS):
            return None
        if path in ("/", "/index.html"):
            index = self._folder / "index.html"
            if not index.is_file():
                return web.Response(text=_NOT_BUILT, content_type="text/html", headers=_HEADERS)
            return web.FileResponse(index, headers={**_HEADERS, "Cache-Control": "no-cache"})
        try:
            file = (self._folder / unquote(path).lstrip("/")).resolve()
            if not file.is_relative_to(self._folder) or not file.is_file():
                return None
        except (ValueError, OSError):  # NUL, or a name longer than any file's
            return None
        lasting = _FOREVER if path.startswith("/assets/") else "no-cache"
        return web.FileResponse(file, headers={**_HEADERS, "Cache-Control": lasting})
