"""`hanparse`, also `python -m hanparse`: the library on a command line."""

from __future__ import annotations

import argparse
import os
import sys
from importlib.resources import files
from io import TextIOWrapper
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, available_timezones

from hanparse.cli.console import chunks, complain, table, written
from hanparse.cli.inputs import measurements, opened, passed_over
from hanparse.cli.keys import add_keys, check_keys, key_options
from hanparse.decoder import Decoder, Options, decode
from hanparse.errors import HanParseError
from hanparse.measurement import Scale
from hanparse.obis import ENTRIES, Obis, lookup
from hanparse.support.versions import version

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hanparse.measurement import Measurement

    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  what add_subparsers gives

_DEMO_PUSHES: Final = ("aidon", "kaifa", "kamstrup")
_DECODED, _NOTHING, _INTERRUPTED = 0, 1, 130

_DECODE_EXAMPLES: Final = """\
examples:
  hanparse decode capture.bin
  hanparse decode --format csv --ct 100:5 log.txt > values.csv
  xxd capture.bin | hanparse decode
  hanparse decode --format jsonl --follow /var/log/han.bin
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and give its exit status: 0 decoded, 1 nothing could be decoded; wrong use exits with 2."""
    parser = _parser()
    try:
        import argcomplete  # noqa: PLC0415  the extra "cli"
    except ImportError:
        pass
    else:
        argcomplete.autocomplete(parser)
    given = parser.parse_args(arguments)
    check_keys(parser, given)
    if sys.stdout is None:
        complain("standard output is closed")
        return _NOTHING
    if isinstance(sys.stdout, TextIOWrapper):  # a terminal or a file may not know every character
        sys.stdout.reconfigure(errors="backslashreplace")
    return _run(given)


def _run(given: argparse.Namespace) -> int:
    try:
        status = int(given.run(given))
        sys.stdout.flush()
    except BrokenPipeError:
        _give_up_output()  # nobody reads on, and that is no fault
        return _DECODED
    except KeyboardInterrupt:
        return _INTERRUPTED
    except (HanParseError, OSError) as error:
        complain(str(error))
        try:
            sys.stdout.flush()
        except OSError:
            _give_up_output()  # the device is full, say
        return _NOTHING
    return status


def _give_up_output() -> None:
    """Let what is still to be written go nowhere, or Python complains of it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hanparse", description="Reads what a smart meter pushes out of its HAN port."
    )
    parser.add_argument("--version", action="version", version=f"hanparse {version('hanparse')}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for add in (_add_decode, _add_explain, _add_obis, _add_diagnose, _add_report):
        add(commands)
    text = "decode one real push of each maker"
    commands.add_parser("demo", help=text, description=f"{text.capitalize()}.").set_defaults(run=_demo)
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
    command.add_argument("--format", choices=("table", "json", "jsonl", "csv"), default="table")
    command.add_argument("--follow", action="store_true", help="wait for more at the end of the last file")
    _add_options(command)
    command.add_argument("--estimate", action="store_true", help="estimate what a 3-wire meter does not measure")
    command.set_defaults(run=_decode)


def _add_explain(commands: _Commands) -> None:
    command = commands.add_parser(
        "explain",
        help="what every byte says",
        description="Show what every byte says, and where a frame is damaged.",
        epilog="example: hanparse explain dump.txt",
    )
    _add_files(command)
    _add_options(command)
    command.set_defaults(run=_explain)


def _add_obis(commands: _Commands) -> None:
    command = commands.add_parser(
        "obis",
        help="what a code or a word means",
        description="Look OBIS codes up by code, or by a word of what they mean.",
        epilog="examples: hanparse obis 1.7.0 0-0:96.1.0; hanparse obis voltage",
    )
    command.add_argument("codes", nargs="+", metavar="CODE", help="an OBIS code, or a word to look for")
    command.set_defaults(run=_obis)


def _add_diagnose(commands: _Commands) -> None:
    command = commands.add_parser(
        "diagnose",
        help="what is wrong with a wire",
        description="Count what was seen, and say what is wrong: parity, speed, inversion, cable, ciphering.",
        epilog="example: hanparse diagnose capture.bin",
    )
    _add_files(command)
    add_keys(command)
    command.set_defaults(run=_diagnose)


def _add_report(commands: _Commands) -> None:
    command = commands.add_parser(
        "report",
        help="the attachment for an issue, without the numbers of your meter",
        description="Write what was seen, the errors and a dump that replays; numbers of meters are replaced.",
        epilog="example: hanparse report capture.bin > report.md",
    )
    _add_files(command)
    command.add_argument(
        "--keep", action="append", default=[], metavar="TEXT", help="a text in the list that is no number of a meter"
    )
    add_keys(command)
    command.add_argument("--with-plaintext", action="store_true", help="show what the keys decipher, too")
    command.set_defaults(run=_report)


def _add_files(command: argparse.ArgumentParser) -> None:
    command.add_argument("files", nargs="*", default=["-"], metavar="FILE", help="- or nothing: standard input")


def _add_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--ct", type=_ratio, default=Scale(), metavar="RATIO", help="current transformer, such as 100:5"
    )
    command.add_argument("--timezone", type=_zone, metavar="NAME", help="instead of the meter's clock rule")
    add_keys(command)


def _ratio(text: str) -> Scale:
    try:
        return Scale.ct(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        what = f"expected a time zone such as Europe/Oslo, found {name!r}"
        if not available_timezones():
            what = "there are no time zones on this machine: install them with pip install tzdata"
        raise argparse.ArgumentTypeError(what) from error


def _decode(given: argparse.Namespace) -> int:
    options = Options(
        scale=given.ct, timezone=given.timezone, estimate=given.estimate,
        key=given.key, auth_key=given.auth_key, system_title=given.system_title,
    )  # fmt: skip
    decoded = 0

    def counted() -> Iterator[Measurement]:
        nonlocal decoded
        for measurement in measurements(given.files, options, follow=given.follow):
            decoded += 1
            yield measurement

    for piece in written(counted(), given.format):
        sys.stdout.write(piece)
        if given.follow:
            sys.stdout.flush()
    return _DECODED if decoded else _NOTHING


def _explain(given: argparse.Namespace) -> int:
    from hanparse.annotate.explain import explain  # noqa: PLC0415  only here

    sound = False
    for name in given.files:
        with opened(name) as file:
            data = b"".join(chunks(file, passed_over(name)))
        explanation = explain(data, scale=given.ct, timezone=given.timezone, **key_options(given))
        print(explanation)
        sound = sound or not explanation.error
    return _DECODED if sound else _NOTHING


def _obis(given: argparse.Namespace) -> int:
    found = [line for text in given.codes for line in _entries(text)]
    if not found:
        complain("nothing known")
        return _NOTHING
    print("\n".join(found))
    return _DECODED


def _entries(text: str) -> list[str]:
    try:
        code = Obis.parse(text)
    except ValueError:
        entries = [entry for entry in ENTRIES if text.casefold() in f"{entry.field} {entry.description}".casefold()]
        return [f"{entry.code:<12} {entry.description} {entry.unit}".rstrip() for entry in entries]
    entry = lookup(code)
    rule = (f"phase {code.phase}" if code.phase else "", code.direction or "", code.processing or "")
    by_rule = ", ".join(filter(None, rule)) or "not in the registry"
    if entry is None:
        return [f"{code!s:<12} {by_rule}"]
    field = f" -> {entry.field}" if entry.field else ""
    return [f"{code!s:<12} {entry.description} {entry.unit}".rstrip() + field]


def _diagnose(given: argparse.Namespace) -> int:
    decoder = Decoder(**key_options(given))
    for name in given.files:
        with opened(name) as file:
            for chunk in chunks(file, passed_over(name)):
                decoder.feed(chunk)
        decoder.flush()
    print(", ".join(f"{name.replace('_', ' ')} {count}" for name, count in decoder.stats._asdict().items()))
    print("\n".join(f"* {finding}" for finding in decoder.diagnosis()) or _no_finding(decoder))
    return _DECODED if decoder.stats.measurements else _NOTHING


def _no_finding(decoder: Decoder) -> str:
    if decoder.stats.measurements:
        return "nothing is wrong, or it is too little to be worth a word"
    what = "too few bytes to tell what is wrong with the wire: save what comes for a minute"
    return f"{what} (last error: {decoder.last_error or 'none'})"


def _report(given: argparse.Namespace) -> int:
    from hanparse.support.report import attachment  # noqa: PLC0415  only here

    for name in given.files:
        with opened(name) as file:
            received = chunks(file, complain)
            print(attachment(received, given.keep, with_plaintext=given.with_plaintext, **key_options(given)))
    return _DECODED


def _demo(_given: argparse.Namespace) -> int:
    for name in _DEMO_PUSHES:
        dump = files("hanparse").joinpath("cli", "demo", f"{name}.hex").read_text("ascii")
        print(dump + table(decode(dump)), end="\n\n")
    return _DECODED
