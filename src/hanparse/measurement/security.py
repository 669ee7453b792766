"""How a push was ciphered, and whether it was verified: `Security`."""

from __future__ import annotations

from typing import NamedTuple


class Security(NamedTuple):
    """What deciphering a push has learned of it."""

    system_title: bytes
    """Eight bytes that name the sender: the letters of its maker and a number. Empty where none was sent or given."""
    security_control: int
    """The security control byte: suite (bits 0-3), authenticated (4), encrypted (5), broadcast key (6)."""
    invocation_counter: int
    """Counts the pushes that were ciphered with one key, 32 bits; some meters always send 0."""
    verified: bool
    """An authentication tag fits, so every byte is as the meter sent it. Else the push was deciphered only."""
