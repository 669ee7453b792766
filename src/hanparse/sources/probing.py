"""Finds the speed and the parity of a meter at a serial port: `probe`.

One measurement proves a setting, because its frame has a check sequence. If the bytes show that a setting is wrong, the
search continues with the next one at once. An intact frame that cannot be decoded ends the search without a result: the
setting is right, but the meter cannot be read.
"""

from __future__ import annotations

import asyncio
import errno
from contextlib import aclosing
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse.decoder import Decoder
from hanparse.sources.address import DEVICES, Address, check_extra, parse
from hanparse.sources.transports import transport_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from hanparse.diagnosis import Fault
    from hanparse.measurement import Measurement
    from hanparse.sources.transports import Transport

WAIT: Final = 25.0
"""The time in s for each setting. In this time, a meter with an interval of 10 s sends two pushes."""
_ENOUGH: Final = 256  # the number of bytes: the end of one push, and a whole second push
_REFUSED: Final = (None, errno.EINVAL)  # serialx gives no number for a setting that a port does not have
_LINE_FAULTS: Final = frozenset({"speed", "parity", "inverted", "no-flag", "no-format"})
_PAYLOAD_FAULTS: Final = frozenset({"ciphered", "key", "auth-key", "undecodable", "unknown-meter"})


class Setting(NamedTuple):
    """The speed in baud and the parity (``"E"``, ``"N"`` or ``"O"``) of a serial port; 8 data bits, 1 stop bit."""

    baud: int
    parity: str

    def __str__(self) -> str:
        """Return the usual notation, such as ``2400 8E1``."""
        return f"{self.baud} 8{self.parity}1"


SETTINGS: Final = (
    Setting(2400, "E"),
    Setting(2400, "N"),
    Setting(115_200, "N"),
    Setting(9600, "N"),
    Setting(38_400, "N"),
)
"""The settings of meters, the most frequent first (docs/connect.md)."""


class Attempt(NamedTuple):
    """The result of one setting. Without a `measurement`, `faults` or `error` give the reason."""

    setting: Setting
    measurement: Measurement | None
    bytes: int
    faults: tuple[Fault, ...]
    error: OSError | None = None
    """The error of a port that does not have the setting."""


async def probe(
    port: str,
    *,
    settings: Sequence[Setting] = SETTINGS,
    wait: float = WAIT,
    decoder: Callable[[], Decoder] = Decoder,
    note: Callable[[Attempt], object] = lambda _: None,
    transport: Transport | None = None,
) -> Setting | None:
    """Return the first of the settings with which a measurement arrives, or `None`.

    `port` is a path, a COM port, or an ``rfc2217:`` or ``esphome:`` URL. Each setting is tried for up to `wait` s, and
    `note` is called with its `Attempt`. `decoder` returns a new decoder, which has keys if pushes are ciphered.
    `transport` opens the port. Raises `ValueError` for any other URL, `ImportError`, which names the extra, if a
    package is missing, and `OSError` if the port cannot be opened.
    """
    address = parse(port)
    if address.scheme not in ("serial", *DEVICES):
        raise ValueError(f"expected a serial port, found the scheme {address.scheme!r}, which has no speed")
    if transport is None:
        check_extra(address.scheme)
    for setting in settings:
        at = replace(address, baud=setting.baud, parity=setting.parity)
        attempt = await _attempt(at, setting, wait, decoder(), transport or transport_of(at.scheme))
        note(attempt)
        if attempt.measurement:
            return setting
        if any(fault.kind in _PAYLOAD_FAULTS for fault in attempt.faults):
            return None
    return None


async def _attempt(at: Address, setting: Setting, wait: float, decoder: Decoder, transport: Transport) -> Attempt:
    found: list[Measurement] = []
    limit, refused = asyncio.timeout(wait), None
    try:
        async with limit, aclosing(transport(at)) as pieces:
            async for piece in pieces:
                found = decoder.feed(piece.data)
                if found or _is_decided(decoder):
                    break
    except TimeoutError:
        if not limit.expired():
            raise
    except OSError as error:
        if error.errno not in _REFUSED:
            raise
        refused = error
    return Attempt(setting, found[0] if found else None, decoder.stats.bytes, decoder.diagnosis(), refused)


def _is_decided(decoder: Decoder) -> bool:
    if decoder.stats.bytes < _ENOUGH:
        return False
    return any(fault.kind in _LINE_FAULTS | _PAYLOAD_FAULTS for fault in decoder.diagnosis())
