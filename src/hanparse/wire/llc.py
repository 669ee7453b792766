"""Defines and removes the LLC header in front of the APDU in HDLC frames (IEC 62056-46 5.3)."""

from __future__ import annotations

from typing import Final

LLC: Final = (b"\xe6\xe7\x00", b"\xe6\xe6\x00")
"""The LLC headers of a response, which a meter sends, and of a command."""


def strip_llc(information: bytes) -> bytes:
    """Return an information field without its LLC header. A field without LLC header is returned unchanged."""
    return information[3:] if information.startswith(LLC) else information
