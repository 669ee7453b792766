"""Delivers the values of meters to brokers, databases and files. `open` returns an `Outlet`, which runs a sink.

The URL selects the sink:

| URL | sink |
|---|---|
| ``mqtt://broker``, ``mqtts://broker`` | `hanparse.sinks.mqtt`; needs the extra ``mqtt`` |
| ``prometheus://127.0.0.1:9101`` | `hanparse.sinks.prometheus`; needs the extra ``prometheus`` |
| ``influx+http://host:8086``, ``influx+https:``, ``influx+udp:``, ``influx+file:`` | `hanparse.sinks.influx` |
| ``sqlite:///path`` | `hanparse.sinks.sqlite` |
| ``-``, ``file:///path`` | `hanparse.sinks.jsonlines` |

Only this package, `hanparse.sources` and some commands of `hanparse.cli` use asyncio.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from hanparse.sinks.influx import Influx
from hanparse.sinks.jsonlines import JsonLines
from hanparse.sinks.mqtt import Mqtt
from hanparse.sinks.outlet import Outlet
from hanparse.sinks.prometheus import Prometheus
from hanparse.sinks.sqlite import Sqlite
from hanparse.sinks.target import Target, parse
from hanparse.wording import pip_install

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hanparse.sinks.outlet import Note, Sink

__all__ = ["Outlet", "open"]

SILENCE: Final = 60.0
"""The time in s without a push after which powers, currents and voltages become unavailable.

Home Assistant then shows them as unavailable, and Prometheus no longer receives values of the meter.
"""
_EXTRAS: Final = {
    "mqtt": ("aiomqtt", "mqtt"),
    "mqtts": ("aiomqtt", "mqtt"),
    "prometheus": ("prometheus_client", "prometheus"),
}
_SINKS: Final[Mapping[str, Callable[[Target, float], Sink]]] = {
    "jsonl": lambda target, _silence: JsonLines(target),
    "sqlite": lambda target, _silence: Sqlite(target),
    "mqtt": Mqtt,
    "mqtts": Mqtt,
    "prometheus": Prometheus,
}


def open(url: str, note: Note, *, silence: float = SILENCE) -> Outlet:  # noqa: A001  as in hanparse.sources
    """Return an `Outlet`, which runs the sink for a URL.

    The outlet calls `note` with each sentence for the log. No sentence contains a password. `silence` is explained at
    `SILENCE`. Raises `ValueError` if no sink can use this URL. Raises `ImportError` with the pip command if a package
    is missing.
    """
    target = parse(url)
    make = _SINKS.get(target.scheme)
    sink = Influx(target) if make is None else make(target, silence)
    check_extra(target)
    return Outlet(target.shown, sink, note)


def check_extra(target: Target) -> None:
    """Raise `ImportError` with the pip command if the package for a sink is missing."""
    module, extra = _EXTRAS.get(target.scheme, ("", ""))
    if module and find_spec(module) is None:
        raise ImportError(f"{target.scheme}: needs {module}: {pip_install(extra)}")
