"""Messages of a broker as gateways publish them: the protobuf of a Tibber Pulse is encoded here, apart from hanparse.

The encoding is that of the protobuf documentation: a key of field number and wire type, then a varint, eight bytes, or
a length and bytes.
"""

from __future__ import annotations

import zlib
from typing import Final

START: Final = bytes.fromhex("08dcd902")
"""The first field of every message of a Pulse."""
P1: Final = b"\x18\x01"
"""The field that follows the entries of a Pulse P1."""


def varint(number: int) -> bytes:
    groups = [number >> shift & 0x7F for shift in range(0, max(number.bit_length(), 1), 7)]
    return bytes([*(group | 0x80 for group in groups[:-1]), groups[-1]])


def octets(number: int, data: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(data)) + data


def entry(data: bytes, uptime: int, port: bytes = b"HAN") -> bytes:
    return octets(2, b"\x09" + uptime.to_bytes(8, "little") + octets(2, port) + octets(3, data))


def pulse_han(*frames: bytes, uptime: int = 1_000_000, step: int = 2_500) -> bytes:
    return START + b"".join(entry(frame, uptime + step * i) for i, frame in enumerate(frames))


def pulse_p1(*telegrams: bytes, uptime: int = 1_000_000, step: int = 10_000) -> bytes:
    """One zlib stream with a window of 2 KiB over all entries; each ends in a sync flush."""
    stream = zlib.compressobj(wbits=11)
    parts = [stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH) for data in telegrams]
    entries = [entry(data, uptime + step * i, b"P1") for i, data in enumerate(parts)]
    return START + b"".join(entries) + P1
