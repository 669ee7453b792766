"""Defines `bar` and `curve`, which draw with characters only, so that they also fit terminals without colour."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

_FULL, _PARTS, _POSSIBLE, _EMPTY = "█", " ▏▎▍▌▋▊▉", "▒", "·"
_BRAILLE: Final = 0x2800
_DOTS: Final = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
"""The bit of each dot of a braille pattern, by column and row (Unicode, block 2800)."""
_ROWS, _COLUMNS = 4, 2  # dots of a pattern


def bar(low: float, high: float, scale: float, width: int) -> str:
    """Return a bar of `width` characters from 0 to `scale`: filled to `low`, then hatched to `high`, then dotted.

    For a measured value `low` equals `high`. A value above `scale` fills the bar.
    """
    eighths = round(8 * width * min(max(low / scale, 0.0), 1.0))
    filled = _FULL * (eighths // 8) + (_PARTS[eighths % 8] if eighths % 8 else "")
    possible = math.ceil(width * min(max(high / scale, 0.0), 1.0)) if high > low else 0
    return (filled + _POSSIBLE * (possible - len(filled))).ljust(width, _EMPTY)


def limits(values: Sequence[float | None]) -> tuple[float, float]:
    """Return the lowest and the highest value of the axis of a curve. Both are round numbers. The axis includes 0."""
    known = [0.0, *(value for value in values if value is not None)]
    lowest, highest = min(known), max(known)
    step = _step(max(highest, -lowest))
    return step * math.floor(lowest / step), step * max(math.ceil(highest / step), 1)


def _step(largest: float) -> float:
    """Return the largest number that is 1, 2 or 5 times a power of ten and at most half of `largest`.

    If `largest` is below 100 W, return 50 W.
    """
    half = max(largest / 2, 50.0)
    power: float = 10.0 ** math.floor(math.log10(half))
    return max(factor * power for factor in (1, 2, 5) if factor * power <= half)


def curve(values: Sequence[float | None], low: float, high: float, height: int) -> list[str]:
    """Return `height` lines of text that draw the area between 0 and the values.

    Each character is two values wide. The top of the first line is `high`, and the bottom of the last line is `low`.
    `None` is a gap.
    """
    rows, width = height * _ROWS, math.ceil(len(values) / _COLUMNS)
    cells = [[0] * width for _ in range(height)]
    for at, value in enumerate(values):
        if value is None:
            continue
        zero, level = (round((high - number) / (high - low) * (rows - 1)) for number in (0.0, value))
        for row in range(min(zero, level), max(zero, level) + 1):
            cells[row // _ROWS][at // _COLUMNS] |= _DOTS[at % _COLUMNS][row % _ROWS]
    return ["".join(chr(_BRAILLE + cell) if cell else " " for cell in line) for line in cells]
