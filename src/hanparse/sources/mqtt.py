"""Receives the messages of an MQTT broker with aiomqtt: `messages`, the transport of one connection."""

from __future__ import annotations

import asyncio
import logging
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from hanparse.sources.piece import CONNECT_TIMEOUT, Piece

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from hanparse.sources.address import Address

_MAX_WAITING: Final = 1000  # messages; the source takes them at once, so this limits what a flood can occupy
_QUIET: Final = logging.getLogger("hanparse.sources.mqtt")
_QUIET.setLevel(logging.CRITICAL)  # `Source.last_error` has the reason of a lost connection


async def messages(address: Address) -> AsyncGenerator[Piece, None]:
    """Yield the messages of the topics. Raises `OSError` when the connection fails or is lost."""
    import aiomqtt  # noqa: PLC0415  an extra, which `open` looks for

    context = ssl.create_default_context() if address.scheme == "mqtts" else None
    await _check_reachable(address, context)
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
    except aiomqtt.MqttError as error:  # it is no OSError
        raise ConnectionError(str(error)) from None
    finally:
        await _leave(client)


async def _check_reachable(address: Address, context: ssl.SSLContext | None) -> None:
    """Connect and leave, also to see the certificate of the broker. Raises `OSError` if this fails.

    aiomqtt connects in a thread, which keeps a program from ending while no broker answers. It leaves the socket open
    if it refuses a certificate.
    """
    async with asyncio.timeout(CONNECT_TIMEOUT):
        _, writer = await asyncio.open_connection(address.host, address.port, ssl=context)
    writer.transport.abort()


async def _subscribe(client: Any, topic: str) -> None:  # noqa: ANN401  a class of the extra
    for code in await client.subscribe(topic, qos=1):
        if getattr(code, "is_failure", False):
            raise ConnectionError(f"expected the broker to accept the subscription to {topic!r}, found: {code}")


async def _leave(client: Any) -> None:  # noqa: ANN401  a class of the extra
    """Disconnect, and wait for no answer: a broker that is gone sends none.

    This also closes the socket of a connection that was not complete, which `aiomqtt.Client.__aenter__` leaves open.
    """
    with suppress(Exception):
        async with asyncio.timeout(0):
            await client.__aexit__(None, None, None)
