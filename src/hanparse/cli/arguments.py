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
    """The options that the commands `decode` and `explain` pass to `Decoder` and to `hanparse.explain`."""

    scale: Scale
    timezone: tzinfo | None


def reading(found: argparse.Namespace) -> Reading:
    """Return the decoding options in the arguments of a command."""
    return Reading(scale=found.ct, timezone=found.timezone, **key_options(found))


def add_form(command: argparse.ArgumentParser) -> None:
    """Add the option `--format` of a command that writes text or JSON."""
    command.add_argument("--format", choices=("text", "json"), default="text", help="text for people, or json")


def add_files(command: argparse.ArgumentParser) -> None:
    """Add the argument for the names of the files."""
    command.add_argument("files", nargs="*", default=["-"], metavar="FILE", help="- or nothing: standard input")


def add_reading(command: argparse.ArgumentParser, *, environment: bool = False) -> None:
    """Add the options of `Reading`. With `environment`, environment variables give their defaults, as for keys."""
    command.add_argument(
        "--ct", type=_ratio, default=Scale(), metavar="RATIO", help="current transformer, primary:secondary, as 100:5"
    )
    words = "the zone of the meter's clock, such as Europe/Oslo or +01:00, in place of the rule for its list"
    command.add_argument("--timezone", type=_zone, metavar="ZONE", help=words)
    add_keys(command)
    if environment:
        found = {name: os.environ.get(variable(name)) for name in ("ct", "timezone")}
        command.set_defaults(**{name: text for name, text in found.items() if text})  # parsed like the options


def seconds(text: str) -> float:
    """Return a number of seconds above 0."""
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
            what = "there are no time zones on this machine: install them with pip install tzdata"
        raise argparse.ArgumentTypeError(what) from error
