"""Finds masked bytes, such as ``XX``, ``**`` and ``??``. Users mask bytes before they paste a dump.

A mask is two equal characters in place of a byte, in a sequence of other bytes. The value of a masked byte is unknown.
So a frame with a masked byte is never decoded, because its check sequence cannot be verified.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hanparse.hexdump.text import MIN_BYTES, failure

if TYPE_CHECKING:
    from hanparse.errors import HexDumpError

MASK: Final = r"(?:XX|xx|YY|yy|ZZ|zz|NN|nn|\*\*|\?\?|##|__|██|□□|■■|●●|••)"
MARK: Final = r"(?:0[xX]|\\[xX]|[0-9]?'[hH]|&[hH]?|#[xX]?|[$%=])"
"""Matches the mark of a programming language in front of a byte, as in ``0x7E`` and ``=7E``."""
_BYTE: Final = rf"{MARK}?(?:[0-9A-Fa-f]{{2}}|{MASK})"
_LINE: Final = re.compile(rf"(?<![\w*?#]){_BYTE}(?>(?:[ \t,:;\-]{{0,3}}{_BYTE})*)(?![\w*?#])", re.MULTILINE)
_MASKS: Final = re.compile(MASK)
_PAIR: Final = re.compile("[0-9A-Fa-f]{2}")


def find(text: str) -> list[tuple[int, int]]:
    """Return the start and the end of each masked byte in `text`, in order.

    The list is empty if the sequences of bytes in the text have fewer than `MIN_BYTES` unmasked bytes in total.
    """
    runs = [run for run in _LINE.finditer(text) if _is_sequence(run)]
    if sum(len(_PAIR.findall(run[0])) for run in runs) < MIN_BYTES:
        return []
    return [mask.span() for run in runs for mask in _MASKS.finditer(text, *run.span())]


def _is_sequence(run: re.Match[str]) -> bool:
    r"""Return whether a run has at least two bytes, or is one byte with ``0x`` or ``\x`` that ends its line."""
    count = len(_PAIR.findall(run[0])) + len(_MASKS.findall(run[0]))
    return count > 1 or (
        run[0].lower().startswith(("0x", "\\x")) and run.string[run.end() : run.end() + 1] in ("", "\n")
    )


def fill(text: str, masks: list[tuple[int, int]], by: str) -> str:
    """Return `text` with the two digits `by` in place of every masked byte."""
    parts, end = [], 0
    for start, stop in masks:
        parts += [text[end:start], by]
        end = stop
    return "".join(parts) + text[end:]


def masked(text: str, masks: list[tuple[int, int]]) -> HexDumpError:
    """Return the error for a text with masked bytes. `masks` is the result of `find`, and is not empty."""
    first, last = (text.count("\n", 0, masks[at][0]) + 1 for at in (0, -1))
    lines = "" if first == last else f" in lines {first} to {last}"
    mask = text[slice(*masks[0])]
    count = f"{len(masks)} bytes are" if len(masks) > 1 else "1 byte is"
    what = f"expected every byte, found {mask!r}: {count} masked{lines}, so no check sequence can be verified"
    return failure(text, masks[0][0], f"{what}; paste every byte unmasked; `hanparse explain` shows the other bytes")
