"""`hanparse`, also `python -m hanparse`: the library on a command line."""

from __future__ import annotations

import argparse
from importlib.resources import files
from typing import TYPE_CHECKING

from hanparse.decoder import decode
from hanparse.measurement import FIELD_UNITS, FIELDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hanparse.measurement import Measurement

_DEMO_PUSHES = ("aidon", "kaifa", "kamstrup")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and give its exit status; wrong use exits with 2."""
    parser = argparse.ArgumentParser(
        prog="hanparse", description="Reads what a smart meter pushes out of its HAN port."
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    commands.add_parser("demo", help="decode one real push of each maker").set_defaults(run=_demo)
    return int(parser.parse_args(arguments).run())


def _demo() -> int:
    for name in _DEMO_PUSHES:
        dump = files("hanparse").joinpath("demo", f"{name}.hex").read_text("ascii")
        print(dump + _table(decode(dump)), end="\n\n")
    return 0


def _table(measurement: Measurement) -> str:
    rows = [(name, value) for name in FIELDS if (value := getattr(measurement, name)) is not None]
    return "\n".join(f"  {name:<24} {value} {FIELD_UNITS.get(name, '')}".rstrip() for name, value in rows)
