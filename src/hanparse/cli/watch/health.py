"""Defines `words`, which describes the state of a connection, and `problems`, which returns advice for the user."""

from __future__ import annotations

import re
from socket import gaierror
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.cli.watch.model import QUIET
from hanparse.wording import Count

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta

    from hanparse.cli.watch.model import Model

_STEPS: Final = re.compile(r"[;,] or |; ")
"""Separates the causes and the actions in the message of a fault: "observation: cause, or cause; action"."""
_SETTINGS: Final = ("no-bytes", "speed", "parity", "no-flag", "no-format")
"""The kinds of faults that a wrong speed or parity can cause."""
_PROBE: Final = "at a serial port, hanparse probe finds the speed and the parity"
_NO_PUSH: Final = "no push was received"
_GATEWAY: Final = (
    "check that the gateway has power and is in this network",
    "check the host and the port in the URL",
    "end other programs that use the gateway: some gateways serve only one",
)
_ERRORS: Final[dict[type[Exception], tuple[str, tuple[str, ...]]]] = {
    ConnectionRefusedError: ("the gateway refuses the connection", _GATEWAY),
    gaierror: ("the name of the host is unknown", ("check the host in the URL, or write its IP address", _GATEWAY[0])),
    FileNotFoundError: (
        "there is no port with this path",
        ("plug in the adapter", "check the path: Linux lists the adapters in /dev/serial/by-id"),
    ),
    PermissionError: (
        "your user may not read the port",
        ("add your user to the group of the port, on most Linux systems dialout", "log in again after that"),
    ),
    TimeoutError: ("the connection was not made in time, or no byte arrived", _GATEWAY),
    OSError: ("", ("check the adapter, the gateway and the cables", "end other programs that use the port")),
}
"""The observation and the actions for each class of errors. The first class for which `isinstance` is true is used."""


class Problem(NamedTuple):
    """Holds a problem of the connection. `steps` contains the possible causes, and actions that the user can try."""

    observation: str
    steps: tuple[str, ...]


def words(model: Model, now: datetime) -> str:
    """Return the state of the connection in a few words."""
    if model.is_ended:
        return "the source has ended"
    connection = model.connection
    if model.last_bytes is None:
        return "connecting" if connection.attempts <= 1 else f"connecting, attempt {connection.attempts}"
    quiet = now - model.last_bytes
    if quiet > QUIET or (connection.error and model.is_quiet(now)):
        return f"no byte for {duration(quiet)}, attempt {connection.attempts}"
    if model.last_push is None:
        return f"{connection.stats.bytes:,} {Count(connection.stats.bytes):byte|bytes}, no push yet"
    if model.is_quiet(now):
        return f"no push for {duration(now - model.last_push)}"
    return "receiving"


def problems(model: Model, now: datetime) -> Iterator[Problem]:
    """Yield the problems of the connection, the most important first."""
    connection = model.connection
    is_quiet = model.is_quiet(now)
    if is_quiet and connection.error is not None:
        yield _of_error(connection.error)
    for fault in connection.faults:
        if fault.kind == "no-bytes" and not (is_quiet and connection.error is None):
            continue  # bytes can still arrive, or the error explains why no byte arrives
        observation, _, rest = fault.message.partition(": ")
        probe = (_PROBE,) if fault.kind in _SETTINGS else ()
        yield Problem(observation, (*filter(None, _STEPS.split(rest)), *probe))
    if is_quiet and not connection.error and not connection.faults:
        yield Problem(*_silent(model, now))


def _of_error(error: Exception) -> Problem:
    """Return the problem for an error of the connection. If the error has a cause, also look up the cause."""
    errors = [one for one in (error, error.__cause__) if one is not None]
    known = [(kind, one) for kind in _ERRORS for one in errors if isinstance(one, kind)]
    observation, steps = _ERRORS[known[0][0]] if known else ("", ())
    return Problem(observation or str(error), steps)


def _silent(model: Model, now: datetime) -> tuple[str, tuple[str, ...]]:
    if model.last_push is not None:
        return f"{_NO_PUSH} for {duration(now - model.last_push)}", (
            "check that the adapter is in the HAN port, and that the meter has power",
            "wait for a minute: hanparse connects again when no byte arrives",
        )
    return _NO_PUSH, (
        "check that the HAN port is open: the grid company opens it on request",
        "check the cable between the HAN port and the adapter",
        _PROBE,
    )


def duration(time: timedelta) -> str:
    """Return a time in s, min or h."""
    seconds = int(time.total_seconds())
    if seconds < 100:  # noqa: PLR2004  two digits
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 6000 else f"{seconds // 3600} h"  # noqa: PLR2004  two digits
