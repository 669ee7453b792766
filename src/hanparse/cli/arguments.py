"""Adds the arguments that several commands share, and parses their values."""

from __future__ import annotations

import argparse
import math
import os
import re
from datetime import timedelta, timezone
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, available_timezones

from hanparse.cli.keys import KeyOptions, add_keys, key_options, variable
from hanparse.measurement import Scale

if TYPE_CHECKING:
    from datetime import tzinfo


_OFFSET: Final = re.compile(r"([+-])([01]\d):?([0-5]\d)", re.ASCII)


class Reading(KeyOptions):
    """The decoding options, which the commands pass to `Decoder` and to `hanparse.explain`.

    `scale` is the ratio of the current transformers. `timezone` is the zone of the meter's clock, if the user gave it.
    """

    scale: Scale
    timezone: tzinfo | None


def reading(args: argparse.Namespace) -> Reading:
    """Return the decoding options from the parsed arguments of a command."""
    return Reading(scale=args.ct, timezone=args.timezone, **key_options(args))


def add_form(command: argparse.ArgumentParser) -> None:
    """Add the option `--format` of a command that writes text or JSON."""
    command.add_argument(
        "--format", choices=("text", "json"), default="text", help="text for people (the default), or json"
    )


def add_files(command: argparse.ArgumentParser) -> None:
    """Add the argument for the names of the files."""
    words = "a file, or - for standard input (default)"
    command.add_argument("files", nargs="*", default=["-"], metavar="FILE", help=words)


def add_reading(command: argparse.ArgumentParser, *, environment: bool = False) -> None:
    """Add the options of `Reading`.

    With `environment`, `--ct` and `--timezone` have the values of their environment variables as defaults.
    """
    command.add_argument(
        "--ct",
        type=_ratio,
        default=Scale(),
        metavar="RATIO",
        help="the ratio of the current transformers, such as 100:5",
    )
    words = "the time zone of the meter's clock, such as Europe/Oslo or +01:00; replaces the zone that hanparse assumes"
    command.add_argument("--timezone", type=_zone, metavar="ZONE", help=words)
    add_keys(command)
    if environment:
        found = {name: os.environ.get(variable(name)) for name in ("ct", "timezone")}
        command.set_defaults(**{name: text for name, text in found.items() if text})  # argparse parses these texts


def seconds(text: str) -> float:
    """Parse a number of seconds above 0."""
    number = float(text)
    if not (math.isfinite(number) and number > 0):
        raise argparse.ArgumentTypeError(f"expected a number of seconds above 0, found {text!r}")
    return number


def _ratio(text: str) -> Scale:
    try:
        return Scale.ct(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _zone(name: str) -> tzinfo:
    if offset := _OFFSET.fullmatch(name):
        sign, hours, minutes = offset.groups()
        east = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(-east if sign == "-" else east)
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        what = f"expected a time zone such as Europe/Oslo or +01:00, found {name!r}"
        if not available_timezones():
            what = "this machine has no time zone database: pip install tzdata"
        raise argparse.ArgumentTypeError(what) from error
