"""The command `hanparse probe`: finds the speed and the parity of a meter at a serial port."""

from __future__ import annotations

import argparse
import asyncio
from typing import TYPE_CHECKING, Final

from hanparse.cli.console import DECODED, NOTHING, complain, end_like_an_interrupt
from hanparse.cli.keys import add_keys, key_options
from hanparse.decoder import Decoder
from hanparse.diagnosis.fault import in_words
from hanparse.sources import probing
from hanparse.wording import Count

if TYPE_CHECKING:
    from hanparse.sources.probing import Attempt

_EXAMPLES: Final = """\
examples:
  hanparse probe /dev/ttyUSB0
  hanparse bridge "$(hanparse probe /dev/ttyUSB0)" -
"""


def add(command: argparse.ArgumentParser) -> None:
    """Add the description and the arguments of the command."""
    command.description = "Try speeds and parities until a push is decoded; print the URL with both."
    command.epilog = _EXAMPLES
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.add_argument("port", metavar="PORT", help="a serial port: /dev/ttyUSB0, COM3 or rfc2217://gateway:3001")
    words = "the time in s for each setting; default 25, in which a meter sends at least two pushes"
    command.add_argument("--wait", type=float, metavar="S", help=words)
    add_keys(command)


def run(args: argparse.Namespace) -> int:
    """Print the URL of the port with its setting, and return the exit status.

    The status is 1 if no setting gives a measurement.
    """
    end_like_an_interrupt()
    wait = probing.WAIT if args.wait is None else args.wait
    if not wait > 0:
        args.refuse(f"expected a --wait above 0 s, found {args.wait}")
    keys = key_options(args)
    try:
        search = probing.probe(args.port, wait=wait, decoder=lambda: Decoder(**keys), note=_note)
        setting = asyncio.run(search)
    except (ValueError, ImportError) as error:
        args.refuse(str(error))
    if setting is None:
        complain("no setting gave a measurement; the docs page 'Connect a meter' lists causes")
        return NOTHING
    print(_url(args.port, setting))
    return DECODED


def _url(port: str, setting: tuple[int, str]) -> str:
    mark = "&" if "?" in port else "?"
    if "://" not in port and not port.startswith("serial:"):
        port = "serial://" + port.replace("%", "%25")  # a URL contains percent codes, but a path does not
    return f"{port}{mark}baud={setting[0]}&parity={setting[1]}"


def _note(attempt: Attempt) -> None:
    if attempt.measurement:
        complain(f"{attempt.setting}: a push of {attempt.measurement.manufacturer or 'a meter'} was decoded")
        return
    faults = attempt.error or in_words(attempt.faults)
    complain(f"{attempt.setting}: {attempt.bytes} {Count(attempt.bytes):byte|bytes}, no measurement: {faults}")
