"""Draw docs/frame.svg: the bytes of one frame of tests/frames, and the fields that they become.

Run ``python tools/draw_frame.py`` after you change the result of decoding; a test fails when the picture is old.
"""

from __future__ import annotations

import re
import tomllib
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import hanparse
from hanparse.measurement import FIELD_UNITS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
FRAME = ROOT / "tests" / "frames" / "kaifa" / "list2-ma304h3e-it.toml"
PICTURE = ROOT / "docs" / "frame.svg"

# The picture is narrow, so that it is readable on a phone.
WIDTH, MARGIN, PER_ROW, CELL, ROW, LETTER = 460, 14, 16, 27, 23, 7.9
COLOURS = {"W": "#ffb454", "var": "#e0906c", "A": "#6cb6ff", "V": "#7ee787", "timestamp": "#f69ad2"}
TEXT_COLOUR = "#c9a7ff"
STYLE = """
text { font: 13px Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #8b98a5 } .end { text-anchor: end }
.name { fill: #e6edf3 } .title { font: 600 14px sans-serif; fill: #e6edf3 } .ground { fill: #14202b }
"""


def frame() -> bytes:
    """Return the bytes of the frame."""
    lines = tomllib.loads(FRAME.read_text("utf-8"))["frame"].splitlines()
    return bytes.fromhex("".join(line.partition("#")[0] for line in lines))


def fields(data: bytes) -> dict[str, tuple[int, bytes]]:
    """Return the offset and the bytes of the element that each field comes from."""
    leaves = hanparse.explain(data).leaves
    return {name[1]: (leaf.offset, leaf.raw) for leaf in leaves if (name := re.search(r"-> (\w+)", leaf.value))}


def draw() -> str:
    """Return the picture as SVG."""
    data = frame()
    measurement, became = hanparse.decode(data), fields(data)
    colours = {
        place: _colour(name) for name, (start, raw) in became.items() for place in range(start, start + len(raw))
    }
    bottom = 44 + ROW * ((len(data) + PER_ROW - 1) // PER_ROW)
    parts = [
        _text(MARGIN, 28, f"{len(data)} bytes of a HAN port …", "title"),
        *(_byte(place, byte, colours.get(place)) for place, byte in enumerate(data)),
        _text(MARGIN, bottom + 22, f"… are one {type(measurement).__name__}", "title"),
        *(
            line
            for row, (name, (_, raw)) in enumerate(became.items())
            for line in _field(bottom + 48 + ROW * row, name, raw, _shown(name, measurement))
        ),
    ]
    height = bottom + 44 + ROW * len(became)
    size = f'width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img"><style>{STYLE}</style>'
    title = "<title>A push of a Kaifa meter: its bytes, and the fields of the measurement that they become</title>"
    return "\n".join(
        [head, title, f'<rect class="ground" width="{WIDTH}" height="{height}" rx="8"/>', *parts, "</svg>\n"]
    )


def _colour(name: str) -> str:
    return COLOURS.get(FIELD_UNITS.get(name, name), TEXT_COLOUR)


def _shown(name: str, measurement: hanparse.Measurement) -> str:
    value = getattr(measurement, name)
    return "None, not measured" if value is None else f"{value} {FIELD_UNITS.get(name, '')}".rstrip()


def _byte(place: int, byte: int, colour: str | None) -> str:
    row, column = divmod(place, PER_ROW)
    return _text(MARGIN + column * CELL, 54 + ROW * row, f"{byte:02X}", fill=colour)


def _field(y: int, name: str, raw: bytes, value: str) -> Iterator[str]:
    """Yield the parts of one line: the first bytes of the value after its tag, the field, and the value."""
    number = raw[1:].hex(" ").upper()
    start = number if len(raw) == 5 else f"{raw[2:5].hex(' ').upper()} …"  # noqa: PLR2004  a tag and 32 bits
    yield _text(MARGIN, y, start, fill=_colour(name))
    yield _text(MARGIN + 13 * LETTER, y, name, "name")
    yield _text(WIDTH - MARGIN, y, value, "end", fill=_colour(name))


def _text(x: float, y: float, text: str, kind: str = "", *, fill: str | None = None) -> str:
    attributes = (f' class="{kind}"' if kind else "") + (f' style="fill:{fill}"' if fill else "")
    return f'<text x="{x:g}" y="{y:g}"{attributes}>{escape(text)}</text>'


if __name__ == "__main__":
    PICTURE.write_text(draw(), "utf-8")
