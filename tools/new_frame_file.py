"""Convert a hex dump of one frame, or of one push without HDLC, to a frame file for tests/frames without meter numbers.

    python tools/new_frame_file.py dump.txt "my own meter, 2025" "a 1-phase list" > tests/frames/acme/list1.toml

`hanparse.support.anonymise` replaces the digits of meter numbers; ``--keep TEXT`` keeps a text that is no meter number.
The tool computes the checksums again, and writes each element on its own line. Write the expected values by hand, from
the description of the list or the display of the meter. The output of hanparse does not prove that hanparse is right.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from hanparse import HanParseError, cosem, hdlc, hexdump
from hanparse.axdr.data import AttributeDescriptor, Data, Tag
from hanparse.meters import shapes, values
from hanparse.obis import code_in
from hanparse.support.anonymise import anonymise

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LLC = b"\xe6\xe7\x00"
_FLAG = b"\x7e"
_TAIL = 3  # FCS and flag
_COLUMN = 46


def frame_file(data: bytes, source: str, why: str, keep: Sequence[str] = ()) -> str:
    """Return the TOML of a frame file. Raises `HanParseError` for data that is neither an intact frame nor a push."""
    framed = data.startswith(_FLAG)
    start = data.index(_LLC, hdlc.Frame.parse(data).information_offset) + len(_LLC) if framed else 0
    changed = anonymise(data, keep)
    body = cosem.parse(changed[start : -_TAIL if framed else None]).body
    rows = "\n".join(f"{part.hex():<{_COLUMN}}  # {comment}" for part, comment in _rows(changed, start, body))
    return f'source = "{source}"\nwhy    = "{why}"\nframe  = """\n{rows}\n"""\n\n[expect]\n'


def _rows(data: bytes, start: int, body: Data) -> Iterator[tuple[bytes, str]]:
    """Yield the bytes of the frame with a comment, one row for each element of the list."""
    if start:
        yield data[: start - len(_LLC)], "flag, format and length, addresses, control, HCS"
        yield data[start - len(_LLC) : start], "LLC"
    yield data[start : start + body.offset], "data-notification, invoke id, date-time"
    parts = shapes.elements(body)
    yield (
        data[start + body.offset : start + (parts[0].offset if parts else body.offset)],
        f"{body.tag} of {len(parts)}",
    )
    for part in parts:
        inner = shapes.elements(part) if part.tag is Tag.ARRAY else ()
        if inner:
            yield data[start + part.offset : start + inner[0].offset], f"{part.tag} of {len(inner)}"
        yield from (_row(data, start, element) for element in inner or (part,))
    if start:
        yield data[-_TAIL:], "FCS, flag"


def _row(data: bytes, start: int, element: Data) -> tuple[bytes, str]:
    shown = " ".join(filter(None, map(_shown, shapes.leaves(element))))
    is_clear = element.tag is Tag.STRUCTURE and shown
    comment = shown if is_clear else f"{element.tag} {shown}".rstrip()
    return data[start + element.offset : start + element.offset + element.length], comment


def _shown(leaf: Data) -> str:
    """Return a number or a code as text. Return nothing for a text, because it can be the number of a meter."""
    number = values.number(leaf)
    match leaf.value:
        case AttributeDescriptor(class_id, instance_id, attribute_id):
            return f"class {class_id}, {code_in(instance_id) or ''}, attribute {attribute_id}:"
        case bytes() as octets if leaf.tag is Tag.OCTET_STRING and values.text(leaf) is None:
            return str(code_in(octets) or "")
        case bool() | int() if number is None:
            return str(leaf.value)
    return "" if number is None else str(number)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the frame file, and return 0. Exit with status 1 if the dump contains no frame."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dump", type=Path, help="a file with one frame, 7E to 7E, or one push, from 0F")
    parser.add_argument("source", help="the source of the frame")
    parser.add_argument("why", help="what the frame tests")
    parser.add_argument("--keep", action="append", default=[], metavar="TEXT", help="a text that is no meter number")
    given = parser.parse_args(arguments)
    try:
        data = hexdump.parse(given.dump.read_text("utf-8"))
        print(frame_file(data, given.source, given.why, given.keep), end="")  # noqa: T201  the output of the tool
    except HanParseError as error:
        parser.exit(1, f"{error}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
