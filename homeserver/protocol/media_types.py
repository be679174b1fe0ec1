"""What a file is, as far as its first bytes and its uploader say, and how safely it can be shown.

Source: client-server-api, "Serving inline content".
"""

from __future__ import annotations

import re
from typing import Final

UNKNOWN: Final = "application/octet-stream"

HEAD_BYTES: Final = 512
"""How many of a file's first bytes the functions here want to see."""

INLINE: Final = frozenset(
    {
        "text/css",
        "text/plain",
        "text/csv",
        "application/json",
        "application/ld+json",
        "image/jpeg",
        "image/gif",
        "image/png",
        "image/apng",
        "image/webp",
        "image/avif",
        "video/mp4",
        "video/webm",
        "video/ogg",
        "video/quicktime",
        "audio/mp4",
        "audio/webm",
        "audio/aac",
        "audio/mpeg",
        "audio/ogg",
        "audio/wave",
        "audio/wav",
        "audio/x-wav",
        "audio/x-pn-wav",
        "audio/flac",
        "audio/x-flac",
    }
)
"""The types that the specification names as safe to show within a page."""

_TYPE: Final = re.compile(
    r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}(\s*;[\x20-\x7e]*)?",
    re.ASCII | re.IGNORECASE,
)
_MARKUP: Final = re.compile(
    rb"<(!doctype|\?xml|!--|html|head|body|script|svg|iframe|object|embed|style|title|meta|link|"
    rb"table|form|img|div|font|br|a\s|p\W|h1|b\W)",
    re.IGNORECASE,
)
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def claimed_type(header: str | None) -> str:
    """The type an uploader claims, parameters included, if it is one; else `UNKNOWN`."""
    claim = (header or "").strip()
    return claim if len(claim) <= 255 and _TYPE.fullmatch(claim) else UNKNOWN


def essence(content_type: str) -> str:
    """The type in lower case, without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def image_type(head: bytes) -> str | None:
    """The type of a picture that browsers show, by its first bytes; None for anything else."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp" and head[8:12] in (b"avif", b"avis"):
        return "image/avif"
    return None


def looks_like_markup(head: bytes) -> bool:
    """Whether a browser that guesses might take it for HTML, SVG or XML."""
    text = head.removeprefix(_BYTE_ORDER_MARK).lstrip()
    return _MARKUP.match(text) is not None or b"<svg" in head.lower()


def may_show_inline(content_type: str, head: bytes) -> bool:
    """Whether it may be shown within a page; whatever may not is offered for saving.

    content_type: what is told to the browser. head: the first `HEAD_BYTES` of the file. A claim
    is believed only as far as the bytes do not speak against it.
    """
    kind = essence(content_type)
    if kind not in INLINE or looks_like_markup(head):
        return False
    return not kind.startswith("image/") or image_type(head) is not None
