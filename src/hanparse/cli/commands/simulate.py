"""The command `hanparse simulate`: sends the pushes of a simulated meter to a TCP port, a pseudo terminal or a file."""

from __future__ import annotations

import argparse
import math
import sys
import time
from contextlib import closing
from itertools import islice
from random import Random
from typing import TYPE_CHECKING, Final

from hanparse.cli.console import DECODED, complain, end_like_an_interrupt
from hanparse.cli.outputs import output
from hanparse.simulate import METERS, Faults, simulate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanparse.cli.outputs import Output
    from hanparse.simulate import Push

_EXAMPLES: Final = """\
examples:
  hanparse simulate kaifa tcp://127.0.0.1:3001
  hanparse simulate aidon pty --noise 0.1 --cut 0.05
  hanparse simulate kamstrup day.bin --speed 0 --count 8640
  hanparse simulate p1 - --speed 0 --count 3 | hanparse decode
"""
_LONG: Final = 3600  # s
_PROBABILITY: Final = "the probability, 0 to 1, that"
_FAULTS: Final = {
    "noise": "random bytes precede a push",
    "damaged": "one bit of a push is wrong",
    "cut": "the end of a push is missing",
    "lost": "a push is missing",
    "drop": "the connections are closed after a push",
}


def add(command: argparse.ArgumentParser) -> None:
    """Add the description and the arguments of the command."""
    command.description = "Simulate a meter: send its pushes as a meter does, until interrupted."
    command.epilog = _EXAMPLES
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    command.add_argument("meter", choices=METERS, metavar="METER", help=", ".join(METERS))
    words = "tcp://127.0.0.1:PORT (PORT 0 selects a free port), pty (a pseudo terminal), a file, or - (standard output)"
    command.add_argument("url", metavar="URL", help=words)
    command.add_argument("--list", type=int, metavar="N", help="send only list N, such as 1, 2 or 3")
    words = "send only one list (that of --list, by default the longest), every S seconds"
    command.add_argument("--every", type=float, metavar="S", help=words)
    words = "the speed of the meter's clock: 60 sends the pushes of an hour in a minute, 0 does not wait; default 1"
    command.add_argument("--speed", type=float, default=1.0, metavar="FACTOR", help=words)
    command.add_argument("--count", type=int, metavar="N", help="end after N pushes")
    command.add_argument(
        "--seed", type=int, default=0, metavar="N", help="the seed of the random load and faults; default 0"
    )
    for name, effect in _FAULTS.items():
        command.add_argument(f"--{name}", type=float, default=0.0, metavar="P", help=f"{_PROBABILITY} {effect}")
    words = "send nothing more after S seconds of the meter's clock, and keep the connections open"
    command.add_argument("--mute", type=float, metavar="S", help=words)


def run(args: argparse.Namespace) -> int:
    """Send pushes until the program is interrupted, or until `--count` pushes were sent."""
    if not 0 <= args.speed < math.inf:
        args.refuse(f"expected a finite --speed of 0 or more, found {args.speed}")
    if not 0 <= args.drop <= 1:
        args.refuse(f"expected a probability from 0 to 1 for --drop, found {args.drop}")
    if args.count is not None and not 0 <= args.count <= sys.maxsize:
        args.refuse(f"expected a --count from 0 to {sys.maxsize}, found {args.count}")
    if args.mute is not None and not args.mute >= 0:
        args.refuse(f"expected a --mute of 0 s or more, found {args.mute}")
    faults = Faults(*(getattr(args, name) for name in Faults._fields))
    try:
        pushes = simulate(args.meter, seed=args.seed, faults=faults, list_number=args.list, every=args.every)
        opened = output(args.url, waits=not args.speed)
    except ValueError as error:
        args.refuse(str(error))
    end_like_an_interrupt()
    with closing(opened) as to:
        if to.address:
            print(to.address, flush=True)
            complain(f"simulating {args.meter}; Ctrl-C ends it")
        _send(islice(pushes, args.count), to, args)
    return DECODED


def _send(pushes: Iterator[Push], to: Output, args: argparse.Namespace) -> None:
    begin, chance = time.monotonic(), Random(args.seed)  # noqa: S311  no secret
    for push in pushes:
        if args.speed:
            _sleep_until(begin + push.seconds / args.speed)
        if args.mute is not None and push.seconds >= args.mute:
            _sleep_until(math.inf)
        to.send(push.data)
        if chance.random() < args.drop:
            to.drop()


def _sleep_until(end: float) -> None:
    """Sleep in steps, because `time.sleep` refuses a time of centuries."""
    while (remaining := end - time.monotonic()) > 0:
        time.sleep(min(remaining, _LONG))
