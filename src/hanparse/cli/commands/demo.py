"""The command `hanparse demo`: decodes one real push of each of three manufacturers."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Final

from hanparse.cli.console import DECODED
from hanparse.cli.tables import table
from hanparse.decoder import decode

if TYPE_CHECKING:
    import argparse

_PUSHES: Final = ("aidon", "kaifa", "kamstrup")


def add(command: argparse.ArgumentParser) -> None:
    """Add the description and the arguments of the command."""
    command.description = "Decode a real push of each of three manufacturers."
    command.epilog = "example: hanparse demo"


def run(_args: argparse.Namespace) -> int:
    """Print each push and its measurement."""
    for name in _PUSHES:
        dump = files("hanparse").joinpath("cli", "demo", f"{name}.hex").read_text("ascii")
        print(dump + table(decode(dump)), end="\n\n")
    return DECODED
