"""Defines `Piece`: the bytes that a transport receives at one time."""

from __future__ import annotations

from typing import Final, NamedTuple

CONNECT_TIMEOUT: Final = 10.0
"""The longest time in s for opening a connection."""


class Piece(NamedTuple):
    """A `Piece` holds bytes that a connection received: a part of a stream, or a message with a topic."""

    data: bytes
    channel: str = ""
    """The topic of the message; empty for a stream."""
    is_message: bool = False
    """True if the bytes are a complete message, false if they are a part of a stream."""
