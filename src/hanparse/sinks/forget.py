"""Removes the retained messages of a bridge from its broker, and no messages of other programs.

A bridge retains a discovery, and for each meter the registers and the status. Other programs can use topics that begin
with the same words. So hanparse first finds the meters, and then removes only topics that a bridge uses for them.
"""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from hanparse.sinks.discovery import ENERGY_NAMES, ORIGIN
from hanparse.sinks.mqtt import Settings, connected
from hanparse.sinks.update import REGISTERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    import aiomqtt

    from hanparse.sinks.target import Target

LONGEST: Final = 10.0
"""The longest time in s without an expected message. Then the broker has dropped a message without an error."""
_NAMES: Final = REGISTERS | {"energy", "status"}
"""The last parts of the topics of a meter with retained messages."""


async def forget(target: Target) -> int:
    """Remove the retained messages of a bridge from its broker: the discoveries, the registers and the status.

    Home Assistant then removes the devices of the bridge. Return the number of removed messages. Raises `OSError` if
    the broker cannot be reached, or if it drops messages because the user has no right to read or to write a topic.
    """
    settings = Settings(target)
    patterns = [f"{settings.base}/+", f"{settings.base}/+/+"]
    if settings.prefix:
        patterns.append(f"{settings.prefix}/device/+/config")
    async with connected(settings) as client:
        await client.subscribe([(pattern, 1) for pattern in patterns])
        try:
            topics = _topics(await _kept(client, settings.base), settings)
            await _remove(client, topics)
        except TimeoutError:
            topics_needed = " and ".join(", ".join(patterns).rsplit(", ", 1))
            raise PermissionError(
                "the broker drops messages: the user probably does not have the right to read and to write "
                f"{topics_needed}"
            ) from None
    return len(topics)


async def _kept(client: aiomqtt.Client, base: str) -> dict[str, str]:
    """Return the retained messages by topic.

    This client also publishes a message to itself. The broker sends retained messages first, so this message arrives
    after all retained messages.
    """
    kept: dict[str, str] = {}
    end = uuid4().bytes
    await client.publish(f"{base}/end", end, qos=1)
    async with asyncio.timeout(LONGEST) as limit:
        async for message in client.messages:
            if message.payload == end:
                break
            if message.retain:
                limit.reschedule(asyncio.get_running_loop().time() + LONGEST)
                kept[str(message.topic)] = bytes(message.payload).decode(errors="replace")
    return kept


async def _remove(client: aiomqtt.Client, topics: set[str]) -> None:
    """Remove the retained messages of the topics. Wait until the broker has published each removal."""
    left = set(topics)
    for topic in topics:
        await client.publish(topic, b"", qos=1, retain=True)
    async with asyncio.timeout(LONGEST):
        while left:
            message = await anext(aiter(client.messages))
            if not message.payload:
                left.discard(str(message.topic))


def _topics(kept: Mapping[str, str], settings: Settings) -> set[str]:
    """Return the topics of the retained messages that a bridge with these settings has published."""
    discovery = re.compile(rf"{re.escape(settings.prefix)}/device/{ORIGIN}_[\w-]+/config", re.ASCII)
    meter = re.compile(rf"{re.escape(settings.base)}/([\w-]+)/(?:state|energy|status)", re.ASCII)
    found: set[str] = set()
    meters: set[str] = set()
    for topic, payload in kept.items():
        if discovery.fullmatch(topic) and meter.fullmatch(_status_of(payload)):
            found.add(topic)
            meters.update(match[1] for match in meter.finditer(payload))
        elif topic.endswith("/energy") and (match := meter.fullmatch(topic)) and _are_registers(payload):
            meters.add(match[1])
    return found | {f"{settings.base}/{key}/{name}" for key in meters for name in _NAMES} & kept.keys()


def _status_of(discovery: str) -> str:
    """Return the topic of the status in a discovery. If there is none, return an empty text."""
    try:
        return str(json.loads(discovery)["availability_topic"])
    except (KeyError, RecursionError, TypeError, ValueError):
        return ""


def _are_registers(payload: str) -> bool:
    """Return whether a payload is a message with the registers of a meter."""
    try:
        names = json.loads(payload)
    except (RecursionError, ValueError):
        return False
    return isinstance(names, dict) and bool(names) and names.keys() <= ENERGY_NAMES
