"""The command `hanparse diagnose`: describes the faults of a connection."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, BinaryIO

from hanparse.cli.arguments import add_files, add_form
from hanparse.cli.console import chunks
from hanparse.cli.inputs import Inputs, passed_over
from hanparse.cli.keys import add_keys, key_options
from hanparse.cli.pieces import Pieces
from hanparse.cli.verdict import as_dict, as_text
from hanparse.decoder import Decoder

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator


def add(command: argparse.ArgumentParser) -> None:
    """Add the description and the arguments of the command."""
    command.description = "Count bytes, frames and errors, and name the faults of the connection."
    command.epilog = "example: hanparse diagnose capture.bin"
    add_files(command)
    add_form(command)
    add_keys(command)


def run(args: argparse.Namespace) -> int:
    """Print the faults of the connection and return the exit status."""
    decoder = Decoder(**key_options(args))

    def read(name: str, file: BinaryIO) -> Iterator[None]:
        for chunk in chunks(file, Pieces(passed_over(name))):
            decoder.feed(chunk)
        decoder.flush()
        yield

    inputs = Inputs(args.files)
    if list(inputs.each(read)):
        print(json.dumps(as_dict(decoder)) if args.format == "json" else as_text(decoder))
    return inputs.status(decoded=decoder.stats.measurements > 0)
