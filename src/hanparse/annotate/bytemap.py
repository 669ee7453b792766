"""Shows an explanation as HTML. For each frame, the HTML contains a map of the bytes and a table of the parts.

The colour of a byte in the map shows its layer. The bytes of a part in the map and the row of the part in the table
have the same class (``n0``, ``n1``, ...). While the mouse pointer or the keyboard focus is on one of them, the style
sheet highlights both, without a script. The HTML itself contains no styles, because a strict content security policy
forbids them: a page with such a policy loads the style sheet from a file.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from hanparse.annotate.rows import hex_rows, sections, summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from hanparse.annotate.rows import Row, Section
    from hanparse.annotate.tree import Explanation

MAX_PARTS: Final = 400
"""The style sheet can highlight at most this number of parts of one frame. The longest known frame has half as many."""
_MAX_BYTES: Final = 256
"""The map shows at most this number of bytes of one part. The table has the same limit."""

# The notebook or page sets the colour of the text. Transparent backgrounds keep both light and dark text readable.
_LAYERS: Final = {
    "stream": "128, 128, 128, 0.20",
    "hdlc": "90, 130, 170, 0.28",
    "mbus": "90, 130, 170, 0.28",
    "p1": "90, 130, 170, 0.28",
    "llc": "130, 110, 190, 0.28",
    "apdu": "150, 100, 200, 0.30",
    "axdr": "70, 160, 130, 0.22",
    "field": "235, 165, 30, 0.38",
    "error": "230, 60, 40, 0.40",
}
_NAMES: Final = {
    "hdlc": "HDLC frame",
    "mbus": "M-Bus telegram",
    "p1": "P1 telegram",
    "llc": "LLC header",
    "apdu": "APDU",
    "axdr": "data",
    "field": "becomes a field",
    "error": "wrong",
    "stream": "between frames",
}
_SHEET: Final = """
.hanparse-map { font-family: monospace; color: inherit; text-align: left; line-height: 1.6 }
.hanparse-map summary { cursor: pointer }
.hanparse-map .bytes { margin: 6px 0; overflow-wrap: anywhere }
.hanparse-map .bytes span { padding: 1px 4px; margin: 0 1px 2px 0; border-radius: 3px; display: inline }
.hanparse-map table { border-collapse: collapse }
.hanparse-map th, .hanparse-map td { text-align: left; vertical-align: top; padding: 1px 8px; color: inherit; \
background: transparent }
.hanparse-map td.raw { white-space: pre }
.hanparse-map .legend span { padding: 1px 6px; margin-right: 6px; border-radius: 3px; font-size: 85% }
.hanparse-map b.fault { background: rgba(230, 60, 40, 0.25) }
"""
_MARKED: Final = "outline: 2px solid; background: rgba(255, 205, 50, 0.55)"


def with_styles(node: Explanation) -> str:
    """Return the style sheet and the HTML of `node`, for a notebook."""
    parts = max((len(section.rows) for section in sections(node)), default=0)
    return f"<style>{css(min(MAX_PARTS, parts))}</style>{html(node)}"


def css(parts: int) -> str:
    """Return a style sheet that can highlight the first `parts` parts of each frame."""
    colours = [f".hanparse-map .{name} {{ background: rgba({colour}) }}" for name, colour in _LAYERS.items()]
    indents = [f".hanparse-map .i{n} {{ padding-left: {n + 1}ch }}" for n in range(2, 13, 2)]
    pairs = [f".hanparse-map details:has(.n{n}:is(:hover, :focus)) .n{n}" for n in range(parts)]
    marks = [f"{', '.join(pairs)} {{ {_MARKED} }}"] if pairs else []
    return "\n".join([_SHEET.strip(), *colours, *indents, *marks])


def html(node: Explanation) -> str:
    """Return HTML without styles. It contains the summary, and a map and a table for each frame."""
    shown = sections(node)
    lines = "".join(f"<div>{_marked(text, error)}</div>" for text, error in summary(node))
    tables = "".join(_section(section, is_open=len(shown) == 1) for section in shown)
    return f'<div class="hanparse-map">{lines}{tables}</div>'


def _section(section: Section, *, is_open: bool) -> str:
    faulty = any(row.error for row in section.rows)
    title = section.title or section.rows[0].label
    head = "".join(f"<th>{name}</th>" for name in ("offset", "bytes", "part", "value"))
    rows = "".join(_row(row, at) for at, row in enumerate(section.rows))
    return (
        f"<details{' open' if is_open or faulty else ''}><summary>{_marked(title, faulty)}</summary>"
        f'<div class="legend">{"".join(_legend(section.rows))}</div>'
        f'<div class="bytes">{" ".join(_part(row, at) for at, row in enumerate(section.rows) if row.digits)}</div>'
        f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></details>"
    )


def _legend(rows: Iterable[Row]) -> Iterator[str]:
    """Yield the legend of the map: the name of each layer that occurs, in the colour of the layer."""
    used = {_colour(row) for row in rows if row.digits}
    return (f'<span class="{name}">{text}</span>' for name, text in _NAMES.items() if name in used)


def _part(row: Row, at: int) -> str:
    """Return the bytes of a part for the map. The tooltip of the bytes is the text of the row."""
    shown = " ".join(row.digits[:_MAX_BYTES]) + (" …" if len(row.digits) > _MAX_BYTES else "")
    text = ": ".join(filter(None, (row.label, row.value, row.error)))
    return f'<span class="n{at} {_colour(row)}" tabindex="0" title="{escape(text)}">{shown}</span>'


def _colour(row: Row) -> str:
    if row.error:
        return "error"
    return "field" if "-> " in row.value else row.layer


def _row(row: Row, at: int) -> str:
    value = escape(row.value) + (f"<div>{_marked(row.error, True)}</div>" if row.error else "")  # noqa: FBT003
    mark = f' class="n{at}" tabindex="0"' if row.digits else ""
    indent = f' class="i{row.indent}"' if row.indent else ""
    raw = "<br>".join(hex_rows(row.digits))
    cells = f'<td class="raw">{raw}</td><td{indent}>{escape(row.label)}</td><td>{value}</td>'
    return f"<tr{mark}><td>{row.offset:04X}</td>{cells}</tr>"


def _marked(text: str, error: bool) -> str:  # noqa: FBT001  each call also gives the text
    return f'<b class="fault">! {escape(text)}</b>' if error else escape(text)
