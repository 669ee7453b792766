"""The LLC header in front of the APDU in HDLC frames (IEC 62056-46 5.3)."""

from __future__ import annotations

from typing import Final

LLC: Final = (b"\xe6\xe7\x00", b"\xe6\xe6\x00")
"""The LLC headers of a response, which a meter sends, and of a command."""


def strip_llc(information: bytes) -> bytes:
    """Return the APDU in an information field, or a part of one: the bytes after the LLC header, if there is one."""
    return information[3:] if information.startswith(LLC) else information
