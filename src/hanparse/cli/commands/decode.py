"""The command `hanparse decode`: decodes files and writes the measurements."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final

from hanparse.cli.arguments import add_files, add_reading, reading
from hanparse.cli.cells import ESTIMATES
from hanparse.cli.console import complain, end_like_an_interrupt, no_clock
from hanparse.cli.formats import EXTRAS, Csv, Json, JsonLines, Output
from hanparse.cli.inputs import Inputs, is_port
from hanparse.cli.tables import Tables
from hanparse.decoder import Options
from hanparse.measurement import FIELDS
from hanparse.meters import PROFILES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hanparse.cli.formats import Writer
    from hanparse.measurement import Measurement

_EXAMPLES: Final = """\
examples:
  hanparse decode capture.bin
  hanparse decode --format csv --ct 100:5 log.txt > values.csv
  xxd capture.bin | hanparse decode
  hanparse decode --format jsonl --follow /var/log/han.bin
"""

FORMATS: Final[dict[str, Callable[[Output, Callable[[str], object]], Writer]]] = {
    "table": Tables, "json": Json, "jsonl": JsonLines, "csv": Csv,
}  # fmt: skip


def add(command: argparse.ArgumentParser) -> None:
    """Add the description and the arguments of the command."""
    command.description = "Decode every push in the files: captured bytes, or hex dumps in any notation."
    command.epilog = _EXAMPLES
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    add_files(command)
    _add_output(command)
    command.add_argument("--follow", action="store_true", help="wait for more bytes at the end of the last file")
    add_reading(command)
    words = "add estimates of the values that a 3-wire meter does not measure, with bounds"
    command.add_argument("--estimate", action="store_true", help=words)


def _add_output(command: argparse.ArgumentParser) -> None:
    words = "table (with units; the default), json (one array), jsonl (one object per line) or csv"
    command.add_argument("--format", choices=FORMATS, default="table", help=words)
    words = (
        f"the columns in their order, such as timestamp,voltage_l1: names of fields, or {', '.join(EXTRAS)}, or a part "
        "of an estimate, such as current_l2_estimated"
    )
    command.add_argument("--columns", type=_columns, default=(), metavar="NAMES", help=words)
    command.add_argument("--utc", action="store_true", help="write times in UTC, and omit times without a zone")
    command.add_argument("--units", action="store_true", help="write the units into the header of csv")
    words = "write the time of arrival of each push; always on with --follow, and if FILE is a port"
    command.add_argument("--received", action="store_true", help=words)


def _columns(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    known = (*FIELDS, *EXTRAS, *ESTIMATES)
    if unknown := [name for name in names if name not in known]:
        close = get_close_matches(unknown[0], known, 3)
        expected = f"expected the name of a field of Measurement, or one of {', '.join(EXTRAS)}"
        advice = f"did you mean {' or '.join(sorted(close))}?" if close else expected
        raise argparse.ArgumentTypeError(f"there is no column {unknown[0]!r}; {advice}")
    if len(set(names)) < len(names):
        raise argparse.ArgumentTypeError(f"expected each column once, found {text!r}")
    return names


def run(args: argparse.Namespace) -> int:
    """Decode the files, write the measurements and return the exit status."""
    if args.units and args.format != "csv":
        args.refuse("--units needs --format csv: a table always has units, and JSON has no header for units")
    inputs, output = Inputs(args.files), _output(args)
    options = Options(**reading(args), estimate=output.needs_estimates, profiles=PROFILES)
    clock = _now if output.received else no_clock
    if args.follow:
        end_like_an_interrupt()
    decoded = _write(inputs.measurements(options, follow=args.follow, clock=clock), output, flush=args.follow)
    return inputs.status(decoded=decoded > 0)


def _output(args: argparse.Namespace) -> Output:
    """Return the format and the columns that `decode` writes."""
    is_received = args.received or args.follow or any(map(is_port, args.files))
    return Output(
        form=args.format,
        columns=args.columns,
        utc=args.utc,
        units=args.units,
        file=len(args.files) > 1,
        received=is_received or "received" in args.columns,
        estimated=args.estimate,
        security=args.key is not None,
    )


def _write(measurements: Iterator[tuple[str, Measurement]], output: Output, *, flush: bool) -> int:
    """Write the measurements and return how many they are. After an interrupt, complete the output, then end."""
    written = FORMATS[output.form](output, complain)
    put, count = sys.stdout.write, 0
    try:
        put(written.begin)
        if flush:
            sys.stdout.flush()
        for name, measurement in measurements:
            put(written.row(measurement, name))
            count += 1
            if flush:
                sys.stdout.flush()
    except KeyboardInterrupt:
        put(written.end())
        raise
    put(written.end())
    return count


def _now() -> datetime:
    return datetime.now(UTC)
