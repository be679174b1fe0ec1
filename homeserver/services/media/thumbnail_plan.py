"""What a thumbnail is to be, worked out without the library that draws it.

That one takes megabytes and a moment to load, which a server does when the first is drawn.
"""

from __future__ import annotations

from typing import Final, Literal

Box = tuple[int, int]
"""Width and height in pixels."""
Method = Literal["crop", "scale"]

CONTENT_TYPES: Final = {"jpg": "image/jpeg", "png": "image/png"}
"""What is drawn, by the suffix of its name."""


class NotAPicture(Exception):
    """Not a picture of a format that is read here, or a broken one."""


class TooManyPixels(Exception):
    """It would take too much memory to unpack."""


def plan(
    whole: Box, box: Box, method: Method
) -> tuple[tuple[int, int], tuple[float, float, float, float]]:
    """The size of the thumbnail, and the part of the picture (left, top, right, bottom) in it.

    Never larger than the picture: "Servers MUST NOT upscale thumbnails under any circumstance."
    """
    width, height = whole
    if method == "scale":
        factor = min(box[0] / width, box[1] / height, 1.0)
        size = max(1, round(width * factor)), max(1, round(height * factor))
        return size, (0.0, 0.0, float(width), float(height))
    factor = min(max(box[0] / width, box[1] / height), 1.0)
    size = min(box[0], round(width * factor)), min(box[1], round(height * factor))
    size = max(1, size[0]), max(1, size[1])
    across, down = min(width, size[0] / factor), min(height, size[1] / factor)
    left, top = (width - across) / 2, (height - down) / 2
    return size, (left, top, left + across, top + down)
