"""Defines `probe`, which finds the speed and the parity of a meter at a serial port.

One measurement proves that a setting is right, because the frame of the measurement has a check sequence. If the bytes
show that a setting is wrong, the search continues with the next setting at once. If a frame is intact but cannot be
decoded, the search ends without a result. Then the setting is right, but hanparse cannot read the meter, for example
because a key is missing.
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
"""The time in s for each setting. A meter that sends a push every 10 s sends at least two pushes in this time."""
_ENOUGH: Final = 256  # bytes: enough for the end of one push and a complete second push
_REFUSED: Final = (None, errno.EINVAL)  # errno; it is `None` if serialx refuses a setting that a port does not have
_LINE_FAULTS: Final = frozenset({"speed", "parity", "inverted", "no-flag", "no-format"})
_PAYLOAD_FAULTS: Final = frozenset({"ciphered", "key", "auth-key", "undecodable", "unknown-meter"})


class Setting(NamedTuple):
    """A `Setting` is a speed in baud and a parity (``"E"``, ``"N"`` or ``"O"``), with 8 data bits and 1 stop bit."""

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
"""The settings with 8 data bits that meters use (docs/connect.md). The most common setting is the first."""


class Attempt(NamedTuple):
    """An `Attempt` is the result of one setting. Without `measurement`, `faults` or `error` can contain the reason."""

    setting: Setting
    measurement: Measurement | None
    bytes: int
    faults: tuple[Fault, ...]
    error: OSError | None = None
    """The error that the port raised because it does not support the setting."""


async def probe(
    port: str,
    *,
    settings: Sequence[Setting] = SETTINGS,
    wait: float = WAIT,
    decoder: Callable[[], Decoder] = Decoder,
    note: Callable[[Attempt], object] = lambda _: None,
    transport: Transport | None = None,
) -> Setting | None:
    """Return the first setting with which a measurement arrives. Return `None` if no measurement arrives.

    `port` is a path, a COM port, or an ``rfc2217:`` or ``esphome:`` URL. `probe` tries each setting for up to `wait` s,
    and then calls `note` with the `Attempt`. If intact pushes cannot be decoded, it tries no other setting. `decoder`
    returns a new decoder, with keys if pushes are ciphered. `transport` opens the port. Raises `ValueError` if `port`
    is not a serial port. Raises `ImportError` with the pip command if a package is missing. Raises `OSError` if the
    port cannot be opened.
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
    measurements: list[Measurement] = []
    limit, refused = asyncio.timeout(wait), None
    try:
        async with limit, aclosing(transport(at)) as pieces:
            async for piece in pieces:
                measurements = decoder.feed(piece.data)
                if measurements or _is_decided(decoder):
                    break
    except TimeoutError:
        if not limit.expired():
            raise
    except OSError as error:
        if error.errno not in _REFUSED:
            raise
        refused = error
    return Attempt(
        setting, measurements[0] if measurements else None, decoder.stats.bytes, decoder.diagnosis(), refused
    )


def _is_decided(decoder: Decoder) -> bool:
    if decoder.stats.bytes < _ENOUGH:
        return False
    return any(fault.kind in _LINE_FAULTS | _PAYLOAD_FAULTS for fault in decoder.diagnosis())
