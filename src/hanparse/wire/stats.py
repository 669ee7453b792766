"""The counters of a decoder: `Stats`."""

from __future__ import annotations

from typing import NamedTuple


class Stats(NamedTuple):
    """Counts the bytes, frames and pushes that a decoder has received so far."""

    bytes: int = 0
    frames: int = 0
    """Sound HDLC and M-Bus frames and P1 telegrams."""
    measurements: int = 0
    recognised: int = 0
    """Measurements of pushes that differ from an earlier push in their values alone, decoded by its learned layout."""
    passed_over: int = 0
    """Bytes that belong to no sound frame."""
    hcs_failures: int = 0
    fcs_failures: int = 0
    checksum_failures: int = 0
    """M-Bus frames whose checksum does not fit."""
    crc_failures: int = 0
    """P1 telegrams whose CRC does not fit."""
    undecodable: int = 0
    """Pushes in sound frames whose payload is no COSEM APDU that hanparse can decode."""
    ciphered: int = 0
    """Undecodable pushes that are ciphered."""
    unknown_meters: int = 0
    """Pushes with a sound payload that no profile reads."""
    dropped_assemblies: int = 0
    """Pushes in segments, telegrams or blocks of which one is missing or belongs to another push."""
