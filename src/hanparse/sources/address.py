"""Defines `parse`, which parses the URLs of sources. No error and no `repr` contains a password."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Final
from urllib.parse import parse_qsl, unquote, urlencode

from hanparse.sources.installed import installed_schemes
from hanparse.sources.network import file_path, host_text, network, split
from hanparse.wording import pip_install

FILES: Final = ("file", "-")
"""The schemes of inputs that end. If a connection of any other scheme ends, the source connects again."""
BROKERS: Final = ("mqtt", "mqtts")
DEVICES: Final = ("socket", "rfc2217", "esphome")
"""The schemes of serial ports in the network. The package serialx opens these ports, and also local serial ports."""
SCHEMES: Final = ("serial", "tcp", *BROKERS, *DEVICES, *FILES)
_EXTRAS: Final = {
    **dict.fromkeys(("serial", "socket", "rfc2217"), ("hanparse", "serial", "serialx")),
    "esphome": ("serialx", "esphome", "aioesphomeapi"),
    **dict.fromkeys(BROKERS, ("hanparse", "mqtt", "aiomqtt")),
}
"""For each scheme that needs more packages: the package to install, its extra, and a module that the extra installs."""
PORTS: Final = {"mqtt": 1883, "mqtts": 8883, "esphome": 6053}
"""The default network port of each scheme that has one."""
_PARITIES: Final = ("E", "N", "O")


@dataclass(frozen=True)
class Address:
    """An `Address` holds the parts of the URL of a source."""

    scheme: str
    target: str
    """The path of a device or file, or host:port, or host:port/topic. It contains no password."""
    host: str = ""
    port: int = 0
    topic: str = ""
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    baud: int = 2400
    parity: str = "E"
    url: str = field(default="", repr=False)
    """The path or URL that serialx or the transport of an installed package opens. It can contain a password."""

    @property
    def shown(self) -> str:
        """The URL or path for messages and titles, without user, password and options, which can be secrets."""
        return self.target if self.scheme in ("serial", *FILES) else f"{self.scheme}://{self.target}"

    @property
    def is_file(self) -> bool:
        """True if the source ends after its last byte, false if the source connects again."""
        return self.scheme in FILES


def parse(url: str) -> Address:
    """Return the parts of a URL.

    Raises `ValueError` if the scheme or the form of the URL is unknown. Its message omits the URL, which can contain a
    password.
    """
    if url == "-":
        return Address("-", "-")
    scheme, colon, rest = url.partition(":")
    if not colon or scheme not in SCHEMES:
        path, _, query = url.partition("?")
        return _installed(scheme, url) if "://" in url else _serial(path, query)
    if scheme == "tcp":
        host, port = host_and_port(url)
        return Address("tcp", f"{host_text(host)}:{port}", host, port)
    if scheme in (*BROKERS, *DEVICES):
        return _broker(scheme, rest) if scheme in BROKERS else _device(scheme, rest)
    if scheme in FILES:
        return Address(scheme, file_path(scheme, rest))
    path, _, query = rest.partition("?")
    return _serial(file_path(scheme, path), query)


def _installed(scheme: str, url: str) -> Address:
    """Return the address for the transport of an installed package."""
    installed = installed_schemes()
    if scheme not in installed:
        schemes = ", ".join(name for name in (*SCHEMES, *installed) if name != "-")
        raise ValueError(f"expected a path, -, or a URL with the scheme {schemes}; found the scheme {scheme!r}")
    authority, behind = split(url.partition(":")[2])
    return Address(scheme, re.split("[?#]", authority.rpartition("@")[2] + behind)[0], url=url)


def _serial(path: str, query: str) -> Address:
    """Return the address of a local serial port."""
    if not path:
        raise ValueError("expected a path after serial:, found none")
    baud, parity, options = _settings(query)
    if options:
        raise ValueError("expected the options baud and parity of a serial port, found another option")
    return Address("serial", path, baud=baud, parity=parity, url=path)


def _device(scheme: str, rest: str) -> Address:
    """Return the address of the serial port of a gateway.

    Its `url` contains the options for serialx, but not the speed and the parity.
    """
    split(rest)  # raises the error for an @ in the options
    path, _, query = rest.removeprefix("//").partition("?")
    baud, parity, options = _settings(query)
    host, port = host_and_port(f"{scheme}://{path}")
    whole = f"{scheme}://{path}" + (f"?{urlencode(options)}" if options else "")
    return Address(scheme, f"{host_text(host)}:{port}", host, port, baud=baud, parity=parity, url=whole)


def _settings(query: str) -> tuple[int, str, dict[str, str]]:
    """Return the speed, the parity and the other options."""
    options = dict(parse_qsl(query))
    baud, parity = options.pop("baud", "2400"), options.pop("parity", "E")
    if not (baud.isascii() and baud.isdecimal() and int(baud) and parity in _PARITIES):
        raise ValueError("expected baud=2400 or another number, and parity=E, N or O, found another value")
    return int(baud), parity, options


def check_extra(scheme: str) -> None:
    """Raise `ImportError` with the pip command if the package for a scheme is missing."""
    package, extra, module = _EXTRAS.get(scheme, ("", "", ""))
    if module and find_spec(module) is None:
        raise ImportError(f"{scheme}: needs {module}: {pip_install(extra, package)}")


def host_and_port(url: str, *, lowest: int = 1) -> tuple[str, int]:
    """Return the host and the port of a URL such as ``tcp://host:3001``.

    Raises `ValueError` if the URL has another form, or if the port is below `lowest`.
    """
    scheme, _, rest = url.partition(":")
    form = f"{scheme}://host:port with a port from {lowest} to 65535"
    found = network(rest, form)
    port = PORTS.get(scheme) if found.port is None else found.port
    if port is None or port < lowest or found.behind not in ("", "/"):
        raise ValueError(f"expected {form}; found another form")
    return found.host, port


def _broker(scheme: str, rest: str) -> Address:
    """Return the address of a topic. In a topic ``#`` is a wildcard of MQTT, not the start of a fragment."""
    form = f"{scheme}://user:password@host:port/topic, with a topic such as pulse/publish, pulse/# or +/raw"
    found = network(rest, form)
    port = PORTS[scheme] if found.port is None else found.port
    topic = unquote(found.behind.removeprefix("/"))
    if not port or found.behind[:1] == "?" or not is_filter(topic):
        raise ValueError(f"expected {form}; found another form")
    target = f"{host_text(found.host)}:{port}/{topic}"
    return Address(scheme, target, found.host, port, topic, found.user, found.password)


def is_filter(topic: str) -> bool:
    """Return whether a text is a topic filter (MQTT 5.0, 4.7.1).

    A level is the text between two slashes. A wildcard must be a complete level, and # must be the last level.
    """
    levels = topic.split("/")
    is_sound = all(level in ("#", "+") or not {"#", "+"} & {*level} for level in levels)
    return bool(topic) and "\0" not in topic and is_sound and "#" not in levels[:-1]
