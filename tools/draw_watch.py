"""Draw the screens of `hanparse watch` with a simulated meter, and with a port that has a wrong parity.

docs/watch.svg shows the simulated meter ten minutes after the start. docs/watch-quiet.svg shows the port in a small
terminal. Run ``python tools/draw_watch.py`` after you change the screen. A test fails if a picture is old.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from html import escape
from itertools import islice, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hanparse import Decoder
from hanparse.cli.watch.model import WINDOW, Connection, Model
from hanparse.cli.watch.screen import Line, keys, screen
from hanparse.simulate import simulate

if TYPE_CHECKING:
    from collections.abc import Sequence

DOCS: Final = Path(__file__).parent.parent / "docs"
LARGE, SMALL = (80, 23), (40, 11)
BEGIN: Final = datetime(2026, 1, 1, 11, 59, 50, tzinfo=UTC)
_CELL: Final = 9.0, 19  # px; a character of a monospace font of 15 px
_MARGIN: Final = 16
_COLOURS: Final = {
    "title": "#ffffff",
    "good": "#7ee787",
    "dim": "#8b949e",
    "warning": "#e3b341",
    "alarm": "#ff7b72",
    "curve": "#79c0ff",
}


def receiving() -> str:
    """Return the picture of a meter that sends, ten minutes after the start."""
    model, decoder = Model("tcp://192.168.1.20:3001", 25.0, BEGIN), Decoder(estimate=True)
    end = BEGIN + WINDOW
    for push in takewhile(lambda push: push.seconds <= WINDOW.total_seconds(), simulate("kaifa", start=BEGIN, seed=5)):
        now = BEGIN + timedelta(seconds=push.seconds)
        for measurement in decoder.feed(push.data, now):
            model.take(measurement, now)
    model.observe(Connection(1, decoder.stats, decoder.diagnosis()), end)
    return _picture("hanparse watch with a simulated Kaifa meter", screen(model, end, *LARGE), LARGE)


def quiet() -> str:
    """Return the picture of a meter with even parity that a reader without parity reads. The reader drops bytes."""
    sent = b"".join(push.data for push in islice(simulate("aidon"), 20))
    model, decoder = Model("/dev/ttyUSB0", 25.0, BEGIN), Decoder()
    decoder.feed(bytes(byte for byte in sent if byte.bit_count() % 2))
    model.observe(Connection(1, decoder.stats, decoder.diagnosis()), BEGIN)
    return _picture("hanparse watch with a wrong parity", screen(model, BEGIN, *SMALL), SMALL)


def _picture(title: str, lines: Sequence[Line], size: tuple[int, int]) -> str:
    """Return the picture of a terminal with `size[1]` lines above the line with the keys."""
    wide, high = _CELL
    seen = lines[: size[1]]
    width, height = round(size[0] * wide) + 2 * _MARGIN, (size[1] + 1) * high + 2 * _MARGIN
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}"',
            f'     viewBox="0 0 {width} {height}" role="img"',
            '     font-family="ui-monospace, Menlo, Consolas, \'DejaVu Sans Mono\', monospace" font-size="15">',
            f"<title>{title}</title>",
            f'<rect x="0" y="0" width="{width}" height="{height}" rx="8" fill="#0d1117"/>',
            *_texts([*seen, *[Line("")] * (size[1] - len(seen)), Line(keys(len(lines), size[1]), "dim")]),
            "</svg>\n",
        ]
    )


def _texts(shown: Sequence[Line]) -> list[str]:
    """Return an SVG text for each line. `textLength` aligns the columns in every font."""
    wide, high = _CELL
    return [
        f'<text x="{_MARGIN}" y="{_MARGIN + (at + 1) * high - 4}" fill="{_COLOURS.get(line.style, "#e6edf3")}"'
        f' textLength="{round(len(text) * wide)}" xml:space="preserve">{escape(text)}</text>'
        for at, line in enumerate(shown)
        if (text := line.text.rstrip())
    ]


if __name__ == "__main__":
    (DOCS / "watch.svg").write_text(receiving(), "utf-8")
    (DOCS / "watch-quiet.svg").write_text(quiet(), "utf-8")
