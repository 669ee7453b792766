"""Defines `Link`, the addresses and the control byte of the frames that contain a push."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

Address = tuple[int, ...]
"""The 7-bit groups of an HDLC address. The address ``(32,)`` is the byte 41, and ``(4, 65)`` is the bytes 08 83."""


class Link(NamedTuple):
    """A `Link` is the addresses and the control byte of the frames that contain a push.

    All meters of a manufacturer send the same addresses and control byte.
    """

    destination: Address
    source: Address
    control: int


shared_link = lru_cache(maxsize=256)(Link)
"""Returns a `Link`. Calls with equal arguments return the same object, which saves memory and time."""
