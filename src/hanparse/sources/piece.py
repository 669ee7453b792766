"""Defines what transports share: `Piece`, the bytes that one receives at one time, and the time for a connection."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

CONNECT_TIMEOUT: Final = 10.0
"""The longest time in s for opening a connection."""


class Piece(NamedTuple):
    """A `Piece` holds bytes that a connection received: a part of a stream, or a message with a topic."""

    data: bytes
    channel: str = ""
    """The topic of the message; empty for a stream."""
    is_message: bool = False
    """True if the bytes are a complete message, false if they are a part of a stream."""


@asynccontextmanager
async def connecting(host: str, port: int | None) -> AsyncGenerator[None, None]:
    """Raise `TimeoutError` if the body, which opens a connection, takes longer than `CONNECT_TIMEOUT`."""
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT):
            yield
    except TimeoutError as error:
        reason = f"expected {host}:{port} to accept a connection within {CONNECT_TIMEOUT:g} s, found no answer"
        raise error if error.args else TimeoutError(reason) from None
