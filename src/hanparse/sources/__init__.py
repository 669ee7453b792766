"""Reads meters from serial ports, TCP gateways, brokers and files.

A source of a file or of standard input ends when its input ends. Any other source continues until the program closes
the source, and connects again if its connection ends.

`open` is for programs with asyncio. `read` is for programs without asyncio.
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
    """Return the source for a URL: an async context manager, and an async iterator over measurements.

    `url` is a path or COM port, ``serial:///dev/ttyUSB0?baud=2400&parity=E``, ``tcp://host:port``,
    ``mqtt://user:password@host:port/topic`` (also ``mqtts:``; the topic can contain the wildcards ``+`` and ``#``),
    ``file:///path``, or ``-`` for standard input. ``socket:``, ``rfc2217:`` and ``esphome:`` URLs name serial ports in
    the network, which serialx opens. Other installed packages can add schemes with entry points of the group
    ``hanparse.sources``.

    `decoder` returns a new decoder. For a broker, the source calls it once for each topic. For any other URL, the
    source calls it only once. If a connection (not a file) delivers no byte for `silence` s, or for three intervals
    between pushes if they are longer, the source closes it and connects again. Raises `ValueError` if the scheme or the
    form of the URL is unknown. Raises `ImportError` with the pip command if a package is missing.
    """
    address = parse(url)
    check_extra(address.scheme)
    return Source(address, decoder=decoder, silence=silence)


def read(url: str, *, decoder: Callable[[], Decoder] = Decoder, silence: float = SILENCE) -> Reading:
    """Return an iterator over the measurements of a URL, for a program without asyncio.

    The arguments and the errors are those of `open`. The iterator is also a context manager that closes the connection,
    and it has the method `close`. The connection also closes when the program no longer refers to the iterator. The
    iterator raises `OSError` if a file cannot be read. If any other connection fails, the source connects again.
    """
    return Reading(open(url, decoder=decoder, silence=silence))
