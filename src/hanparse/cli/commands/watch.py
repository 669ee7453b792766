"""The command `hanparse watch`: shows a meter live in the terminal."""

from __future__ import annotations

import argparse
import math
import os
import sys
from functools import partial
from importlib.util import find_spec
from typing import Final

from hanparse import sources
from hanparse.cli.arguments import add_reading, reading
from hanparse.cli.console import DECODED, WRONG, complain
from hanparse.cli.keys import variable
from hanparse.decoder import Decoder
from hanparse.meters import PROFILES
from hanparse.sources.address import parse
from hanparse.wording import pip_install

VARIABLE: Final = variable("source")
_EXAMPLES: Final = """\
examples:
  hanparse watch tcp://192.168.1.20:3001 --fuse 25
  hanparse watch "serial:///dev/ttyUSB0?baud=2400&parity=E"
"""


def add(command: argparse.ArgumentParser) -> None:
    """Add the description and the arguments of the command."""
    command.description = "Show the values of a meter live in the terminal, and the faults of its port."
    command.epilog = _EXAMPLES
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    words = f"the URL or the path of the port; if missing, read from the environment variable {VARIABLE}"
    command.add_argument("source", nargs="?", default=os.environ.get(VARIABLE), metavar="SOURCE", help=words)
    command.add_argument("--fuse", type=_amperes, metavar="A", help="the rating of the main fuse in A, such as 25")
    add_reading(command)


def run(args: argparse.Namespace) -> int:
    """Show the meter until the user quits, and return the exit status."""
    if reason := _refusal(args):
        complain(reason)
        return WRONG
    from hanparse.cli.watch.app import WatchApp  # noqa: PLC0415  the extra "tui"

    decoder = partial(Decoder, **reading(args), estimate=True, profiles=PROFILES)
    try:
        source = sources.open(args.source, decoder=decoder)
    except (ImportError, ValueError) as error:
        complain(str(error))
        return WRONG
    WatchApp(source, parse(args.source).shown, args.fuse).run()
    return DECODED


def _refusal(args: argparse.Namespace) -> str:
    """Return the reason why the command cannot run, or an empty text."""
    if find_spec("textual") is None:
        return f"watch needs textual: {pip_install('tui')}"
    if not args.source:
        return f"expected a source, such as tcp://192.168.1.20:3001, as argument or in {VARIABLE}, found none"
    streams = (sys.stdin, sys.stdout, sys.stderr)  # textual draws on standard error
    if args.source == "-" or not all(one and one.isatty() for one in streams):
        return "watch needs a terminal for its input and output; use hanparse decode --follow in a pipe"
    return ""


def _amperes(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"expected a rating above 0 A, such as 25, found {text!r}")
    return value
