"""Divides an explanation into sections (one for each frame) and rows (one for each part), for its text and HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanparse.annotate.tree import Explanation

BYTES_PER_ROW: Final = 8
_MAX_INDENT: Final = 12
_MAX_ROWS: Final = 32
"""Text and HTML show at most this number of rows of bytes for one part. `Explanation.raw` contains all bytes."""


class Row(NamedTuple):
    """Describes a part of the input. A row without bytes is the title of the rows after it."""

    offset: int
    layer: str
    digits: list[str]
    """The two hex digits of each byte."""
    indent: int
    label: str
    value: str
    error: str


class Section(NamedTuple):
    """Contains the rows of a frame, of a plaintext, or of bytes between frames. The title can be empty."""

    title: str
    rows: list[Row]


def sections(node: Explanation) -> list[Section]:
    """Return a section for each frame, for each plaintext, and for the bytes before, between or after frames.

    If `node` is not the whole input, return one section, and one more if it has a plaintext. Return no section for an
    input without bytes.
    """
    if node.layer != "stream" or not node.children:
        is_empty = node.layer == "stream" and not node.raw
        return [] if is_empty else [Section("", list(_rows(node, 0))), *_plaintext(node)]
    return [section for child in node.children for section in (_section(child), *_plaintext(child))]


def _plaintext(node: Explanation) -> list[Section]:
    plaintext = node.plaintext
    if plaintext is None:
        return []
    title = f"{plaintext.label}, {counted(plaintext.length, 'byte')}: {plaintext.value}"
    return [_section(plaintext)._replace(title=title)]


def _section(node: Explanation) -> Section:
    if not node.children:
        return Section("", list(_rows(node, 0)))
    return Section(node.label, [row for child in node.children for row in _rows(child, 0)])


def _rows(node: Explanation, indent: int) -> Iterator[Row]:
    """Yield the rows of a node. The first row of an array or structure shows its tag and the number of elements."""
    children = node.children
    if not children:
        yield Row(node.offset, node.layer, digits(node), indent, node.label, node.value, node.error)
    elif children[0].label == node.label and not children[0].children:
        yield from _rows(children[0], indent)
        children = children[1:]
    else:
        yield Row(node.offset, node.layer, [], indent, node.label, "", "")
    for child in children:
        yield from _rows(child, min(indent + 2, _MAX_INDENT))


def summary(node: Explanation) -> Iterator[tuple[str, bool]]:
    """Yield each line of the summary, and whether the line contains an error.

    The summary has a line for the input, for each frame, and for skipped bytes.
    """
    yield f"{counted(node.length, 'byte')}: {node.error or node.value or node.label}", bool(node.error)
    for child in node.children if node.layer == "stream" else ():
        text = child.error or child.value
        if text and (child.children or child.layer == "stream"):
            yield f"{child.label} at {child.offset:04X}, {counted(child.length, 'byte')}: {text}", bool(child.error)


def digits(node: Explanation) -> list[str]:
    """Return two hex digits for each byte. A masked byte is ``XX``."""
    return ["XX" if at in node.masked else f"{byte:02X}" for at, byte in enumerate(node.raw)]


def hex_rows(found: list[str]) -> list[str]:
    """Return rows of eight bytes. If more than 32 rows are needed, row 33 contains the number of remaining bytes."""
    rows = [" ".join(found[i : i + BYTES_PER_ROW]) for i in range(0, len(found), BYTES_PER_ROW)[:_MAX_ROWS]]
    more = len(found) - _MAX_ROWS * BYTES_PER_ROW
    return [*rows, f"and {more} bytes more"] if more > 0 else rows
