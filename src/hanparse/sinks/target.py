"""Defines `Target`, the parts of the URL of a sink, and `parse`, which returns them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, unquote

from hanparse.sources.address import BROKERS
from hanparse.sources.network import file_path, host_text, network

if TYPE_CHECKING:
    from collections.abc import Mapping

STANDARD_OUTPUT: Final = "-"
_LOCAL: Final = ("file", "sqlite", "jsonl", "influx+file")
_HOSTS: Final = (*BROKERS, "prometheus", "influx+http", "influx+https", "influx+udp")
_WITH_PORT: Final = ("prometheus", "influx+udp")
_SCHEMES: Final = (*_HOSTS, *_LOCAL)


@dataclass(frozen=True)
class Target:
    """The parts of the URL of a sink."""

    scheme: str
    host: str = ""
    port: int | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    path: str = ""
    """The path of a file, or the part of the URL after the host and the first slash."""
    query: str = field(default="", repr=False)

    @property
    def options(self) -> Mapping[str, str]:
        """Return the options of the query by name."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @property
    def shown(self) -> str:
        """Return the URL for messages, without user, password and query, because these parts can be secrets."""
        if self.scheme in _LOCAL:
            return f"{self.scheme}:{self.path}"
        return f"{self.scheme}://{host_text(self.host)}" + (f":{self.port}" if self.port else "")


def parse(url: str) -> Target:
    """Return the parts of a URL.

    Raises `ValueError` if no sink can use this URL. Its message omits the URL, which can contain a password.
    """
    if url == STANDARD_OUTPUT:
        return Target("jsonl", path=STANDARD_OUTPUT)
    scheme, colon, rest = url.partition(":")
    if not colon or scheme not in _SCHEMES:
        found = f"the scheme {scheme!r}" if "://" in url else "no scheme"
        raise ValueError(f"expected a sink: - or a URL with the scheme {', '.join(_SCHEMES)}; found {found}")
    if scheme in _LOCAL:
        return Target("jsonl" if scheme == "file" else scheme, path=file_path(scheme, rest))
    return _host(scheme, rest)


def _host(scheme: str, rest: str) -> Target:
    form = f"{scheme}://{'host:port' if scheme in _WITH_PORT else 'host or host:port'} with a port from 0 to 65535"
    found = network(rest, form)
    if found.port is None and scheme in _WITH_PORT:
        raise ValueError(f"expected {form}; found another form")
    path, _, query = found.behind.partition("?")
    path = path.removeprefix("/")
    if scheme in BROKERS:  # a topic; the path of InfluxDB is a part of a request, which contains percent codes
        path = unquote(path)
    return Target(scheme, found.host, found.port, found.user, found.password, path, query)
