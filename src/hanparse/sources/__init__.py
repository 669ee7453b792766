"""Reads meters from serial ports, TCP gateways, brokers and files, as long as the program runs.

`open` is for programs with asyncio, `read` for programs without it.

This package and `hanparse.sinks` are the only ones that use asyncio.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanparse.decoder import Decoder
from hanparse.sources.address import check_extra, parse
from hanparse.sources.piece import Piece
from hanparse.sources.plain import Reading
from hanparse.sources.probing import SETTINGS, Attempt, Setting, probe
from hanparse.sources.source import SILENCE, Source

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SETTINGS", "Attempt", "Piece", "Reading", "Setting", "Source", "open", "probe", "read"]


def open(url: str, *, decoder: Callable[[], Decoder] = Decoder, silence: float = SILENCE) -> Source:  # noqa: A001
    """Return the source for a URL, which is an async context manager and an async iterator over measurements.

    `url` is a path or COM port, ``serial:///dev/ttyUSB0?baud=2400&parity=E``, ``tcp://host:port``,
    ``mqtt://user:password@host:port/topic`` or ``mqtts:`` with the wildcards ``+`` and ``#``, ``file:///path``, or
    ``-`` for standard input. serialx opens ``socket:``, ``rfc2217:`` and ``esphome:``, and installed packages open the
    schemes that they offer as entry points of the group ``hanparse.sources``.

    `decoder` is called once for each topic, and returns its decoder. A connection that delivers no byte for `silence` s
    is replaced. Raises `ValueError` for any other URL, and `ImportError`, which names the extra, if a package is
    missing.
    """
    address = parse(url)
    check_extra(address.scheme)
    return Source(address, decoder=decoder, silence=silence)


def read(url: str, *, decoder: Callable[[], Decoder] = Decoder, silence: float = SILENCE) -> Reading:
    """Return an iterator over the measurements of a URL, for a program without asyncio. `open` has the same arguments.

    The iterator is also a context manager that closes the connection, and it has the method `close`. Raises the errors
    of `open`. The iterator raises `OSError` if a file cannot be read; any other connection is opened again.
    """
    return Reading(open(url, decoder=decoder, silence=silence))
