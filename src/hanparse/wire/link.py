"""Defines the addresses of the frames that carry a push: `Link`."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

Address = tuple[int, ...]
"""The 7-bit groups of an HDLC address: ``(32,)`` is sent as 41, and ``(4, 65)`` is sent as 08 83."""


class Link(NamedTuple):
    """The addresses and the control byte of the frames that carry a push. All meters of a maker send the same link."""

    destination: Address
    source: Address
    control: int


shared_link = lru_cache(maxsize=256)(Link)
"""Returns the `Link` with these arguments. Calls with equal arguments return the same object, so decoders share it."""
