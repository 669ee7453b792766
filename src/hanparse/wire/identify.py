"""Identifies an APDU by its tag. An error message can therefore name an APDU that hanparse does not decode."""

from __future__ import annotations

import re
from typing import Final

from hanparse.wire.telegram import HEADER

# Green Book, table of APDU tags. A HAN port can send APDUs with the first five tags of this table, so their texts also
# explain why hanparse refuses the APDU.
_APDUS: Final[dict[int, str]] = {
    0xDB: "general-glo-ciphering: the push is ciphered",
    0xDC: "general-ded-ciphering: the push is ciphered",
    0xDD: "general-ciphering: the push is ciphered",
    0xDF: "general-signing: hanparse does not read signed APDUs",
    0xE0: "general-block-transfer: a block inside another block, which no meter sends",
    0xE6: "gateway-request",
    0xE7: "gateway-response",
    0x01: "initiateRequest",
    0x05: "readRequest",
    0x06: "writeRequest",
    0x08: "initiateResponse",
    0x0C: "readResponse",
    0x0D: "writeResponse",
    0x0E: "confirmedServiceError",
    0x16: "unconfirmedWriteRequest",
    0x18: "informationReportRequest",
    0x60: "AARQ",
    0x61: "AARE",
    0x62: "RLRQ",
    0x63: "RLRE",
    0xC0: "get-request",
    0xC1: "set-request",
    0xC2: "event-notification-request",
    0xC3: "action-request",
    0xC4: "get-response",
    0xC5: "set-response",
    0xC7: "action-response",
    0xD8: "exception-response",
    0xD9: "access-request",
    0xDA: "access-response",
}
# The tag of a ciphered service is the tag of the plain service plus an offset. The offset depends on the key and on the
# group of services below: "glo" services use the global key, and "ded" services use the dedicated key.
_SHORT_NAME_SERVICES: Final = (0x01, 0x05, 0x06, 0x08, 0x0C, 0x0D, 0x0E, 0x16, 0x18)
_LOGICAL_NAME_SERVICES: Final = (0xC0, 0xC1, 0xC2, 0xC3, 0xC4, 0xC5, 0xC7)
_CIPHERED_SERVICES: Final[dict[int, str]] = {
    **{0x20 + tag: f"glo-{_APDUS[tag]}" for tag in _SHORT_NAME_SERVICES},
    **{0x40 + tag: f"ded-{_APDUS[tag]}" for tag in _SHORT_NAME_SERVICES},
    **{0x08 + tag: f"glo-{_APDUS[tag]}" for tag in _LOGICAL_NAME_SERVICES},
    **{0x10 + tag: f"ded-{_APDUS[tag]}" for tag in _LOGICAL_NAME_SERVICES},
}

_GENERAL_CIPHERING: Final = (b"\xdb", b"\xdc", b"\xdd")
DATA_NOTIFICATION: Final = b"\x0f"
"""The tag of data-notification."""
BLOCK: Final = b"\xe0"
"""The tag of general-block-transfer."""
_PUSHED: Final = (DATA_NOTIFICATION, *_GENERAL_CIPHERING, b"\xdf", BLOCK, b"\xc2")
# The pattern matches the beginning of a data-notification up to its date-time or list. It also matches the header or a
# line of a P1 telegram. It matches one in 10⁵ random sequences of bytes.
_HEAD: Final = re.compile(
    rb"\x0f.{4}(?:\x00[\x01\x02]|\x09?\x0c(?:\x07|\xff\xff))|%b[0-9]|[0-9]-[0-9]{1,3}:[0-9]" % HEADER,
    re.DOTALL,
)


def refusal(tag: int) -> str:
    """Return the error message for an APDU with this `tag`, which is not the tag of a data-notification."""
    if tag in _CIPHERED_SERVICES:
        name = f"{_CIPHERED_SERVICES[tag]}: the service is ciphered"
    else:
        name = _APDUS.get(tag, "which is not an APDU tag")
    return f"expected a data-notification (0F), found {tag:02X}, {name}"


def is_ciphered(apdu: bytes) -> bool:
    """Return whether an APDU is ciphered: its tag is a tag of general ciphering or of a ciphered service."""
    return apdu.startswith(_GENERAL_CIPHERING) or (bool(apdu) and apdu[0] in _CIPHERED_SERVICES)


def is_protected(apdu: bytes) -> bool:
    """Return whether an APDU is ciphered or signed. A ciphered or signed APDU contains another APDU."""
    return is_ciphered(apdu) or apdu.startswith(b"\xdf")


def describe(apdu: bytes) -> str:
    """Return what a deciphered APDU is, for an error message. The message must not contain any of its bytes."""
    if not apdu:
        return "it is empty"
    if apdu.startswith(DATA_NOTIFICATION):
        return "it is a data-notification that cannot be read"
    return f"it is {apdu_name(apdu[0]) or 'no APDU'}"


def is_apdu(data: bytes) -> bool:
    """Return whether `data` begins with the tag of an APDU that a meter can push."""
    return data.startswith(_PUSHED)


def is_head(data: bytes) -> bool:
    """Return whether `data` begins like a push that is not ciphered.

    Content that was deciphered with a wrong key is random, so it seldom begins like a push.
    """
    return _HEAD.match(data) is not None


def apdu_name(tag: int) -> str | None:
    """Return the name of the APDU with this tag; `None` for a data-notification, and for a tag that no APDU has."""
    return _CIPHERED_SERVICES.get(tag) or _APDUS.get(tag, "").partition(":")[0] or None
