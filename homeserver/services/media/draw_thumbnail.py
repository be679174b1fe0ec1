"""Draws one thumbnail: from a file to the bytes of a small picture. Runs in a thread.

Nothing of the original's metadata is kept but the colour profile: a photograph may say where it
was taken.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Final

from PIL import Image

from homeserver.services.media.thumbnail_plan import (
    Box,
    Method,
    NotAPicture,
    TooManyPixels,
    plan,
)

_FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP", "AVIF")
_ORIENTATION: Final = 0x0112
_TURN: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""What puts a picture upright, by the orientation that its camera noted (Exif 2.32, 4.6.5)."""
_SIDEWAYS: Final = (5, 6, 7, 8)
_JPEG_QUALITY: Final = 82

# Pictures are measured here, by the limit of the configuration, before any is unpacked.
Image.MAX_IMAGE_PIXELS = None


def draw(path: Path, box: Box | None, method: Method, max_pixels: int) -> tuple[str, bytes] | None:
    """The suffix (of CONTENT_TYPES) and bytes of a thumbnail; None: the file itself is as good.

    box: what to fit into (scale) or fill (crop); None: the picture's own size. An animation
    becomes its first frame. Raises NotAPicture, TooManyPixels.
    """
    try:
        with Image.open(path, formats=_FORMATS) as image:
            return _draw(image, box, method, max_pixels)
    except TooManyPixels:
        raise
    except Exception as error:  # decoders raise whatever their formats make them
        raise NotAPicture from error


def _draw(
    image: Image.Image, box: Box | None, method: Method, max_pixels: int
) -> tuple[str, bytes] | None:
    width, height = image.size
    if width * height > max_pixels:
        raise TooManyPixels
    source_format = "JPEG" if image.format == "MPO" else image.format  # several views in one JPEG
    still = source_format == "JPEG" or not getattr(image, "is_animated", False)
    orientation = _orientation(image)
    whole = (height, width) if orientation in _SIDEWAYS else (width, height)
    if box is None:
        box = whole
    if whole[0] <= box[0] and whole[1] <= box[1]:
        if still:
            image.load()  # a broken one is not passed on
            return None
        box = whole
    size, part = plan(whole, box, method)
    if source_format == "JPEG":
        # Unpacks it at an eighth, a quarter or half of its size where that is enough.
        scale = max(size[0] / (part[2] - part[0]), size[1] / (part[3] - part[1]))
        image.draft(None, (round(width * scale) + 1, round(height * scale) + 1))
    drawn = image.transpose(_TURN[orientation]) if orientation in _TURN else image
    shrunk = drawn.size[0] / whole[0]
    part = (part[0] * shrunk, part[1] * shrunk, part[2] * shrunk, part[3] * shrunk)
    # Those of other modes do not fit what is written.
    profile = image.info.get("icc_profile") if image.mode in ("RGB", "RGBA") else None
    transparent = drawn.has_transparency_data
    drawn = drawn.convert("RGBA" if transparent else "RGB")
    drawn = drawn.resize(size, Image.Resampling.LANCZOS, box=part, reducing_gap=3.0)
    drawn.info = {"icc_profile": profile} if profile else {}
    written = io.BytesIO()
    if transparent or source_format in ("PNG", "GIF"):
        # Screenshots and drawings: JPEG would blur their edges.
        drawn.save(written, "PNG")
        return "png", written.getvalue()
    drawn.save(written, "JPEG", quality=_JPEG_QUALITY, progressive=True)
    return "jpg", written.getvalue()


def _orientation(image: Image.Image) -> int | None:
    try:
        found = image.getexif().get(_ORIENTATION)
    except Exception:  # broken metadata; the picture may be fine
        return None
    return found if isinstance(found, int) else None
