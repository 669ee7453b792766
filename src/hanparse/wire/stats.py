"""Defines `Stats`, the counters of a decoder."""

from __future__ import annotations

from typing import NamedTuple


class Stats(NamedTuple):
    """A `Stats` contains the numbers of bytes, frames, pushes and errors that a decoder has counted so far."""

    bytes: int = 0
    frames: int = 0
    """The number of HDLC frames, M-Bus frames and P1 telegrams that pass all checks."""
    measurements: int = 0
    recognised: int = 0
    """The number of pushes decoded fast, by comparison with an earlier push that differs only in its values."""
    passed_over: int = 0
    """The number of bytes outside the frames that `frames` counts."""
    hcs_failures: int = 0
    fcs_failures: int = 0
    checksum_failures: int = 0
    """The number of M-Bus frames with a checksum that does not fit."""
    crc_failures: int = 0
    """The number of P1 telegrams with a CRC that does not fit."""
    undecodable: int = 0
    """The number of pushes with a payload that hanparse cannot decode, although their frames pass all checks."""
    ciphered: int = 0
    """The number of ciphered pushes that hanparse cannot decipher or verify. `undecodable` includes this number."""
    unknown_meters: int = 0
    """The number of pushes with a correct payload that no profile reads."""
    dropped_assemblies: int = 0
    """The number of pushes that are incomplete because a segment, telegram or block is missing."""
