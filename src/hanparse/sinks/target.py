"""Defines `Target`, the parts of the URL of a sink, and `parse`, which returns them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

STANDARD_OUTPUT: Final = "-"
_LOCAL: Final = ("file", "sqlite", "jsonl", "influx+file")
_HOSTS: Final = ("mqtt", "mqtts", "prometheus", "influx+http", "influx+https", "influx+udp")
_WITH_PORT: Final = ("prometheus", "influx+udp")
_SCHEMES: Final = (*_HOSTS, *_LOCAL)


class Target(NamedTuple):
    """The parts of the URL of a sink."""

    scheme: str
    host: str = ""
    port: int | None = None
    username: str | None = None
    password: str | None = None
    path: str = ""
    """The path of a file, or the part of the URL after the host and the first slash."""
    query: str = ""

    @property
    def options(self) -> Mapping[str, str]:
        """Return the options of the query by name."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @property
    def shown(self) -> str:
        """Return the URL for messages, without user, password and query, because these parts can be secrets."""
        if self.scheme in _LOCAL:
            return f"{self.scheme}:{self.path}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}" + (f":{self.port}" if self.port else "")


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
    return _file(scheme, rest) if scheme in _LOCAL else _host(scheme, rest)


def _file(scheme: str, rest: str) -> Target:
    """Return the target of a path: ``sqlite:///x.db`` is in the root directory, ``sqlite:x.db`` in the current one."""
    path, _, query = rest.partition("?")
    path = unquote(path.removeprefix("//"))
    if not path:
        raise ValueError(f"expected a path after {scheme}:, found none")
    return Target("jsonl" if scheme == "file" else scheme, path=path, query=query)


def _host(scheme: str, rest: str) -> Target:
    form = "host:port" if scheme in _WITH_PORT else "host or host:port"
    error = ValueError(f"expected {scheme}://{form} with a port from 0 to 65535, found another form")
    try:
        parts = urlsplit("//" + rest.removeprefix("//"), allow_fragments=False)
        host, port = parts.hostname, parts.port
    except ValueError:  # its message can contain the URL
        raise error from None
    if not host or (port is None and scheme in _WITH_PORT):
        raise error
    user, password = (None if one is None else unquote(one) for one in (parts.username, parts.password))
    return Target(scheme, host, port, user, password, parts.path.removeprefix("/"), parts.query)
