"""The command `hanparse bridge`: delivers the values of a source to sinks, until a signal or the end of the source."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from hanparse import sinks, sources
from hanparse.cli.arguments import add_reading, reading, seconds
from hanparse.cli.console import DECODED, INTERRUPTED, NOTHING, complain
from hanparse.cli.keys import variable
from hanparse.cli.service import StateFile, notify, watchdog_period
from hanparse.decoder import Decoder
from hanparse.diagnosis.fault import in_words
from hanparse.meters import PROFILES
from hanparse.sinks.bridge import Bridge
from hanparse.sinks.forget import forget
from hanparse.sinks.target import parse
from hanparse.sinks.tracker import MAX_METERS, Tracker
from hanparse.sources.background import end
from hanparse.wording import Count

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from hanparse.sources import Source

SOURCE, SINK = variable("source"), variable("sink")
"""The environment variables for the URL of the source and for the URLs of the sinks. Spaces separate the sinks."""
END_TIMEOUT: Final = 0.8
"""The longest time in s for which the sinks can continue after a signal."""
SAVE_PERIOD: Final = 60.0
"""The time in s between two writes of the state."""

_WRONG: Final = 2
_LOOP: Final = asyncio.SelectorEventLoop if sys.platform == "win32" else None  # aiomqtt needs it on Windows
_EXAMPLES: Final = """\
examples:
  hanparse bridge /dev/ttyUSB0 mqtt://user:password@broker
  hanparse bridge tcp://192.168.1.20:3001 sqlite:///home/me/meter.db -
  hanparse bridge --forget mqtt://user:password@broker
"""


def add(command: argparse.ArgumentParser) -> None:
    """Add the description and the arguments of the command."""
    command.description = "Read a meter until the program is stopped, and deliver its values to each sink."
    command.epilog = _EXAMPLES
    command.formatter_class = argparse.RawDescriptionHelpFormatter
    words = f"the source, then the sinks; default source: ${SOURCE}; default sinks: ${SINK}, or else - (JSON lines)"
    command.add_argument("urls", nargs="*", metavar="URL", help=words)
    command.add_argument("--state", metavar="FILE", help="keep the registers in this file for the next start")
    words = "the time in s without a push after which powers, currents and voltages become unavailable"
    command.add_argument("--silence", type=seconds, default=sinks.SILENCE, metavar="SECONDS", help=words)
    words = "remove the retained messages of a bridge (discovery, registers, status); each URL is then a broker"
    command.add_argument("--forget", action="store_true", help=words)
    add_reading(command, environment=True)


class Urls(NamedTuple):
    """Holds the URLs from the command line or from the environment."""

    source: str
    sinks: Sequence[str]


def urls(addresses: Sequence[str]) -> Urls:
    """Return the URLs of the source and of the sinks. The default sink is standard output.

    Raises `ValueError` if there is no source.
    """
    source = addresses[0] if addresses else os.environ.get(SOURCE, "")
    if not source:
        raise ValueError(f"expected a source as argument or in {SOURCE}, found none")
    return Urls(source, addresses[1:] or os.environ.get(SINK, "").split() or ["-"])


def run(args: argparse.Namespace) -> int:
    """Run the bridge and return the exit status.

    The status is 0 after SIGTERM, or if the source has ended after at least one push and every sink has delivered
    every update.
    """
    try:
        if args.forget:
            return _forget(args.urls or os.environ.get(SINK, "").split())
        source, outputs = urls(args.urls)
        outlets = [sinks.open(url, complain, silence=args.silence) for url in outputs]
        decoder = partial(Decoder, **reading(args), estimate=True, profiles=PROFILES)
        opened = sources.open(source, decoder=decoder, silence=args.silence)
        state = StateFile(args.state)
    except (ValueError, ImportError) as error:
        complain(str(error))
        return _WRONG
    return _in_loop(_Service(outlets, opened, state, args.silence).run())


def _in_loop(work: Coroutine[Any, Any, int]) -> int:
    with asyncio.Runner(loop_factory=_LOOP) as runner:
        return runner.run(work)


def _forget(addresses: Sequence[str]) -> int:
    """Remove the retained messages of a bridge from each broker."""
    targets = [parse(url) for url in addresses]
    if not targets or any(not target.scheme.startswith("mqtt") for target in targets):
        raise ValueError("expected the URL of a broker, mqtt://host or mqtts://host, after --forget")
    for target in targets:
        sinks.check_extra(target)
        removed = Count(_in_loop(forget(target)))
        complain(f"{target.shown}: {removed} retained {removed:message|messages} removed")
    return DECODED


class _Service:
    """Runs the bridge as a program: handles signals, reports faults, saves the state and notifies systemd."""

    def __init__(self, outlets: Sequence[sinks.Outlet], source: Source, state: StateFile, silence: float) -> None:
        self._source = source
        self._state = state
        self._silence = silence
        saved = state.load()
        try:
            tracker = Tracker(saved)
        except ValueError as error:
            complain(f"{error}; the bridge starts without the saved state")
            tracker = Tracker()
        self._bridge = Bridge(outlets, tracker)
        self._signal: asyncio.Future[signal.Signals] | None = None
        self._reported: tuple[Exception | None, int] = None, 0
        self._is_failing = self._is_silent = False

    async def run(self) -> int:
        """Run until a signal or the end of the source, and return the exit status."""
        self._signal = asyncio.get_running_loop().create_future()
        self._handle_signals()
        async with self._source as source:
            tasks = [asyncio.create_task(self._bridge.run(source)), asyncio.create_task(self._maintain())]
            notify("READY=1")
            ends: list[asyncio.Future[Any]] = [*tasks, self._signal]
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
            notify("STOPPING=1")
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=END_TIMEOUT)
            await end(asyncio.all_tasks() - {asyncio.current_task()})
            self._save()
        return self._status(tasks)

    def _status(self, tasks: Sequence[asyncio.Task[None]]) -> int:
        if self._signal is not None and self._signal.done():
            return INTERRUPTED if self._signal.result() is signal.SIGINT else DECODED
        try:
            for task in tasks:
                if task.done() and not task.cancelled():
                    task.result()
        except OSError as error:
            complain(f"source: {error}")
            return _WRONG
        if dropped := Count(self._bridge.tracker.dropped):
            complain(f"source: {dropped} {dropped:push|pushes} dropped: there are more than {MAX_METERS} meters")
        return DECODED if self._bridge.pushes and not (self._bridge.lost or dropped) else NOTHING

    def _handle_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            with suppress(NotImplementedError, RuntimeError):  # Windows; a loop that is not in the main thread
                loop.add_signal_handler(number, self._end, number)

    def _end(self, number: signal.Signals) -> None:
        if self._signal is not None and not self._signal.done():
            self._signal.set_result(number)

    async def _maintain(self) -> None:
        """Report faults of the source, save the state and notify the watchdog of systemd.

        Repeat this until the task is cancelled.
        """
        loop, watchdog = asyncio.get_running_loop(), watchdog_period()
        saved = heard = loop.time()
        pushes = self._bridge.pushes
        while True:
            await asyncio.sleep(min(1.0, watchdog or 1.0))
            notify(f"WATCHDOG=1\nSTATUS={self._bridge.pushes} {Count(self._bridge.pushes):push|pushes} so far")
            if self._bridge.pushes != pushes:
                pushes, heard, self._is_silent = self._bridge.pushes, loop.time(), False
            self._report(loop.time() - heard)
            if loop.time() - saved >= SAVE_PERIOD:
                saved = loop.time()
                self._save()

    def _report(self, silent: float) -> None:
        """Report the first error since the last push.

        If no push arrives for too long, report the faults of the connection.
        """
        error, pushes = self._source.last_error, self._bridge.pushes
        if self._is_failing and pushes != self._reported[1]:
            self._is_failing = False
            complain("source: works again")
        if error is not None and error is not self._reported[0] and not self._is_failing:
            complain(f"source: {error}; hanparse tries again until it works")
            self._reported, self._is_failing = (error, pushes), True
        if silent > self._silence and not self._is_silent:
            self._is_silent = True
            complain(f"source: no push for {silent:.0f} s: {in_words(self._source.diagnosis())}")

    def _save(self) -> None:
        if self._bridge.pushes:
            self._state.save(self._bridge.tracker.to_dict())
