"""Receives the messages of an MQTT broker with aiomqtt. `messages` is the transport for brokers."""

from __future__ import annotations

import asyncio
import logging
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from hanparse.sources.piece import CONNECT_TIMEOUT, Piece, connecting

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from hanparse.sources.address import Address

_MAX_WAITING: Final = 1000  # messages; the source takes each one when it arrives, so only a flood fills this queue
_QUIET: Final = logging.getLogger("hanparse.sources.mqtt")
_QUIET.setLevel(logging.CRITICAL)  # `Source.last_error` contains what aiomqtt would log


async def messages(address: Address) -> AsyncGenerator[Piece, None]:
    """Yield the messages of the topics that `address` selects. Raises `OSError` if the connection fails or is lost."""
    import aiomqtt  # noqa: PLC0415  an extra, which `check_extra` looks for

    context = ssl.create_default_context() if address.scheme == "mqtts" else None
    await check_reachable(address.host, address.port, context)
    client = aiomqtt.Client(
        address.host,
        address.port,
        username=address.user,
        password=address.password,
        timeout=CONNECT_TIMEOUT,
        tls_context=context,
        max_queued_incoming_messages=_MAX_WAITING,
        logger=_QUIET,
    )
    try:
        await client.__aenter__()
        await _subscribe(client, address.topic)
        async for message in client.messages:
            if isinstance(message.payload, bytes):
                yield Piece(message.payload, str(message.topic), is_message=True)
    except aiomqtt.MqttError as error:  # an MqttError is not an OSError
        raise ConnectionError(str(error)) from None
    finally:
        await leave(client)


async def check_reachable(host: str, port: int, context: ssl.SSLContext | None) -> None:
    """Connect to a broker and disconnect at once. Raises `OSError` if this fails or if the certificate is not valid.

    This function is called before aiomqtt connects, for two reasons. aiomqtt connects in a thread, and the program
    cannot end before this thread, which waits if the broker does not answer. aiomqtt also leaves the socket open if the
    certificate is not valid.
    """
    async with connecting(host, port):
        _, writer = await asyncio.open_connection(host, port, ssl=context)
    writer.transport.abort()


async def _subscribe(client: Any, topic: str) -> None:  # noqa: ANN401  a class of the extra
    for code in await client.subscribe(topic, qos=1):
        if getattr(code, "is_failure", False):
            raise ConnectionError(f"expected the broker to accept the subscription to {topic!r}, found: {code}")


async def leave(client: Any) -> None:  # noqa: ANN401  a class of the extra
    """Disconnect without waiting for an answer, because a broker that cannot be reached sends no answer.

    This also closes the socket of an incomplete connection, which `aiomqtt.Client.__aenter__` leaves open.
    """
    with suppress(Exception):
        async with asyncio.timeout(0):
            await client.__aexit__(None, None, None)
