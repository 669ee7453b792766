"""What every byte of an input says: `Explanation`, a tree, shown as text, as an HTML table or as JSON-ready dicts."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from itertools import zip_longest
from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Iterator

_WIDTH: Final = 100
_BYTES_PER_ROW: Final = 8
_BYTES_WIDTH: Final = 3 * _BYTES_PER_ROW - 1
_MAX_LABEL: Final = 26
_MAX_INDENT: Final = 12
_MAX_ROWS: Final = 32
"""Rows of bytes that one part may take in `str` and HTML; `raw` has them all."""


@dataclass(frozen=True, slots=True, repr=False)
class Explanation:
    """A stretch of the input and what it says. Its children are the same stretch in parts, in order.

    The leaves of a tree hold every byte of it exactly once. A leaf without bytes says what is missing there.

    * `offset`: the first byte, counted from 0 in the input; `length`: how many bytes; `raw`: the bytes.
    * `layer`: ``"stream"`` (frames and what stands between them), ``"hdlc"``, ``"llc"``, ``"apdu"`` or ``"axdr"``.
    * `label`: what the stretch is; `value`: what it says; `error`: what is wrong with it. All are for people to read;
      the last two may be empty. What is wrong in a frame is also said of the frame.
    """

    offset: int
    layer: str
    label: str
    raw: bytes
    value: str = ""
    error: str = ""
    children: tuple[Explanation, ...] = ()

    @classmethod
    def of(cls, layer: str, label: str, children: tuple[Explanation, ...], *, value: str = "", error: str = "") -> Self:
        """A part that holds `children`, one at least."""
        raw = b"".join(child.raw for child in children)
        return cls(children[0].offset, layer, label, raw, value, error, children)

    @property
    def length(self) -> int:
        """How many bytes."""
        return len(self.raw)

    @property
    def leaves(self) -> Iterator[Explanation]:
        """The parts that have no parts, in order: every byte exactly once."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves

    def to_dict(self) -> dict[str, Any]:
        """The tree, ready for JSON: `raw` as hex digits."""
        return {
            "offset": self.offset,
            "length": self.length,
            "layer": self.layer,
            "label": self.label,
            "raw": self.raw.hex(),
            "value": self.value,
            "error": self.error,
            "children": [child.to_dict() for child in self.children],
        }

    def __repr__(self) -> str:
        """What it is, on one line; `print` shows the bytes."""
        what = ": ".join(part for part in (self.label, self.value, self.error) if part)
        return f"<Explanation of {self.length} bytes at {self.offset}, {what}>"

    def __str__(self) -> str:
        """The annotated dump: a line for each frame, then offset, bytes, name and value of every part.

        ``!`` in the first column marks what is wrong. Bytes of a part beyond the first 256 are counted and not shown.
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
        """The same for a notebook: a table for each frame that can be folded."""
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


class _Section(NamedTuple):
    title: str
    rows: list[_Row]


def _sections(node: Explanation) -> list[_Section]:
    """One of each frame, and what stands between frames in between, if the node has several; else one."""
    if node.layer != "stream" or not node.children:
        return [] if not node.raw and node.layer == "stream" else [_Section("", list(_rows(node, 0)))]
    return [_section(child) for child in node.children]


def _section(node: Explanation) -> _Section:
    if not node.children:
        return _Section("", list(_rows(node, 0)))
    return _Section(node.label, [row for child in node.children for row in _rows(child, 0)])


def _rows(node: Explanation, indent: int) -> Iterator[_Row]:
    """The rows of a node. A first part with the name of the whole stands for both: a list and its count."""
    children = node.children
    if not children:
        yield _Row(node.offset, node.raw, indent, node.label, node.value, node.error)
    elif children[0].label == node.label and not children[0].children:
        yield from _rows(children[0], indent)
        children = children[1:]
    else:
        yield _Row(node.offset, b"", indent, node.label, "", "")
    for child in children:
        yield from _rows(child, min(indent + 2, _MAX_INDENT))


def _summary(node: Explanation) -> Iterator[tuple[str, bool]]:
    """What it is, and a line for each frame and what is passed over; whether something is wrong with it."""
    yield f"{_size(node)}: {node.error or node.value or node.label}", bool(node.error)
    for child in node.children if node.layer == "stream" else ():
        told = child.error or child.value
        if told and (child.children or child.layer == "stream"):
            yield f"{child.label} at {child.offset:04X}, {_size(child)}: {told}", bool(child.error)


def _size(node: Explanation) -> str:
    return f"{node.length} byte{'s' * (node.length != 1)}"


# --- text ------------------------------------------------------------------------------------------------------------


def _folded(text: str, *, error: bool) -> list[str]:
    mark = "! " if error else "  "
    return [f"{mark if not i else '    '}{line}" for i, line in enumerate(_wrapped(text, _WIDTH - 4))]


def _lines(row: _Row, digits: int, label_width: int) -> Iterator[str]:
    """Offset, bytes, label and value side by side, and the error below label and value."""
    left = digits + _BYTES_WIDTH + 5
    value_width = _WIDTH - left - label_width - 2
    labels = [" " * row.indent + line for line in _wrapped(row.label, max(8, label_width - row.indent))]
    columns = zip_longest(_hex_rows(row.raw), labels, _wrapped(row.value, value_width), fillvalue="")
    for i, (raw, label, value) in enumerate(columns):
        offset = f"{row.offset:0{digits}X}" if i == 0 else " " * digits
        mark = "!" if row.error and i == 0 else " "
        yield f"{mark}{offset}  {raw:<{_BYTES_WIDTH}}  {label:<{label_width}}  {value}".rstrip()
    room = max(_WIDTH // 4, _WIDTH - left - row.indent - 2)
    yield from (f"!{' ' * (left - 1 + row.indent)}! {line}" for line in _wrapped(row.error, room))


def _hex_rows(raw: bytes) -> list[str]:
    rows = [raw[i : i + _BYTES_PER_ROW].hex(" ").upper() for i in range(0, len(raw), _BYTES_PER_ROW)[:_MAX_ROWS]]
    more = len(raw) - _MAX_ROWS * _BYTES_PER_ROW
    return [*rows, f"and {more} bytes more"] if more > 0 else rows


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of `text`; an arrow stays with the field that it points to."""
    if len(text) <= width:
        return [text] if text else []
    return [line.replace("\xa0", " ") for line in wrap(text.replace("-> ", "->\xa0"), width)]


# --- HTML ------------------------------------------------------------------------------------------------------------

# Colours come from the notebook, be it light or dark. Only the ground of errors is tinted, and half transparent.
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
        f'<td style="{_CSS_CELL}; white-space: pre">{"<br>".join(_hex_rows(row.raw))}</td>'
        f'<td style="{_CSS_CELL}; padding-left: {row.indent + 1}ch">{escape(row.label)}</td>'
        f'<td style="{_CSS_CELL}">{value}</td></tr>'
    )


def _marked(text: str, error: bool) -> str:  # noqa: FBT001  always beside its text
    return f'<span style="{_CSS_ERROR}">! {escape(text)}</span>' if error else escape(text)
