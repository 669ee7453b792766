"""Defines the counters of a decoder: `Stats`."""

from __future__ import annotations

from typing import NamedTuple


class Stats(NamedTuple):
    """The numbers of bytes, frames, pushes and errors that a decoder has counted so far."""

    bytes: int = 0
    frames: int = 0
    """Sound HDLC frames, M-Bus frames and P1 telegrams."""
    measurements: int = 0
    recognised: int = 0
    """Measurements that a layout decoded, because the push differs from an earlier push only in its values."""
    passed_over: int = 0
    """Bytes that are not part of a sound frame."""
    hcs_failures: int = 0
    fcs_failures: int = 0
    checksum_failures: int = 0
    """M-Bus frames with a checksum that does not fit."""
    crc_failures: int = 0
    """P1 telegrams with a CRC that does not fit."""
    undecodable: int = 0
    """Pushes in sound frames with a payload that hanparse cannot decode."""
    ciphered: int = 0
    """Undecodable pushes that are ciphered; they are also counted in `undecodable`."""
    unknown_meters: int = 0
    """Pushes with a sound payload that no profile reads."""
    dropped_assemblies: int = 0
    """Pushes in segments, telegrams or blocks that are incomplete, because a part is missing."""
