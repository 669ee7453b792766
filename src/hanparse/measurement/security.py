"""Defines `Security`, which describes how a push was ciphered and whether it was verified."""

from __future__ import annotations

from typing import NamedTuple


class Security(NamedTuple):
    """An instance describes how a push was ciphered."""

    system_title: bytes
    """Eight bytes that identify the sender: the three letters of its manufacturer, then a number.

    The system title is empty if neither the push contains it nor the caller passes it.
    """
    security_control: int
    """The security control byte: suite (bits 0-3), authenticated (bit 4), encrypted (bit 5), broadcast key (bit 6)."""
    invocation_counter: int
    """A 32-bit number that must increase with every push ciphered with the same key. Some meters always send 0."""
    verified: bool
    """True if the authentication tag is correct. Every byte of the push is then as the sender sent it."""
