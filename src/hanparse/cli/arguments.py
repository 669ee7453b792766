"""Parses and checks the command line. Wrong arguments end the program with status 2."""

from __future__ import annotations

import argparse
import math
import os
import re
from datetime import timedelta, timezone
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, available_timezones

from hanparse.cli.formats import EXTRAS, FORMATS, Output
from hanparse.cli.inputs import is_port
from hanparse.cli.keys import KeyOptions, add_keys, check_keys, key_options
from hanparse.measurement import FIELDS, Scale
from hanparse.support.versions import version

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  the type that add_subparsers returns

_OFFSET: Final = re.compile(r"([+-])([01]\d):?([0-5]\d)", re.ASCII)

_DECODE_EXAMPLES: Final = """\
examples:
  hanparse decode capture.bin
  hanparse decode --format csv --ct 100:5 log.txt > values.csv
  xxd capture.bin | hanparse decode
  hanparse decode --format jsonl --follow /var/log/han.bin
"""
_BRIDGE_EXAMPLES: Final = """\
examples:
  hanparse bridge /dev/ttyUSB0 mqtt://user:password@broker
  hanparse bridge tcp://192.168.1.20:3001 sqlite:///home/me/meter.db -
  hanparse bridge --forget mqtt://user:password@broker
"""


class Reading(KeyOptions):
    """The options of `Decoder` and `explain` that `decode` and `explain` have in common."""

    scale: Scale
    timezone: tzinfo | None


def given(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Return the parsed arguments.

    Without a command, print the help and exit with 0. Exit with 2 for wrong arguments.
    """
    parser = _parser()
    try:
        import argcomplete  # noqa: PLC0415  the extra "cli"
    except ImportError:
        pass
    else:
        argcomplete.autocomplete(parser)
    found = parser.parse_args(arguments)
    if found.command is None:
        parser.print_help()
        parser.exit()
    check_keys(parser, found)
    if "units" in found and found.units and found.format != "csv":
        parser.error("--units is for --format csv: a table shows units anyway, and JSON has no header for them")
    return found


def reading(found: argparse.Namespace) -> Reading:
    """Return the decoding options of the command `decode` or `explain`."""
    return Reading(scale=found.ct, timezone=found.timezone, **key_options(found))


def output(found: argparse.Namespace) -> Output:
    """Return the format and the columns that `decode` writes."""
    is_received = found.received or found.follow or any(map(is_port, found.files))
    return Output(
        form=found.format,
        columns=found.columns,
        utc=found.utc,
        units=found.units,
        file=len(found.files) > 1,
        received=is_received or "received" in found.columns,
        estimated=found.estimate or "estimated" in found.columns,
        security=found.key is not None,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hanparse", description="Reads what a smart meter pushes out of its HAN port."
    )
    parser.add_argument("--version", action="version", version=f"hanparse {version('hanparse')}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    for add in (_add_decode, _add_explain, _add_obis, _add_diagnose, _add_report, _add_bridge):
        add(commands)
    text = "decode one real push of each of three makers"
    commands.add_parser("demo", help=text, description=f"{text.capitalize()}.")
    return parser


def _add_decode(commands: _Commands) -> None:
    command = commands.add_parser(
        "decode",
        help="bytes or hex dumps to measurements",
        description="Decode every push in the files: captured bytes, or hex dumps in any notation.",
        epilog=_DECODE_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_files(command)
    _add_output(command)
    command.add_argument("--follow", action="store_true", help="wait for more at the end of the last file")
    _add_reading(command)
    words = "estimate what a 3-wire meter does not measure, with bounds, apart from what it measures"
    command.add_argument("--estimate", action="store_true", help=words)


def _add_output(command: argparse.ArgumentParser) -> None:
    words = "table (with units; the default), json (one array), jsonl (one object a line) or csv"
    command.add_argument("--format", choices=FORMATS, default="table", help=words)
    words = "the columns to write and their order, such as timestamp,voltage_l1: fields, and " + ", ".join(EXTRAS)
    command.add_argument("--columns", type=_columns, default=(), metavar="NAMES", help=words)
    command.add_argument("--utc", action="store_true", help="write all times in UTC, and none whose zone is unknown")
    command.add_argument("--units", action="store_true", help="write units into the header of csv")
    words = "write when each push came, by this machine's clock; so does --follow, and a port as FILE"
    command.add_argument("--received", action="store_true", help=words)


def _add_form(command: argparse.ArgumentParser) -> None:
    command.add_argument("--format", choices=("text", "json"), default="text", help="text for people, or json")


def _add_explain(commands: _Commands) -> None:
    command = commands.add_parser(
        "explain",
        help="what every byte says",
        description="Show what every byte says, and where a frame is damaged.",
        epilog="example: hanparse explain dump.txt",
    )
    _add_files(command)
    _add_form(command)
    _add_reading(command)


def _add_obis(commands: _Commands) -> None:
    command = commands.add_parser(
        "obis",
        help="what a code or a word means",
        description="Look OBIS codes up by code, or by words of what they mean, all of which have to be there.",
        epilog="examples: hanparse obis 1.7.0 0-0:96.1.0; hanparse obis 0100010700FF; hanparse obis power factor",
    )
    words = "an OBIS code, also as the six bytes of a dump, or a word to look for"
    command.add_argument("codes", nargs="+", metavar="CODE", help=words)
    _add_form(command)


def _add_diagnose(commands: _Commands) -> None:
    command = commands.add_parser(
        "diagnose",
        help="what is wrong with a connection",
        description="Count what was seen, and say what is wrong: parity, speed, inversion, cable, ciphering.",
        epilog="example: hanparse diagnose capture.bin",
    )
    _add_files(command)
    _add_form(command)
    add_keys(command)


def _add_report(commands: _Commands) -> None:
    command = commands.add_parser(
        "report",
        help="the attachment for an issue, without the numbers of your meter",
        description="Write what was seen, the errors and a dump that replays; numbers of meters are replaced.",
        epilog="example: hanparse report capture.bin > report.md",
    )
    _add_files(command)
    words = "leave TEXT as it is: it looks like the number of a meter and is none, a type or a version"
    command.add_argument("--keep", action="append", default=[], metavar="TEXT", help=words)
    add_keys(command)
    command.add_argument("--with-plaintext", action="store_true", help="show what the keys decipher, too")


def _add_bridge(commands: _Commands) -> None:
    command = commands.add_parser(
        "bridge",
        help="a meter to MQTT, Home Assistant, Prometheus, InfluxDB, SQLite or JSON lines",
        description="Read a meter as long as the program runs, and deliver its values to each sink.",
        epilog=_BRIDGE_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    words = "the source, then sinks (by default -, JSON lines); else $HANPARSE_SOURCE and $HANPARSE_SINK"
    command.add_argument("urls", nargs="*", metavar="URL", help=words)
    command.add_argument("--state", metavar="FILE", help="keep the registers in this file, to continue after a restart")
    words = "the longest time in s without a push; then the values become unavailable"
    command.add_argument("--silence", type=_seconds, default=60.0, metavar="SECONDS", help=words)
    words = "remove what a broker keeps from a bridge: discovery, registers and status; every URL is a sink"
    command.add_argument("--forget", action="store_true", help=words)
    _add_reading(command)
    found = {name: os.environ.get(f"HANPARSE_{name.upper()}") for name in ("ct", "timezone")}
    command.set_defaults(**{name: text for name, text in found.items() if text})  # parsed like the options


def _add_files(command: argparse.ArgumentParser) -> None:
    command.add_argument("files", nargs="*", default=["-"], metavar="FILE", help="- or nothing: standard input")


def _add_reading(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--ct", type=_ratio, default=Scale(), metavar="RATIO", help="current transformer, primary:secondary, as 100:5"
    )
    words = "the zone of the meter's clock, such as Europe/Oslo or +01:00, in place of the rule for its list"
    command.add_argument("--timezone", type=_zone, metavar="ZONE", help=words)
    add_keys(command)


def _columns(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    known = (*FIELDS, *EXTRAS)
    if unknown := [name for name in names if name not in known]:
        close = ["estimated"] if "_estimated" in unknown[0] else get_close_matches(unknown[0], known, 3)
        advice = f"did you mean {' or '.join(sorted(close))}?" if close else "the fields of Measurement are columns"
        raise argparse.ArgumentTypeError(f"there is no column {unknown[0]!r}; {advice}")
    if len(set(names)) < len(names):
        raise argparse.ArgumentTypeError(f"expected each column once, found {text!r}")
    return names


def _ratio(text: str) -> Scale:
    if text.strip().isdecimal():
        which = f"{text}:1 for a factor of {text}, 100:{text} for 100 A to {text} A"
        raise argparse.ArgumentTypeError(f"which ratio is meant? Write both numbers, primary:secondary: {which}")
    try:
        return Scale.ct(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _seconds(text: str) -> float:
    seconds = float(text)
    if not (math.isfinite(seconds) and seconds > 0):
        raise argparse.ArgumentTypeError(f"expected a number of seconds above 0, found {text!r}")
    return seconds


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
