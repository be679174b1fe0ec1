"""Which size of thumbnail a wish gets."""

from __future__ import annotations

import pytest

from homeserver.services.media.thumbnail_plan import Box, Method
from homeserver.services.media.thumbnails import box_for


@pytest.mark.parametrize(
    ("wish", "method", "box"),
    [
        ((1, 1), "scale", (32, 32)),
        ((32, 32), "scale", (32, 32)),
        ((33, 32), "scale", (96, 96)),
        ((320, 240), "scale", (320, 240)),
        ((240, 320), "scale", (640, 480)),
        ((800, 600), "scale", (800, 600)),
        ((801, 1), "scale", None),
        ((1, 1), "crop", (32, 32)),
        ((97, 20), "crop", (160, 32)),
        ((800, 800), "crop", (800, 800)),
        ((801, 1), "crop", None),
    ],
)
def test_a_wish_gets_the_next_size_that_is_not_smaller(
    wish: Box, method: Method, box: Box | None
) -> None:
    assert box_for(*wish, method) == box
