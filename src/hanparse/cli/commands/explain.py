"""The command `hanparse explain`: describes every byte of the files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, BinaryIO

from hanparse.annotate.explain import explain
from hanparse.cli.arguments import add_files, add_form, add_reading, reading
from hanparse.cli.console import chunks
from hanparse.cli.inputs import EXPLAINED, Inputs, first, passed_over
from hanparse.cli.pieces import Pieces
from hanparse.errors import HexDumpError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from hanparse.annotate.tree import Explanation


def add(command: argparse.ArgumentParser) -> None:
    """Add the description and the arguments of the command."""
    command.description = "Explain every byte, and show where a frame is damaged."
    command.epilog = "example: hanparse explain dump.txt"
    add_files(command)
    add_form(command)
    add_reading(command)


def run(args: argparse.Namespace) -> int:
    """Print the explanation of each file and return the exit status."""

    def read(name: str, file: BinaryIO) -> Iterator[Explanation]:
        source: str | bytes
        try:
            source = first(chunks(file, Pieces(passed_over(name))), passed_over(name))
        except HexDumpError:  # `explain` can read a dump with masked bytes, but `chunks` refuses such a dump
            if not file.seekable():
                raise
            file.seek(0)
            source = file.read(EXPLAINED).decode("utf-8", "replace")
        yield explain(source, **reading(args))

    inputs, is_intact = Inputs(args.files), False
    for explanation in inputs.each(read):
        print(json.dumps(explanation.to_dict()) if args.format == "json" else explanation)
        is_intact = is_intact or not explanation.error
    return inputs.status(decoded=is_intact)
