"""Names the addresses between which a push is sent: `Link`."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

Address = tuple[int, ...]
"""The 7-bit groups of an extensible HDLC address: ``(32,)`` is sent as 41, ``(4, 65)`` as 08 83."""


class Link(NamedTuple):
    """The addresses and the control byte of the frames that carry a push; all meters of a maker send the same."""

    destination: Address
    source: Address
    control: int


shared_link = lru_cache(maxsize=256)(Link)
"""Returns the link that an earlier call with the same arguments made: decoders of meters of one kind share it."""
