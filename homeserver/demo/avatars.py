"""Draws the people of the demo: plain portraits without faces, each recognisable at a glance."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageDraw

SIZE: Final = 320
"""Width and height in pixels."""

_FINE: Final = 4
"""Drawn so many times larger, so that edges are smooth."""

_BACKGROUNDS: Final = ("#f6c177", "#9ccfd8", "#c4a7e7", "#eb9da8", "#a3c99a", "#8fb4e8")
_CLOTHES: Final = ("#31748f", "#575279", "#b4637a", "#3a6b4c", "#26233a", "#d7827e")
_SKINS: Final = ("#f2d3b8", "#e3b58f", "#a9714b", "#f0c8a0")
_HAIRS: Final = ("#2b2320", "#6b4423", "#c98d3f", "#8a2f1d", "#4a4e57")


@dataclass(frozen=True)
class Look:
    """What someone looks like; colours as HTML writes them."""

    background: str
    clothes: str
    skin: str
    hair: str
    long_hair: bool = False
    beard: bool = False


_LOOKS: Final = {
    "maria": Look("#f6c177", "#575279", "#f2d3b8", "#4a4e57", long_hair=True),
    "olga": Look("#9ccfd8", "#b4637a", "#f0c8a0", "#c98d3f", long_hair=True),
    "ivan": Look("#c4a7e7", "#31748f", "#e3b58f", "#6b4423", beard=True),
    "anna": Look("#a3c99a", "#26233a", "#f2d3b8", "#8a2f1d", long_hair=True),
    "timur": Look("#eb9da8", "#3a6b4c", "#e3b58f", "#2b2320"),
    "grace": Look("#8fb4e8", "#d7827e", "#a9714b", "#2b2320", long_hair=True),
}


def draw_avatar(person: str) -> bytes:
    """The portrait of someone, as PNG; always the same for the same name."""
    look = _LOOKS.get(person) or _invented(person)
    side = SIZE * _FINE
    image = Image.new("RGB", (side, side), look.background)
    draw = ImageDraw.Draw(image)

    def oval(left: float, top: float, right: float, bottom: float, colour: str) -> None:
        draw.ellipse([round(side * each) for each in (left, top, right, bottom)], fill=colour)

    if look.long_hair:
        oval(0.25, 0.14, 0.75, 0.62, look.hair)
        draw.rounded_rectangle(
            [round(side * each) for each in (0.25, 0.30, 0.75, 0.80)], side // 12, fill=look.hair
        )
    draw.rounded_rectangle(
        [round(side * each) for each in (0.42, 0.55, 0.58, 0.80)], side // 14, fill=look.skin
    )
    oval(0.14, 0.72, 0.86, 1.40, look.clothes)
    oval(0.42, 0.68, 0.58, 0.80, look.skin)
    if not look.long_hair:
        oval(0.28, 0.16, 0.72, 0.60, look.hair)
    if look.beard:
        oval(0.305, 0.32, 0.695, 0.685, look.hair)
        oval(0.315, 0.24, 0.685, 0.60, look.skin)
    else:
        oval(0.31, 0.24, 0.69, 0.67, look.skin)
    fringe = [round(side * each) for each in (0.29, 0.17, 0.71, 0.53)]
    draw.chord(fringe, 190, 350, fill=look.hair)

    written = io.BytesIO()
    image.resize((SIZE, SIZE), Image.Resampling.LANCZOS).save(written, "PNG", optimize=True)
    return written.getvalue()


def _invented(person: str) -> Look:
    digest = hashlib.sha256(person.encode()).digest()

    def pick(choices: Sequence[str], byte: int) -> str:
        return choices[digest[byte] % len(choices)]

    return Look(
        pick(_BACKGROUNDS, 0),
        pick(_CLOTHES, 1),
        pick(_SKINS, 2),
        pick(_HAIRS, 3),
        long_hair=digest[4] % 2 == 1,
    )
