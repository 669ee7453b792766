"""Parses what the URLs of sources and sinks share: user, password, host, port, and the path of a file.

No error and no `repr` contains a password.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit


@dataclass(frozen=True)
class Network:
    """A `Network` holds the parts of a URL that names a host."""

    host: str
    port: int | None
    user: str | None
    password: str | None = field(repr=False)
    behind: str = field(repr=False)
    """The text behind the host and the port: a path, a topic or options. It can contain a secret."""


def network(rest: str, form: str) -> Network:
    """Return the parts of the text behind the scheme of a URL.

    Raises `ValueError` if the text has no host, or if a part is malformed. Its message contains `form`, the expected
    form of the URL, but not the text.
    """
    authority, behind = split(rest)
    user_info, at, host_port = authority.rpartition("@")
    user, colon, password = user_info.partition(":")
    try:
        parts = urlsplit(f"//{host_port}")
        host, port = parts.hostname, parts.port
    except ValueError:  # its message can contain the URL
        host = None
    if not host or parts.fragment:
        raise ValueError(f"expected {form}; found another form")
    _check_name(host)
    return Network(host, port, unquote(user) if at else None, unquote(password) if colon else None, behind)


def _check_name(host: str) -> None:
    """Raise `ValueError` for a name that Python cannot look up. Otherwise the error would come from the connection."""
    try:
        is_name = bool(host.encode("idna")) and "\0" not in host
    except UnicodeError:
        is_name = False
    if not is_name:
        raise ValueError("expected a host name with 1 to 63 characters between its dots, found another name")


def split(rest: str) -> tuple[str, str]:
    """Return the text with user, password, host and port, and the text behind it, which begins with ``/`` or ``?``.

    Raises `ValueError` if the second text contains an ``@``: it may end a password that contains a ``/`` or ``?``. A
    part of this password would then be the host, which messages contain.
    """
    rest = rest.removeprefix("//")
    authority = re.split("[/?]", rest, maxsplit=1)[0]
    behind = rest[len(authority) :]
    if "@" in behind:
        words = "write %2F for / and %3F for ? in a password, and %40 for an @ behind the host"
        raise ValueError(f"expected no @ behind the first / or ? of a URL, found one; {words}")
    return authority, behind


def host_text(host: str) -> str:
    """Return a host as a URL contains it: an IPv6 address is in brackets."""
    return f"[{host}]" if ":" in host else host


def file_path(scheme: str, rest: str) -> str:
    """Return the path in the text behind the scheme of a URL: ``/x`` of ``///x``, and ``x`` of ``x``.

    Raises `ValueError` if there is no path, or if options follow it.
    """
    path, mark, _ = rest.removeprefix("//").partition("?")
    if not path:
        raise ValueError(f"expected a path after {scheme}:, found none")
    if mark:
        raise ValueError(f"expected a path without options after {scheme}:, found a ?; write %3F for a ? in a path")
    return unquote(path)
