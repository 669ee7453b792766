"""Print the measurements from a serial port.

    python examples/serial_reader.py /dev/ttyUSB0

Set the port first, for example ``stty -F /dev/ttyUSB0 2400 parenb -parodd cs8 raw``
(Kamstrup: ``-parenb``). Any file object whose ``read(n)`` blocks until bytes arrive is
a port, too.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from hanparse import Decoder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanparse import Measurement


def measurements(port: BinaryIO) -> Iterator[Measurement]:
    """Yield every measurement from the port until the port is closed."""
    decoder = Decoder()
    while chunk := port.read(64):
        yield from decoder.feed(chunk)
    yield from decoder.flush()
    if not decoder.stats.measurements:
        sys.exit(f"nothing was decoded: {decoder.last_error or decoder.stats}")


if __name__ == "__main__":
    with Path(sys.argv[1]).open("rb", buffering=0) as opened:
        for measurement in measurements(opened):
            print(measurement, flush=True)
