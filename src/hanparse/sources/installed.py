"""Finds the transports of installed packages.

`hanparse.sources.transports` explains what a transport is. A package offers a transport as an entry point of the group
`GROUP`. The name of the entry point is the scheme of the URLs that the transport opens. The package is imported only if
a URL has this scheme.
"""

from __future__ import annotations

from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from hanparse.sources.address import Address
    from hanparse.sources.piece import Piece

GROUP: Final = "hanparse.sources"


def installed_schemes() -> list[str]:
    """Return the schemes for which an installed package offers a transport."""
    return sorted({entry.name for entry in entry_points(group=GROUP)})


def installed_transport(scheme: str) -> Callable[[Address], AsyncGenerator[Piece, None]]:
    """Return the transport for a scheme. Raises `ImportError` if its package cannot be imported."""
    try:
        transport: Any = next(iter(entry_points(group=GROUP, name=scheme))).load()
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise ImportError(f"expected a transport for {scheme!r} in an installed package, found {reason}") from error
    return lambda address: transport(address.url)
