"""Draw docs/frame.svg: the bytes of one frame of tests/frames, its layers, and the fields that they become.

Run ``python tools/draw_frame.py`` after you change the result of decoding. A test fails if the picture is old.
"""

from __future__ import annotations

import re
import tomllib
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

import hanparse
from hanparse.measurement import FIELD_UNITS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hanparse import Explanation

ROOT: Final = Path(__file__).parent.parent
FRAME: Final = ROOT / "tests" / "frames" / "kaifa" / "list2-ma304h3e-it.toml"
PICTURE: Final = ROOT / "docs" / "frame.svg"

# The picture is narrow, so that it is readable on a phone.
WIDTH, MARGIN, PER_ROW, CELL, ROW, LETTER = 460, 14, 16, 27, 22, 7.9
INSET: Final = 8
"""The distance in px between a box and the box around it.

The box of a layer is in the box of the layer that contains it.
"""
COLOURS: Final = {"W": "#ffb454", "var": "#e0906c", "A": "#6cb6ff", "V": "#7ee787", "timestamp": "#f69ad2"}
TEXT_COLOUR: Final = "#c9a7ff"
HDLC, APDU, LIST = "#8fb3cc", "#e3d18a", "#b4bcc4"
SHORT: Final = {"destination": "to", "source": "from", "long-invoke-id-and-priority": "invoke id"}
"""Short names in place of names of `hanparse.explain` that are wider than their bytes in the picture."""
STYLE: Final = """
text { font: 13px Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #8b98a5 } .end { text-anchor: end }
.name { fill: #e6edf3 } .title { font: 600 14px sans-serif; fill: #e6edf3 } .ground { fill: #14202b }
.layer { fill: #fff; fill-opacity: 0.04; stroke-opacity: 0.7 } .of { font: 600 12px sans-serif }
.small { font-size: 12px; fill: #a3b1be }
"""


def frame() -> bytes:
    """Return the bytes of the frame."""
    lines = tomllib.loads(FRAME.read_text("utf-8"))["frame"].splitlines()
    return bytes.fromhex("".join(line.partition("#")[0] for line in lines))


def draw() -> str:
    """Return the picture as SVG."""
    data = frame()
    measurement, leaves = hanparse.decode(data), tuple(hanparse.explain(data).leaves)
    top = 46 + ROW * ((len(data) + PER_ROW - 1) // PER_ROW)
    layers, height = _layers(leaves, measurement, top + 34)
    parts = [
        _text(MARGIN, 28, f"{len(data)} bytes of a HAN port …", "title"),
        *(_byte(leaf.offset + n, byte, _colour(leaf)) for leaf in leaves for n, byte in enumerate(leaf.raw)),
        _text(MARGIN, top + 20, f"… are one {type(measurement).__name__}", "title"),
        *layers,
    ]
    size = f'width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img"><style>{STYLE}</style>'
    title = "<title>A push of a Kaifa meter: its bytes, its layers, and the fields that the bytes become</title>"
    ground = f'<rect class="ground" x="0" y="0" width="{WIDTH}" height="{height}" rx="8"/>'
    return "\n".join([head, title, ground, *parts, "</svg>\n"])


def _layers(leaves: Sequence[Explanation], measurement: hanparse.Measurement, top: int) -> tuple[list[str], int]:
    """Return the boxes of the layers from `top` on, and the height of the picture."""
    carrier = [leaf for leaf in leaves if _layer(leaf) == HDLC]
    header, trailer = (_below(carrier, "HCS"), carrier[-2:])
    service = [leaf for leaf in leaves if _layer(leaf) == APDU and not _field(leaf)]
    (clock,) = (leaf for leaf in leaves if _layer(leaf) == APDU and _field(leaf))
    structure, *elements = [leaf for leaf in leaves if _layer(leaf) == LIST]
    y = top + 66  # the top of the box of the APDU
    inner = y + 94  # the top of the box of the list
    after = inner + 30 + ROW * len(elements)
    bottom = after + INSET + 46
    parts = [
        _box(0, top, bottom - top, HDLC, "frame: HDLC"),
        *_pieces(0, top + 38, header),
        _box(1, y, after + INSET - y, APDU, "payload: LLC and a data-notification"),
        *_pieces(1, y + 38, service),
        *_row(1, y + 80, clock, measurement),
        _box(2, inner, after - inner, LIST, f"list: {structure.raw.hex(' ').upper()}, {structure.value}"),
        *(part for n, leaf in enumerate(elements) for part in _row(2, inner + 40 + ROW * n, leaf, measurement)),
        *_pieces(0, after + INSET + 18, trailer),
    ]
    return parts, bottom + MARGIN


def _below(leaves: Sequence[Explanation], last: str) -> Sequence[Explanation]:
    return leaves[: [leaf.label for leaf in leaves].index(last) + 1]


def _layer(leaf: Explanation) -> str:
    """Return the colour of a part of the frame, which is the colour of its layer."""
    if leaf.label in ("flag", "format", "destination", "source", "control", "HCS", "FCS"):
        return HDLC
    return APDU if leaf.label in ("LLC", "data-notification", *SHORT, "date-time") else LIST


def _field(leaf: Explanation) -> str:
    """Return the field that an element fills, or an empty text."""
    found = re.search(r"-> (\w+)", leaf.value)
    return found[1] if found else ""


def _colour(leaf: Explanation) -> str:
    name = _field(leaf)
    return COLOURS.get(FIELD_UNITS.get(name, name), TEXT_COLOUR) if name else _layer(leaf)


def _shown(name: str, measurement: hanparse.Measurement) -> str:
    value = getattr(measurement, name)
    return "None, not measured" if value is None else f"{value} {FIELD_UNITS.get(name, '')}".rstrip()


def _byte(place: int, byte: int, colour: str) -> str:
    row, column = divmod(place, PER_ROW)
    return _text(MARGIN + column * CELL, 54 + ROW * row, f"{byte:02X}", "byte", fill=colour)


def _box(depth: int, y: int, height: int, colour: str, title: str) -> str:
    """Return the box of a layer with its title. `depth` is the number of boxes around it."""
    x = MARGIN + INSET * depth
    size = f'x="{x}" y="{y}" width="{WIDTH - 2 * x}" height="{height}"'
    return f'<rect class="layer" {size} rx="5" stroke="{colour}"/>' + _text(x + INSET, y + 16, title, "of", fill=colour)


def _pieces(depth: int, y: int, leaves: Sequence[Explanation]) -> Iterator[str]:
    """Yield the bytes of the parts of a header from left to right, with the name of each part below it."""
    x = MARGIN + INSET * (depth + 1)
    for leaf in leaves:
        name, digits = SHORT.get(leaf.label, leaf.label), leaf.raw.hex(" ").upper()
        yield _text(x, y, digits, "header", fill=_layer(leaf))
        yield _text(x, y + 15, name, "small")
        x += round(max(len(digits) * LETTER, len(name) * LETTER * 12 / 13)) + 13


def _row(depth: int, y: int, leaf: Explanation, measurement: hanparse.Measurement) -> Iterator[str]:
    """Yield the parts of one line: the first bytes of the value after its tag, the field, and the value."""
    x, name, colour = MARGIN + INSET * (depth + 1), _field(leaf), _colour(leaf)
    number = leaf.raw[1:].hex(" ").upper()
    start = number if len(leaf.raw) == 5 else f"{leaf.raw[2:5].hex(' ').upper()} …"  # noqa: PLR2004  a tag and 32 bits
    yield _text(x, y, start, "of-field", fill=colour)
    yield _text(x + 13 * LETTER, y, name, "name")
    yield _text(WIDTH - x, y, _shown(name, measurement), "end", fill=colour)


def _text(x: float, y: float, text: str, kind: str = "", *, fill: str | None = None) -> str:
    attributes = (f' class="{kind}"' if kind else "") + (f' style="fill:{fill}"' if fill else "")
    return f'<text x="{x:g}" y="{y:g}"{attributes}>{escape(text)}</text>'


if __name__ == "__main__":
    PICTURE.write_text(draw(), "utf-8")
