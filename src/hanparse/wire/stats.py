"""What a decoder counts: `Stats`."""

from __future__ import annotations

from typing import NamedTuple


class Stats(NamedTuple):
    """What a decoder has seen so far."""

    bytes: int = 0
    frames: int = 0
    """Sound HDLC and M-Bus frames and P1 telegrams."""
    measurements: int = 0
    passed_over: int = 0
    """Bytes that belong to no sound frame."""
    hcs_failures: int = 0
    fcs_failures: int = 0
    checksum_failures: int = 0
    """M-Bus frames whose checksum does not fit."""
    crc_failures: int = 0
    """P1 telegrams whose CRC does not fit."""
    undecodable: int = 0
    """Pushes in sound frames whose payload is no COSEM that hanparse reads."""
    ciphered: int = 0
    """How many of the undecodable pushes are ciphered."""
    unknown_meters: int = 0
    """Pushes with a sound payload that no profile reads."""
    dropped_assemblies: int = 0
    """Pushes in segments, telegrams or blocks of which one was missing or foreign."""
