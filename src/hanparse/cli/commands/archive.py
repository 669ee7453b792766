"""The command `hanparse archive`: decodes captures to Parquet files by meter and day."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from hanparse.cli.arguments import add_reading, reading
from hanparse.cli.console import WRONG, complain, progress
from hanparse.cli.inputs import Inputs, passed_over
from hanparse.wording import Count

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator


def add(command: argparse.ArgumentParser) -> None:
    """Add the description and the arguments of the command."""
    command.description = (
        "Decode captures to Parquet files by meter and day. A second run with the same captures replaces the files."
    )
    command.epilog = "example: hanparse archive captures/*.bin -o archive"
    command.add_argument("files", nargs="+", metavar="FILE", help="a capture: the received bytes, not a hex dump")
    command.add_argument("-o", "--output", required=True, metavar="DIR", help="the directory of the Parquet files")
    add_reading(command)


def run(args: argparse.Namespace) -> int:
    """Write the files, print the totals and return the exit status."""
    try:
        from hanparse.archive import batches, write  # noqa: PLC0415  the extra "archive"
    except ImportError as error:
        complain(str(error))
        return WRONG
    Path(args.output).mkdir(parents=True, exist_ok=True)  # not in `read`: an OSError of DIR is not one of a capture

    def read(name: str, file: BinaryIO) -> Iterator[tuple[str, int]]:
        with progress(os.fstat(file.fileno()).st_size, is_output_free=True) as done:
            found = batches(_Counted(file, done), **reading(args))
            rows = write(found, name, args.output)
        if not rows:
            size = Count(found.stats.bytes)
            passed_over(name)(f"nothing was decoded in {size} {size:byte|bytes}; hanparse diagnose shows the reason")
        yield name, rows

    inputs, rows, good = Inputs(args.files), 0, []
    for name, count in inputs.each(read):
        rows += count
        good += [name] if count else []
        complain(f"{name}: {count} {Count(count):push|pushes}")
    total, files = Count(rows), Count(len(args.files))
    source = f"{len(good)} of {files} {files:file|files}"
    print(f"{total} {total:push|pushes} from {source} {total:is|are} in {args.output}")
    for name in dict.fromkeys(args.files):
        if name not in good:
            print(f"no push from {name}")
    return inputs.status(decoded=rows > 0)


class _Counted:
    """A `_Counted` reads a file, and calls `done` with the number of bytes of each read."""

    def __init__(self, file: BinaryIO, done: Callable[[int], object]) -> None:
        self.name = file.name
        self._file, self._done = file, done

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, and call `done` with how many they are."""
        found = self._file.read(size)
        self._done(len(found))
        return found
