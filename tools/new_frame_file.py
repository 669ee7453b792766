"""A hex dump of one frame -> a frame file for tests/frames, without the numbers of anybody's meter.

    python tools/new_frame_file.py dump.txt "my own meter, 2025" "a 1-phase list" > tests/frames/acme/list1.toml

What `hanparse.anonymous` finds telling gets other digits (``--keep TEXT`` for a text that is no meter number), the
checksums are made anew, and the values stand one a line. The expectations are to be written by hand, from the
description of the list or the display of the meter: what hanparse makes of the frame proves nothing.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from hanparse import HanParseError, cosem, frame
from hanparse.anonymous import anonymise
from hanparse.data import Data, Tag
from hanparse.meters import shapes, values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LLC = b"\xe6\xe7\x00"
_COLUMN = 46


def frame_file(data: bytes, source: str, why: str, keep: Sequence[str] = ()) -> str:
    """The TOML of a frame file. Raises `HanParseError` for what is no sound frame with a data-notification."""
    parsed = frame.Frame.parse(data)
    start = data.index(_LLC, parsed.information_offset) + len(_LLC)
    changed = anonymise(data, keep)
    body = cosem.parse(changed[start:-3]).body
    rows = "\n".join(f"{part.hex():<{_COLUMN}}  # {said}" for part, said in _rows(changed, start, body))
    return f'source = "{source}"\nwhy    = "{why}"\nframe  = """\n{rows}\n"""\n\n[expect]\n'


def _rows(data: bytes, start: int, body: Data) -> Iterator[tuple[bytes, str]]:
    """The bytes of the frame, an element of the list a row."""
    yield data[: start - len(_LLC)], "flag, format and length, addresses, control, HCS"
    yield data[start - len(_LLC) : start + body.offset], "LLC, data-notification, invoke id, date-time"
    parts = shapes.elements(body)
    yield (
        data[start + body.offset : start + (parts[0].offset if parts else body.offset)],
        f"{body.tag} of {len(parts)}",
    )
    for part in parts:
        value = values.plain(part) if part.tag not in (Tag.OCTET_STRING, Tag.STRUCTURE, Tag.ARRAY) else ""
        yield data[start + part.offset : start + part.offset + part.length], f"{part.tag} {value!s}".rstrip()
    yield data[-3:], "FCS, flag"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the frame file; 1 if the dump holds no frame to make one of."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dump", type=Path, help="a file with the hex digits of one frame, 7E to 7E")
    parser.add_argument("source", help="where the frame comes from")
    parser.add_argument("why", help="what it shows")
    parser.add_argument("--keep", action="append", default=[], metavar="TEXT", help="a text that is no meter number")
    given = parser.parse_args(arguments)
    try:
        data = bytes.fromhex(given.dump.read_text("utf-8"))
        print(frame_file(data, given.source, given.why, given.keep), end="")  # noqa: T201  that is its purpose
    except HanParseError as error:
        parser.exit(1, f"{error}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
