"""Defines `Explanation`, a tree that explains every byte of an input as text, HTML or dictionaries for JSON."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from itertools import zip_longest
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

_WIDTH: Final = 86
_BYTES_PER_ROW: Final = 8
_BYTES_WIDTH: Final = 3 * _BYTES_PER_ROW - 1
_MAX_LABEL: Final = 26
_MAX_INDENT: Final = 12
_MAX_ROWS: Final = 32
"""The maximum number of rows of bytes for one part in `str` and HTML; `raw` holds all bytes."""


@dataclass(frozen=True, slots=True, repr=False)
class Explanation:
    """Explains consecutive bytes of the input. Its children explain parts of the same bytes, in order.

    The leaves of a tree contain every byte of it exactly once. A leaf without bytes explains what is missing.

    * `offset`: the position of the first byte, from 0; `length`: the number of bytes; `raw`: the bytes.
    * `layer`: ``"stream"`` (frames and the bytes between them), ``"hdlc"``, ``"mbus"``, ``"p1"``, ``"llc"``, ``"apdu"``
      or ``"axdr"``.
    * `label`: the name of the part; `value`: its meaning; `error`: the fault in it. All are texts for people; the last
      two may be empty. A fault within a frame is also the error of the frame.
    * `plaintext`: the explanation of the APDU or P1 telegram that the keys deciphered, at the frame (or APDU without a
      frame) that completes it, else `None`. Its offsets count from its own first byte, its bytes are not in the input.
    * `masked`: the positions in the input of masked bytes (``XX``), empty for bytes; `raw` has 00 in their place.
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
        """Return an explanation with these children (at least one); its bytes are the bytes of the children."""
        raw = b"".join(child.raw for child in children)
        return cls(children[0].offset, layer, label, raw, value, error, children)

    @property
    def length(self) -> int:
        """The number of bytes."""
        return len(self.raw)

    @property
    def leaves(self) -> Iterator[Explanation]:
        """The parts without children, in order; they contain every byte exactly once."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves

    def to_dict(self) -> dict[str, Any]:
        """Return the tree as dictionaries for JSON; `raw` becomes hex digits. `plaintext` and `masked` only if any."""
        plaintext = {"plaintext": self.plaintext.to_dict()} if self.plaintext else {}
        masked = {"masked": sorted(self.masked)} if self.masked else {}
        return {
            "offset": self.offset,
            "length": self.length,
            "layer": self.layer,
            "label": self.label,
            "raw": self.raw.hex(),
            "value": self.value,
            "error": self.error,
            "children": [child.to_dict() for child in self.children],
            **plaintext,
            **masked,
        }

    def __repr__(self) -> str:
        """Return label, value and error on one line; `print` shows the bytes."""
        text = ": ".join(part for part in (self.label, self.value, self.error) if part)
        return f"<Explanation of {self.length} bytes at {self.offset}, {text}>"

    def __str__(self) -> str:
        """Return the annotated dump: a line for each frame, then offset, bytes, label and value of every part.

        ``!`` in the first column marks errors. A part shows its first 256 bytes, and the number of its other bytes.
        """
        sections = _sections(self)
        rows = [row for section in sections for row in section.rows]
        label_width = min(_MAX_LABEL, max((len(row.label) + row.indent for row in rows), default=0))
        digits = max(4, len(f"{self.offset + self.length:X}"))
        lines = [line for text, error in _summary(self) for line in _folded(text, error=error)]
        for section in sections:
            lines += ["", *([section.title] if section.title else [])]
            lines += [line for row in section.rows for line in _lines(row, digits, label_width)]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Return the annotated dump as HTML for notebooks, with a table for each frame that can be folded."""
        summary = "".join(f"<div>{_marked(text, error)}</div>" for text, error in _summary(self))
        sections = _sections(self)
        tables = "".join(_html_table(section, is_open=len(sections) == 1) for section in sections)
        return f'<div style="{_CSS_FRAME}">{summary}{tables}</div>'


class _Row(NamedTuple):
    offset: int
    raw: bytes
    indent: int
    label: str
    value: str
    error: str
    masked: frozenset[int] = frozenset()


class _Section(NamedTuple):
    title: str
    rows: list[_Row]


def _sections(node: Explanation) -> list[_Section]:
    """Return a section for each frame, plaintext and bytes between frames; a single section for a part of a frame."""
    if node.layer != "stream" or not node.children:
        is_empty = node.layer == "stream" and not node.raw
        return [] if is_empty else [_Section("", list(_rows(node, 0))), *_plaintext(node)]
    return [section for child in node.children for section in (_section(child), *_plaintext(child))]


def _plaintext(node: Explanation) -> list[_Section]:
    found = node.plaintext
    return [_section(found)._replace(title=f"{found.label}, {_size(found)}: {found.value}")] if found else []


def _section(node: Explanation) -> _Section:
    if not node.children:
        return _Section("", list(_rows(node, 0)))
    return _Section(node.label, [row for child in node.children for row in _rows(child, 0)])


def _rows(node: Explanation, indent: int) -> Iterator[_Row]:
    """Return the rows of a node; one row shows the node and a first child with the same label: a list and its count."""
    children = node.children
    if not children:
        yield _Row(node.offset, node.raw, indent, node.label, node.value, node.error, node.masked)
    elif children[0].label == node.label and not children[0].children:
        yield from _rows(children[0], indent)
        children = children[1:]
    else:
        yield _Row(node.offset, b"", indent, node.label, "", "")
    for child in children:
        yield from _rows(child, min(indent + 2, _MAX_INDENT))


def _summary(node: Explanation) -> Iterator[tuple[str, bool]]:
    """Return the lines of the summary: the node, each frame, and skipped bytes. True marks a line with an error."""
    yield f"{_size(node)}: {node.error or node.value or node.label}", bool(node.error)
    for child in node.children if node.layer == "stream" else ():
        text = child.error or child.value
        if text and (child.children or child.layer == "stream"):
            yield f"{child.label} at {child.offset:04X}, {_size(child)}: {text}", bool(child.error)


def _size(node: Explanation) -> str:
    return f"{node.length} byte{'s' * (node.length != 1)}"


# --- text ------------------------------------------------------------------------------------------------------------


def _folded(text: str, *, error: bool) -> list[str]:
    mark = "! " if error else "  "
    return [f"{mark if not i else '    '}{line}" for i, line in enumerate(_wrapped(text, _WIDTH - 4))]


def _lines(row: _Row, digits: int, label_width: int) -> Iterator[str]:
    """Return the lines of a row: offset, bytes, label and value side by side, and the error below label and value."""
    left = digits + _BYTES_WIDTH + 5
    value_width = _WIDTH - left - label_width - 2
    labels = [" " * row.indent + line for line in _wrapped(row.label, max(8, label_width - row.indent))]
    columns = zip_longest(_hex_rows(row), labels, _wrapped(row.value, value_width), fillvalue="")
    for i, (raw, label, value) in enumerate(columns):
        offset = f"{row.offset:0{digits}X}" if i == 0 else " " * digits
        mark = "!" if row.error and i == 0 else " "
        yield f"{mark}{offset}  {raw:<{_BYTES_WIDTH}}  {label:<{label_width}}  {value}".rstrip()
    error_width = max(_WIDTH // 4, _WIDTH - left - row.indent - 2)
    yield from (f"!{' ' * (left - 1 + row.indent)}! {line}" for line in _wrapped(row.error, error_width))


def _hex_rows(row: _Row) -> list[str]:
    """Return the bytes of a row in hex digits, with ``XX`` in place of masked bytes."""
    shown = row.raw[: _MAX_ROWS * _BYTES_PER_ROW]
    words = ["XX" if at in row.masked else f"{byte:02X}" for at, byte in enumerate(shown, row.offset)]
    rows = [" ".join(words[i : i + _BYTES_PER_ROW]) for i in range(0, len(words), _BYTES_PER_ROW)]
    more = len(row.raw) - len(shown)
    return [*rows, f"and {more} bytes more"] if more > 0 else rows


def _wrapped(text: str, width: int) -> list[str]:
    """Return `text` in lines of this width; an arrow stays on the line of the field after it."""
    if len(text) <= width:
        return [text] if text else []
    return [line.replace("\xa0", " ") for line in wrap(text.replace("-> ", "->\xa0"), width)]


# --- HTML ------------------------------------------------------------------------------------------------------------

# The notebook, light or dark, sets the colours. Only errors have a background colour of their own, half transparent.
_CSS_FRAME: Final = "font-family: monospace; color: inherit; text-align: left"
_CSS_CELL: Final = "text-align: left; vertical-align: top; padding: 1px 8px; color: inherit; background: transparent"
_CSS_ERROR: Final = "background: rgba(230, 60, 40, 0.25); font-weight: bold"


def _html_table(section: _Section, *, is_open: bool) -> str:
    faulty = any(row.error for row in section.rows)
    title = section.title or section.rows[0].label
    head = "".join(f'<th style="{_CSS_CELL}">{name}</th>' for name in ("offset", "bytes", "part", "value"))
    rows = "".join(_html_row(row) for row in section.rows)
    return (
        f"<details{' open' if is_open or faulty else ''}><summary>{_marked(title, faulty)}</summary>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></details>"
    )


def _html_row(row: _Row) -> str:
    value = escape(row.value) + (f"<div>{_marked(row.error, True)}</div>" if row.error else "")  # noqa: FBT003
    return (
        f'<tr><td style="{_CSS_CELL}">{row.offset:04X}</td>'
        f'<td style="{_CSS_CELL}; white-space: pre">{"<br>".join(_hex_rows(row))}</td>'
        f'<td style="{_CSS_CELL}; padding-left: {row.indent + 1}ch">{escape(row.label)}</td>'
        f'<td style="{_CSS_CELL}">{value}</td></tr>'
    )


def _marked(text: str, error: bool) -> str:  # noqa: FBT001  always beside its text
    return f'<span style="{_CSS_ERROR}">! {escape(text)}</span>' if error else escape(text)
