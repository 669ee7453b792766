"""Reads meters from serial ports, TCP gateways, brokers and files, as long as the program runs: `open`.

This is the only package with input and output, and the only one that uses asyncio.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from hanparse.sources.address import EXTRAS, parse
from hanparse.sources.source import SILENCE, Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from hanparse.decoder import Decoder

__all__ = ["Source", "open"]


def open(url: str, *, decoder: Callable[[], Decoder] | None = None, silence: float = SILENCE) -> Source:  # noqa: A001
    """Return the source for a URL, which is an async context manager and an async iterator over measurements.

    `url` is a path or COM port, ``serial:///dev/ttyUSB0?baud=2400&parity=E``, ``tcp://host:port``,
    ``mqtt://user:password@host:port/topic`` or ``mqtts:`` with the wildcards ``+`` and ``#``, ``file:///path``, or
    ``-`` for standard input. `decoder` makes a decoder; each topic has one of its own. A connection without a byte for
    `silence` s is replaced. Raises `ValueError` for another URL, and `ImportError` that names the missing extra.
    """
    address = parse(url)
    extra, module = EXTRAS.get(address.scheme, ("", ""))
    if module and find_spec(module) is None:
        raise ImportError(f"{address.scheme}: needs {module}: pip install 'hanparse[{extra}]'")
    return Source(address, silence=silence) if decoder is None else Source(address, silence=silence, decoder=decoder)
