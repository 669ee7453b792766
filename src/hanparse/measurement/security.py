"""Defines `Security`: the ciphering of a push, and whether the push was verified."""

from __future__ import annotations

from typing import NamedTuple


class Security(NamedTuple):
    """An instance describes the ciphering of a push."""

    system_title: bytes
    """Eight bytes that identify the sender: three letters of its manufacturer and a number.

    The system title is empty if neither the push nor the caller gives it.
    """
    security_control: int
    """The security control byte: suite (bits 0-3), authenticated (4), encrypted (5), broadcast key (6)."""
    invocation_counter: int
    """A 32-bit number that rises with every push that is ciphered with the same key. Some meters always send 0."""
    verified: bool
    """True if the authentication tag fits. Every byte of the push is then as the meter sent it."""
