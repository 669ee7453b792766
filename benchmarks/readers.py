"""Define the compared libraries. Each library is used as its documentation recommends.

``readers.py NAME FILE`` reads a file with one library, and prints the number of pushes and the peak memory.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Final

Feed = Callable[[bytes], Sequence[object]]
"""A function that takes a chunk and returns the pushes that the chunk completes."""

FILE_CHUNK: Final = 4096
_LLC_SIZE: Final = 3


@dataclass(frozen=True)
class Library:
    """A compared library: its package, the type of its results, its imports, and a function that makes a reader."""

    package: str
    returns: str
    checks: str
    imports: str
    reader: Callable[[], Feed]
    streams: bool = True
    """True if the library finds frames in a stream."""


# Each function imports its library, so that a process contains only the library that it measures.


def _hanparse() -> Feed:
    feed: Feed = import_module("hanparse").Decoder().feed
    return feed


def _amshan() -> Feed:
    read = import_module("han.hdlc").HdlcFrameReader(False).read  # noqa: FBT003  no octet stuffing
    decode = import_module("han.autodecoder").AutoDecoder().decode_message_payload

    def feed(chunk: bytes) -> list[object]:
        return [decode(frame.payload) for frame in read(chunk) if frame.is_valid]

    return feed


def _dlms_cosem() -> Feed:
    parse_frame = import_module("dlms_cosem.hdlc.frames").UnnumberedInformationFrame.from_bytes
    parse_apdu = import_module("dlms_cosem.protocol.xdlms.data_notification").DataNotification.from_bytes
    parse_body = import_module("dlms_cosem.utils").parse_as_dlms_data

    def feed(frame: bytes) -> list[object]:
        notification = parse_apdu(parse_frame(frame).payload[_LLC_SIZE:])
        return [(notification.date_time, parse_body(notification.body))]

    return feed


def _gurux() -> Feed:
    gurux = import_module("gurux_dlms")
    client, buffer = gurux.GXDLMSClient(True), gurux.GXByteBuffer()  # noqa: FBT003  logical names

    def feed(chunk: bytes) -> list[object]:
        buffer.set(chunk)
        found: list[object] = []
        while True:
            push = gurux.GXReplyData()
            client.getData(buffer, gurux.GXReplyData(), push)
            if not push.complete or push.value is None:
                break
            found.append((push.time, push.value))
        buffer.trim()
        return found

    return feed


def _pydlms_client() -> Feed:
    feed_decoder = import_module("pydlms.push").PushDecoder().feed

    def feed(chunk: bytes) -> list[object]:
        return [(message.timestamp, [record.raw for record in message.records]) for message in feed_decoder(chunk)]

    return feed


LIBRARIES: Final = {
    "hanparse": Library(
        "hanparse",
        "a `Measurement`: named values in SI units, times with their zone",
        "HCS, FCS, flags, and every constant byte",
        "import hanparse",
        _hanparse,
    ),
    "amshan": Library(
        "amshan",
        "a `dict` of named values in SI units; times as the meter sends them",
        "FCS, length, flags; not the HCS",
        "from han import autodecoder, hdlc",
        _amshan,
    ),
    "dlms-cosem": Library(
        "dlms-cosem",
        "raw lists: OBIS codes as bytes, values not scaled",
        "HCS, FCS, flags",
        "from dlms_cosem import utils; from dlms_cosem.hdlc import frames; from dlms_cosem.protocol.xdlms import "
        "data_notification",
        _dlms_cosem,
        streams=False,
    ),
    "gurux-dlms": Library(
        "gurux-dlms",
        "raw lists: OBIS codes as bytes, values not scaled",
        "HCS, FCS, flags",
        "import gurux_dlms",
        _gurux,
    ),
    "pydlms-client": Library(
        "pydlms-client",
        "OBIS codes, scalers, units and raw values; a property scales each value",
        "HCS, FCS, flags",
        "from pydlms import push",
        _pydlms_client,
    ),
}


def peak_memory() -> int:
    """Return the peak memory of this process in bytes."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text("ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    import resource  # noqa: PLC0415  on macOS it is in bytes; on Linux it would count the parent's memory as well

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Read the file in chunks, and keep no result."""
    name, path = sys.argv[1:]
    feed = LIBRARIES[name].reader()
    count = 0
    with Path(path).open("rb") as file:
        while chunk := file.read(FILE_CHUNK):
            count += len(feed(chunk))
    print(count, peak_memory())


if __name__ == "__main__":
    main()
