"""Publishes the values of meters to an MQTT broker, with the device discovery of Home Assistant.

* ``mqtt://user:password@broker:1883/hanparse``: the path is the first part of every topic, by default "hanparse".
* ``?flat=1`` also publishes each number on its own topic, for evcc and openHAB.
* ``?discovery=`` publishes no discovery. ``?discovery=PREFIX`` replaces "homeassistant", the first part of its topic.
* ``mqtts`` uses TLS. ``?ca=FILE`` names a file with the certificates that hanparse trusts, for a broker whose
  certificate is not signed by a public authority.

The discovery is the message that describes a meter to Home Assistant. The status is "online" while the bridge runs. The
broker keeps the discovery, the registers and the status. It does not keep powers, because powers are soon out of date.
The bridge gives the broker a last will (MQTT 5.0, 3.1.2.5). When the connection is lost, the broker publishes this
message, which sets the status to "offline". This can also be the will of an older connection, or the status of another
bridge. So while a bridge runs, it answers each "offline" with "online".
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from hanparse.sinks.discovery import BASE, OFFLINE, ONLINE, Message, Topics, components, discovery, flat, states
from hanparse.sources.address import PORTS
from hanparse.sources.background import end
from hanparse.sources.mqtt import check_reachable, leave

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    import aiomqtt

    from hanparse.sinks.outlet import Outlet
    from hanparse.sinks.target import Target
    from hanparse.sinks.update import Update

SUBSCRIBE_PAUSE: Final = 0.5
"""The pause in s after a discovery. During the pause, Home Assistant subscribes to the topics in the discovery."""
ENERGY_PERIOD: Final = timedelta(seconds=10)
"""The shortest time between two messages with registers that `LiveEnergy` computed.

Registers that the meter itself sent are published without this limit.
"""
KEEPALIVE: Final = 15
"""The keep-alive interval in s. The client closes the connection if the broker does not answer for about 20 s."""
OFFLINE_TIMEOUT: Final = 0.5
"""The longest time in s for publishing the status "offline" at the end."""
_PREFIX: Final = "homeassistant"
_WILDCARDS: Final = "+#"


class Settings:
    """Holds the parts of the URL that name topics, and makes clients for the broker of the URL."""

    def __init__(self, target: Target) -> None:
        """Raises `ValueError` if the path or the prefix of the discovery contains a wildcard."""
        options = target.options
        self.target = target
        self.base = target.path.strip("/") or BASE
        self.prefix = options.get("discovery", _PREFIX)
        self.is_flat = options.get("flat", "0") not in ("", "0")
        if set(self.base + self.prefix) & set(_WILDCARDS):
            raise ValueError(
                f"expected a topic without {' and '.join(_WILDCARDS)} in the URL of a broker, found a wildcard"
            )

    @property
    def port(self) -> int:
        """Return the port of the URL. If the URL has no port, return the default port of MQTT."""
        return self.target.port or PORTS[self.target.scheme]

    def context(self) -> ssl.SSLContext | None:
        """Return the TLS context of a connection. Raises `OSError` if the file of certificates cannot be read."""
        is_secure = self.target.scheme == "mqtts"
        return ssl.create_default_context(cafile=self.target.options.get("ca")) if is_secure else None

    def client(self, will: str | None = None) -> aiomqtt.Client:
        """Return a client that is not yet connected. `will` is the topic of the last will."""
        import aiomqtt  # noqa: PLC0415  an extra

        silent = logging.getLogger(f"{__name__}.client")
        silent.disabled = True  # this package writes its own log
        target = self.target
        return aiomqtt.Client(
            target.host,
            self.port,
            username=target.username,
            password=target.password,
            will=None if will is None else aiomqtt.Will(will, OFFLINE, qos=1, retain=True),
            keepalive=KEEPALIVE,
            tls_context=self.context(),
            logger=silent,
        )


class Mqtt:
    """Publishes updates to a broker."""

    def __init__(self, target: Target, silence: float) -> None:
        self._settings = Settings(target)
        self._silence = silence

    async def __call__(self, outlet: Outlet) -> None:
        """Publish every update. All meters share one status topic, because a connection has only one will."""
        first = await outlet.first()
        status = Topics(self._settings.base, first.meter).of("status")
        async with connected(self._settings, status) as client:
            session = _Session(client, self._settings, status, self._silence)
            await session.run(outlet)


@asynccontextmanager
async def connected(settings: Settings, will: str | None = None) -> AsyncIterator[aiomqtt.Client]:
    """Connect before the block, and disconnect after it. Raises `OSError` for every error of the connection."""
    import aiomqtt  # noqa: PLC0415  an extra

    await check_reachable(settings.target.host, settings.port, settings.context())
    client = settings.client(will)
    try:
        try:
            await client.__aenter__()
        except BaseException:
            await leave(client)
            raise
        try:
            yield client
        finally:
            await client.__aexit__(None, None, None)
    except aiomqtt.MqttError as error:  # an MqttError is not an OSError
        raise ConnectionError(str(error)) from error


class _Session:
    """Publishes updates on one connection to a broker."""

    def __init__(self, client: aiomqtt.Client, settings: Settings, status: str, silence: float) -> None:
        self._client = client
        self._settings = settings
        self._status = status
        self._silence = silence
        self._last: dict[str, Update] = {}
        self._announced: dict[str, Message] = {}
        self._kept_entities: dict[str, frozenset[str]] = {}
        self._registers_sent: dict[str, datetime] = {}

    async def run(self, outlet: Outlet) -> None:
        """Publish updates until the connection is lost or this task is cancelled. Then set the status to "offline"."""
        await self._publish_online()
        tasks = {asyncio.create_task(self._listen()), asyncio.create_task(self._deliver(outlet))}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # raises the error of the task
        finally:
            await end(tasks)
            with suppress(Exception):  # the connection may be lost
                await self._client.publish(self._status, OFFLINE, qos=1, retain=True, timeout=OFFLINE_TIMEOUT)

    async def _deliver(self, outlet: Outlet) -> None:
        while True:
            update = await outlet.first()
            self._last[update.meter.key] = update
            await self._announce(update)
            await self._publish_states(update, self._is_due(update))
            outlet.done(update)

    async def _listen(self) -> None:
        """Repeat the status, the discovery and the values when Home Assistant starts.

        When another client sets the status to something else than "online", set it to "online" again. When the broker
        sends the retained discovery of an earlier connection, publish the discovery again: it then contains the
        entities of the retained discovery, too.
        """
        birth = f"{self._settings.prefix}/status" if self._settings.prefix else None
        await self._client.subscribe([(topic, 1) for topic in (self._status, birth) if topic is not None])
        async for message in self._client.messages:
            topic, is_online = str(message.topic), message.payload == ONLINE.encode()
            key = self._key_of(topic)
            if topic == self._status:
                if not is_online:  # an answer to "online" would never end
                    await self._publish_online()
            elif topic == birth and is_online:
                await self._repeat()
            elif message.retain and key is not None:
                self._kept_entities[key] = components(message.payload)
                await self._announce(self._last[key])

    async def _repeat(self) -> None:
        await self._publish_online()
        self._announced.clear()
        for update in [*self._last.values()]:
            await self._announce(update)
            await self._publish_states(update, with_kept=True)

    def _key_of(self, topic: str) -> str | None:
        """Return the key of the meter whose discovery has this topic, or `None`."""
        topics = ((key, Topics(self._settings.base, update.meter)) for key, update in self._last.items())
        return next((key for key, one in topics if topic == one.config(self._settings.prefix)), None)

    async def _announce(self, update: Update) -> None:
        """Publish the discovery if it differs from the last one that was published.

        Then wait `SUBSCRIBE_PAUSE`, so that Home Assistant can subscribe to the topics in the discovery.
        """
        if not self._settings.prefix:
            return
        settings, key = self._settings, update.meter.key
        if key not in self._kept_entities:  # after the subscription, the broker sends a retained discovery
            self._kept_entities[key] = frozenset()
            await self._client.subscribe(Topics(settings.base, update.meter).config(settings.prefix), qos=1)
        known = replace(update, shown=update.shown | self._kept_entities[key])
        message = discovery(known, settings.base, settings.prefix, self._status, self._silence)
        if self._announced.get(key) != message:
            self._announced[key] = message
            await self._publish(message)
            await asyncio.sleep(SUBSCRIBE_PAUSE)

    def _is_due(self, update: Update) -> bool:
        """Return whether registers are published now.

        Registers that `LiveEnergy` computed are published at most every 10 s.
        """
        then = self._registers_sent.get(update.meter.key)
        if then is None or update.has_registers or abs(update.at - then) >= ENERGY_PERIOD:
            self._registers_sent[update.meter.key] = update.at
            return True
        return False

    async def _publish_states(self, update: Update, with_kept: bool) -> None:  # noqa: FBT001  one of two callers decides
        base = self._settings.base
        for message in (*states(update, base), *(flat(update, base) if self._settings.is_flat else ())):
            if with_kept or not message.retain:
                await self._publish(message)

    async def _publish_online(self) -> None:
        await self._publish(Message(self._status, ONLINE, retain=True))

    async def _publish(self, message: Message) -> None:
        await self._client.publish(message.topic, message.payload, qos=int(message.retain), retain=message.retain)
