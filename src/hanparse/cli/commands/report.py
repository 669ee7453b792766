"""The command `hanparse report`: writes a report that a user attaches to an issue."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from hanparse.cli.arguments import add_files
from hanparse.cli.console import chunks
from hanparse.cli.inputs import Inputs, passed_over
from hanparse.cli.keys import add_keys, key_options
from hanparse.cli.pieces import Pieces
from hanparse.support.report import attachment

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator


def add(command: argparse.ArgumentParser) -> None:
    """Add the description and the arguments of the command."""
    command.description = "Write a report for an issue: counts, errors, and a dump without the numbers of your meter."
    command.epilog = "example: hanparse report capture.bin > report.md"
    add_files(command)
    words = "keep TEXT, such as a version, although it looks like the number of a meter"
    command.add_argument("--keep", action="append", default=[], metavar="TEXT", help=words)
    add_keys(command)
    command.add_argument("--with-plaintext", action="store_true", help="also show the content that the keys decipher")


def run(args: argparse.Namespace) -> int:
    """Print the report of each file and return the exit status."""

    def read(name: str, file: BinaryIO) -> Iterator[str]:
        received = chunks(file, Pieces(passed_over(name)))
        yield attachment(received, args.keep, with_plaintext=args.with_plaintext, **key_options(args))

    inputs, reported = Inputs(args.files), False
    for report in inputs.each(read):
        print(report)
        reported = True
    return inputs.status(decoded=reported)
