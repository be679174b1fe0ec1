"""Drawing thumbnails: sizes, orientation, transparency, and what is left out."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from homeserver.services.media.draw_thumbnail import draw
from homeserver.services.media.thumbnail_plan import NotAPicture, TooManyPixels, plan
from tests.harness.media import picture

ORIENTATION = 0x0112
LIMIT = 10_000_000


def drawn(tmp_path: Path, data: bytes, box: tuple[int, int] = (32, 32)) -> Image.Image:
    """The thumbnail by `scale`, loaded."""
    path = tmp_path / "original"
    path.write_bytes(data)
    made = draw(path, box, "scale", LIMIT)
    assert made is not None
    image: Image.Image = Image.open(io.BytesIO(made[1]))
    image.load()
    return image


@pytest.mark.parametrize(
    ("whole", "box", "size"),
    [
        ((1000, 500), (96, 96), (96, 48)),
        ((500, 1000), (96, 96), (48, 96)),
        ((10_000, 2), (96, 96), (96, 1)),
        ((50, 50), (96, 96), (50, 50)),
        ((100, 50), (96, 96), (96, 48)),
    ],
)
def test_scale_fits_the_whole_picture_into_the_box(
    whole: tuple[int, int], box: tuple[int, int], size: tuple[int, int]
) -> None:
    assert plan(whole, box, "scale") == (size, (0, 0, *whole))


@pytest.mark.parametrize(
    ("whole", "box", "size", "part"),
    [
        ((1000, 500), (96, 96), (96, 96), (250, 0, 750, 500)),
        ((500, 1000), (96, 96), (96, 96), (0, 250, 500, 750)),
        ((1000, 500), (320, 240), (320, 240), (166.67, 0, 833.33, 500)),
        ((50, 500), (96, 96), (50, 96), (0, 202, 50, 298)),
        ((500, 50), (96, 96), (96, 50), (202, 0, 298, 50)),
    ],
)
def test_crop_fills_the_box_with_the_middle_of_the_picture(
    whole: tuple[int, int], box: tuple[int, int], size: tuple[int, int], part: tuple[float, ...]
) -> None:
    planned, taken = plan(whole, box, "crop")
    assert planned == size
    assert taken == pytest.approx(part, abs=0.01)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_a_picture_is_put_upright(tmp_path: Path, form: str, orientation: int) -> None:
    corners = Image.new("RGB", (200, 100), "white")
    corners.paste("red", (0, 0, 100, 50))
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    written = io.BytesIO()
    corners.save(written, form, exif=exif)
    image = drawn(tmp_path, written.getvalue()).convert("RGB")
    expected = ImageOps.exif_transpose(Image.open(written)).resize(image.size)
    assert not image.getexif()
    for x, y in ((4, 4), (image.width - 4, 4), (4, image.height - 4)):
        got, wanted = (each.getpixel((x, y)) for each in (image, expected))
        assert isinstance(got, tuple)
        assert isinstance(wanted, tuple)
        assert all(abs(g - w) < 40 for g, w in zip(got, wanted, strict=True))


def test_broken_metadata_do_not_spoil_a_picture(tmp_path: Path) -> None:
    assert drawn(tmp_path, picture(99, 99, form="JPEG", exif=b"Exif\0\0broken")).size == (32, 32)


def test_a_stereo_photograph_is_a_photograph(tmp_path: Path) -> None:
    views = [Image.new("RGB", (99, 99), colour) for colour in ("red", "blue")]
    written = io.BytesIO()
    views[0].save(written, "MPO", save_all=True, append_images=views[1:])
    assert drawn(tmp_path, written.getvalue()).format == "JPEG"
    path = tmp_path / "original"
    assert draw(path, (320, 240), "scale", LIMIT) is None


def test_where_a_photograph_was_taken_is_not_told(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010E] = "at home"
    exif.get_ifd(0x8825)[1] = "N"
    image = drawn(tmp_path, picture(400, 400, form="JPEG", exif=exif, comment="at home"))
    assert not image.getexif()
    assert "comment" not in image.info


def test_photographs_become_jpeg_and_drawings_stay_png(tmp_path: Path) -> None:
    assert drawn(tmp_path, picture(99, 99, form="JPEG")).format == "JPEG"
    assert drawn(tmp_path, picture(99, 99, form="WEBP")).format == "JPEG"
    assert drawn(tmp_path, picture(99, 99, form="AVIF")).format == "JPEG"
    assert drawn(tmp_path, picture(99, 99, form="PNG")).format == "PNG"
    assert drawn(tmp_path, picture(99, 99, form="GIF")).format == "PNG"


@pytest.mark.parametrize("form", ["PNG", "WEBP"])
def test_what_is_transparent_stays_so(tmp_path: Path, form: str) -> None:
    clear = (0, 0, 0, 0)
    image = drawn(tmp_path, picture(99, 99, form=form, mode="RGBA", left=clear, right=clear))
    assert (image.mode, image.getpixel((5, 5))) == ("RGBA", clear)


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "I;16"])
def test_pictures_of_every_mode_are_drawn(tmp_path: Path, mode: str) -> None:
    image = Image.new(mode, (99, 99))
    written = io.BytesIO()
    image.save(written, "JPEG" if mode == "CMYK" else "PNG")
    assert drawn(tmp_path, written.getvalue()).size == (32, 32)


def test_the_original_is_as_good_where_it_is_small_enough(tmp_path: Path) -> None:
    path = tmp_path / "original"
    path.write_bytes(picture(32, 20))
    assert draw(path, (32, 32), "scale", LIMIT) is None
    assert draw(path, None, "scale", LIMIT) is None


def test_more_pixels_than_allowed_are_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "original"
    path.write_bytes(picture(200, 100))
    assert draw(path, (32, 32), "scale", 20_000)
    with pytest.raises(TooManyPixels):
        draw(path, (32, 32), "scale", 19_999)


@pytest.mark.parametrize("data", [b"", b"%!PS-Adobe-3.0", b"II*\0", picture(99, 99, form="BMP")])
def test_other_files_are_not_even_tried(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "original"
    path.write_bytes(data)
    with pytest.raises(NotAPicture):
        draw(path, (32, 32), "scale", LIMIT)
