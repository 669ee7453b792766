"""Names the addresses between which a push is sent: `Link`."""

from __future__ import annotations

from typing import NamedTuple

Address = tuple[int, ...]
"""The 7-bit groups of an extensible HDLC address: ``(32,)`` is sent as 41, ``(4, 65)`` as 08 83."""


class Link(NamedTuple):
    """The addresses and the control byte of the frames that carry a push; meters of one manufacturer share them."""

    destination: Address
    source: Address
    control: int
