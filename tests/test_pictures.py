"""The drawings of the site: every text lies inside its frame, covers no other text and contrasts with its ground."""

from __future__ import annotations

import re
from html import unescape
from typing import Final, NamedTuple

import pytest
from framefiles import named
from scripts import ROOT

DOCS: Final = ROOT / "docs"
DRAWINGS: Final = sorted(
    str(path.relative_to(DOCS)) for path in DOCS.rglob("*.svg") if "<text" in path.read_text("utf-8")
)
WIDTHS: Final = {**dict.fromkeys("ijl.,;:()'|! ", 0.34), **dict.fromkeys("ftrs-", 0.46), **dict.fromkeys("mwMW%", 0.97)}
"""em. The widths of letters of DejaVu Sans, one of the widest of the usual fonts; the others have 0.64."""
BOLD, MONOSPACED = 1.12, 0.602


class Text(NamedTuple):
    """A text of a drawing, with the box that it fills, in px."""

    words: str
    left: float
    top: float
    right: float
    bottom: float

    def touches(self, other: Text) -> bool:
        """Whether two boxes have a part in common."""
        is_beside = self.right <= other.left or other.right <= self.left
        return not (is_beside or self.bottom <= other.top or other.bottom <= self.top)


def read(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def rules(picture: str) -> dict[str, str]:
    """The style of each class of a drawing."""
    return dict(re.findall(r"(?:\.|\b)(\w+) \{ ([^}]*) \}", picture.partition("</style>")[0]))


def texts(picture: str) -> list[Text]:
    """The texts of a drawing. A text in several lines has a `tspan` for each."""
    style, found = rules(picture), []
    for attributes, inner in re.findall(r"<text ([^>]*)>(.*?)</text>", picture, re.DOTALL):
        if "transform" in attributes:
            continue
        kind = value(attributes, "class")
        look = style.get("text", picture) + style.get(kind, "")
        size = float([*re.findall(r"(?:font: (?:\d+ )?|font-size(?:: |=\"))(\d+)", look)][-1])
        y = float(value(attributes, "y"))
        for x, down, words in re.findall(r'<tspan x="([\d.]+)" dy="([\d.]+)">([^<]*)', inner) or [
            (value(attributes, "x"), "0", inner)
        ]:
            y += float(down)
            wide = size * length(unescape(words), look, monospaced="mono" in look.rpartition("font: ")[2])
            wide = float(value(attributes, "textLength") or wide)
            left = float(x) - wide * {"end": 1, "middle": 0.5}.get(kind, 0)
            found.append(Text(words, left, y - 0.75 * size, left + wide, y + 0.2 * size))
    return found


def value(attributes: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', attributes)
    return found[1] if found else ""


def length(words: str, look: str, *, monospaced: bool) -> float:
    """The length of a text in em."""
    if monospaced:
        return MONOSPACED * len(words)
    return sum(WIDTHS.get(letter, 0.64) for letter in words) * (BOLD if "600" in look else 1)


def view(picture: str) -> tuple[float, float]:
    found = re.search(r'viewBox="0 0 (\d+) (\d+)"', picture)
    assert found
    return float(found[1]), float(found[2])


def brightness(colour: str) -> float:
    """The relative luminance of a colour (WCAG 2.2)."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [byte / 255 for byte in bytes.fromhex(digits)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_all_drawings_with_texts_are_measured() -> None:
    assert {"architecture.svg", "frame.svg", "watch.svg", "plots/estimate-calibration.svg"} <= {*DRAWINGS}


@pytest.mark.parametrize("name", DRAWINGS)
def test_every_text_and_box_lies_inside_the_view(name: str) -> None:
    picture = read(name)
    width, height = view(picture)
    edges = [(text.left, text.top, text.right, text.bottom, text.words) for text in texts(picture)]
    for x, y, wide, high in re.findall(
        r'<rect[^>]* x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"', picture
    ):
        edges.append((float(x), float(y), float(x) + float(wide), float(y) + float(high), "a box"))
    assert edges
    assert [one for one in edges if one[0] < 0 or one[1] < 0 or one[2] > width or one[3] > height] == []


@pytest.mark.parametrize("name", DRAWINGS)
def test_no_text_covers_another_one(name: str) -> None:
    found = texts(read(name))
    assert found
    assert [(one, other) for n, one in enumerate(found) for other in found[:n] if one.touches(other)] == []


@pytest.mark.parametrize("name", ["frame.svg", "watch.svg", "watch-quiet.svg"])
def test_the_texts_contrast_with_the_ground_that_the_drawing_brings_along(name: str) -> None:
    picture = read(name)
    ground = re.search(r"\.ground \{ fill: (#\w+)|<rect [^>]*fill=\"(#\w+)\"", picture)
    assert ground
    dark = brightness(ground[1] or ground[2])
    fills = {
        *re.findall(r"<text [^>]*fill[:=]\"?(#\w+)", picture),
        *re.findall(r"(?:name|small) \{ .*?(#\w+)", picture),
    }
    assert fills
    # WCAG 2.2, 1.4.3: the contrast of a text is at least 4.5
    assert [fill for fill in fills if (brightness(fill) + 0.05) / (dark + 0.05) < 4.5] == []


def test_the_picture_of_a_frame_shows_every_byte_layer_and_field_of_the_frame_file() -> None:
    picture, file = read("frame.svg"), named("kaifa/list2-ma304h3e-it")
    assert re.findall(r'class="byte"[^>]*>([0-9A-F]{2})</text>', picture) == file.data.hex(" ").upper().split()
    assert file.expect
    shown = re.findall(r'class="name">(\w+)<', picture)
    assert set(shown) == file.expect.keys() - {"manufacturer"} | {"voltage_l2"}  # the last one is shown not to be there
    headers = re.findall(r'class="header"[^>]*>([0-9A-F ]+)<', picture)
    # HDLC (IEC 62056-46), LLC, the tag of a data-notification and its invoke id; FCS and flag
    assert headers == ["7E", "A0 79", "01", "02 01", "10", "80 93", "E6 E7 00", "0F", "40 00 00 00", "A7 0A", "7E"]
