"""The bytes that a transport receives at one time: `Piece`."""

from __future__ import annotations

from typing import Final, NamedTuple

CONNECT_TIMEOUT: Final = 10.0
"""The longest time in s until a connection is open."""


class Piece(NamedTuple):
    """Bytes of a connection: a part of its stream, or a message with a topic."""

    data: bytes
    channel: str = ""
    """The topic of the message; empty for a stream."""
    is_message: bool = False
    """Whether the bytes are complete in themselves, and not a part of a stream."""
