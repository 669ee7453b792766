"""Defines `Explanation`, a tree that explains every byte of an input. It can be shown as text, HTML and JSON."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final, Self

from hanparse.annotate import bytemap
from hanparse.annotate.rows import BYTES_PER_ROW, digits, hex_rows, sections, summary

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanparse.annotate.rows import Row

_WIDTH: Final = 86
_BYTES_WIDTH: Final = 3 * BYTES_PER_ROW - 1
_MAX_LABEL: Final = 26


@dataclass(frozen=True, slots=True, repr=False)
class Explanation:
    """Explains consecutive bytes of the input. Its children explain parts of the same bytes, in order.

    A leaf is an explanation without children. The leaves of a tree contain every byte of the tree exactly once. A leaf
    without bytes explains that bytes are missing.

    * `offset`: the position of the first byte, from 0; `length`: the number of bytes; `raw`: the bytes.
    * `layer`: ``"stream"`` (frames and the bytes between them), ``"hdlc"``, ``"mbus"``, ``"p1"``, ``"llc"``, ``"apdu"``
      or ``"axdr"``.
    * `label`: the name of the part; `value`: its meaning; `error`: its fault. These texts are for people. `value` and
      `error` can be empty. The error of a frame is its first fault, or the fault of its push. If a push arrives in
      several frames, only the last frame has the fault of the push. A lost line of a P1 telegram is no error of the
      frame.
    * `masked`: the indexes in `raw` of the bytes that the dump hides as ``XX``. These bytes are 0 in `raw`.
    * `plaintext`: the explanation of a deciphered APDU or P1 telegram, or `None`. The frame that completes a ciphered
      message has a plaintext. If the input has no frames, the APDU has it. The input does not contain the bytes of the
      plaintext, so offsets in the plaintext count from the first byte of the plaintext.
    """

    offset: int
    layer: str
    label: str
    raw: bytes
    value: str = ""
    error: str = ""
    children: tuple[Explanation, ...] = ()
    plaintext: Explanation | None = None
    masked: frozenset[int] = frozenset()

    @classmethod
    def of(cls, layer: str, label: str, children: tuple[Explanation, ...], *, value: str = "", error: str = "") -> Self:
        """Return an explanation with these children (at least one). Its bytes are the bytes of the children."""
        raw = b"".join(child.raw for child in children)
        return cls(children[0].offset, layer, label, raw, value, error, children)

    @property
    def length(self) -> int:
        """Return the number of bytes."""
        return len(self.raw)

    @property
    def leaves(self) -> Iterator[Explanation]:
        """Yield the parts without children, in order. They contain every byte exactly once."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves

    def to_dict(self) -> dict[str, Any]:
        """Return the tree as dictionaries for JSON. `raw` becomes hex digits, and a masked byte becomes ``xx``.

        Only an explanation with a plaintext has the key `plaintext`.
        """
        plaintext = {"plaintext": self.plaintext.to_dict()} if self.plaintext else {}
        return {
            "offset": self.offset,
            "length": self.length,
            "layer": self.layer,
            "label": self.label,
            "raw": "".join(digits(self)).lower(),
            "value": self.value,
            "error": self.error,
            "children": [child.to_dict() for child in self.children],
            **plaintext,
        }

    def __repr__(self) -> str:
        """Return label, value and error on one line. `print` also shows the bytes."""
        text = ": ".join(part for part in (self.label, self.value, self.error) if part)
        return f"<Explanation of {self.length} bytes at {self.offset}, {text}>"

    def __str__(self) -> str:
        """Return the annotated dump: one line for each frame, and then offset, bytes, label and value of each part.

        ``!`` in the first column marks an error. If a part has more than 256 bytes, the dump shows the first 256 bytes
        and the number of the other bytes.
        """
        shown = sections(self)
        rows = [row for section in shown for row in section.rows]
        label_width = min(_MAX_LABEL, max((len(row.label) + row.indent for row in rows), default=0))
        digits = max(4, len(f"{self.offset + self.length:X}"))
        lines = [line for text, error in summary(self) for line in _folded(text, error=error)]
        for section in shown:
            lines += ["", *([section.title] if section.title else [])]
            lines += [line for row in section.rows for line in _lines(row, digits, label_width)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Return HTML for notebooks. It contains a coloured map of the bytes and a table of the parts of each frame.

        While the mouse pointer or the keyboard focus is on a row of the table or on its bytes in the map, both are
        highlighted.
        """
        return bytemap.with_styles(self)


# --- text ------------------------------------------------------------------------------------------------------------


def _folded(text: str, *, error: bool) -> list[str]:
    mark = "! " if error else "  "
    return [f"{mark if not i else '    '}{line}" for i, line in enumerate(_wrapped(text, _WIDTH - 4))]


def _lines(row: Row, digits: int, label_width: int) -> Iterator[str]:
    """Yield the lines of a row. Offset, bytes, label and value are columns; the error is below label and value."""
    left = digits + _BYTES_WIDTH + 5
    value_width = _WIDTH - left - label_width - 2
    labels = [" " * row.indent + line for line in _wrapped(row.label, max(8, label_width - row.indent))]
    columns = zip_longest(hex_rows(row.digits), labels, _wrapped(row.value, value_width), fillvalue="")
    for i, (raw, label, value) in enumerate(columns):
        offset = f"{row.offset:0{digits}X}" if i == 0 else " " * digits
        mark = "!" if row.error and i == 0 else " "
        yield f"{mark}{offset}  {raw:<{_BYTES_WIDTH}}  {label:<{label_width}}  {value}".rstrip()
    error_width = max(_WIDTH // 4, _WIDTH - left - row.indent - 2)
    yield from (f"!{' ' * (left - 1 + row.indent)}! {line}" for line in _wrapped(row.error, error_width))


def _wrapped(text: str, width: int) -> list[str]:
    """Return `text` in lines of this width. An arrow and the field after the arrow are on the same line."""
    if len(text) <= width:
        return [text] if text else []
    return [line.replace("\xa0", " ") for line in wrap(text.replace("-> ", "->\xa0"), width)]
