"""The command `hanparse obis`: looks up OBIS codes."""

from __future__ import annotations

import argparse
import json
from typing import Final

from hanparse.cli.arguments import add_form
from hanparse.cli.console import DECODED, NOTHING, complain
from hanparse.cli.lookups import lookups

_EXAMPLES: Final = """\
examples:
  hanparse obis 1.7.0 0-0:96.1.0
  hanparse obis 0100010700FF
  hanparse obis power factor
"""


def add(command: argparse.ArgumentParser) -> None:
    """Add the description and the arguments of the command."""
    command.description = "Print the meaning of OBIS codes, or the codes that all words describe."
    command.epilog = _EXAMPLES
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    words = "an OBIS code (also as six bytes in hex digits), or a word of a description or of a field name"
    command.add_argument("codes", nargs="+", metavar="CODE", help=words)
    add_form(command)


def run(args: argparse.Namespace) -> int:
    """Print the descriptions that were found and return the exit status."""
    found = lookups(args.codes)
    if not found:
        complain("no OBIS code was found for these codes and words")
        return NOTHING
    is_json = args.format == "json"
    print(json.dumps([one._asdict() for one in found]) if is_json else "\n".join(one.line for one in found))
    return DECODED
