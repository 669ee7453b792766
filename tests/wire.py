"""Bytes <-> HDLC frames by IEC 62056-46, apart from hanparse: frames sealed, frames found, chunks, hostile headers."""

from __future__ import annotations

import re
from binascii import crc_hqx
from random import Random
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

FLAG: Final = b"\x7e"
LLC: Final = b"\xe6\xe7\x00"
HEADER: Final = b"\x01\x02\x01\x10"
"""Addresses and control as Kaifa sends them."""
CHUNK_SIZES: Final = (1, 7, 61, 256, 4096)
LARGEST: Final = 2047
"""The largest length that a format field can announce."""

_MIRRORED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))
_ODD: Final = b"[" + b"".join(b"\\x%02x" % byte for byte in range(1, 256, 2)) + b"]"
_EVEN: Final = _ODD.replace(b"[", b"[^")
_ADDRESS: Final = b"(?:%b|%b%b|%b{3}%b)" % (_ODD, _EVEN, _ODD, _EVEN, _ODD)
_HEADER: Final = re.compile(b"..%b%b." % (_ADDRESS, _ADDRESS), re.DOTALL)
_CANDIDATE: Final = re.compile(rb"(?=\x7e[\xa0-\xaf])")


def seeded(seed: int) -> Random:
    """The random numbers of this seed."""
    return Random(seed)  # noqa: S311  they make cases, not keys


def chunks(rng: Random, data: bytes, size: int | None = None) -> Iterator[bytes]:
    """`data` in chunks of `size`, or of any size."""
    at = 0
    while at < len(data):
        taken = size or rng.choice((0, 1, 2, rng.randint(1, 80), rng.randint(1, 5000)))
        yield data[at : at + taken]
        at += taken


def check_sequence(data: bytes) -> bytes:
    """CRC-16/X-25, low byte first: the standard library's CRC of the same polynomial, mirrored in and out."""
    register = crc_hqx(data.translate(_MIRRORED), 0xFFFF) ^ 0xFFFF
    return bytes([_MIRRORED[register >> 8], _MIRRORED[register & 0xFF]])


def seal(information: bytes, header: bytes = HEADER, *, segmented: bool = False, length: int | None = None) -> bytes:
    """A frame with right checksums; `length` is what it says instead of its length."""
    size = 2 + len(header) + (2 + len(information) if information else 0) + 2
    content = (0xA000 | segmented << 11 | (size if length is None else length)).to_bytes(2, "big") + header
    if information:
        content += check_sequence(content) + information
    return FLAG + content + check_sequence(content) + FLAG


def sound_spans(data: bytes) -> set[tuple[int, bytes]]:
    """Position and bytes of all that is a sound frame, also within another."""
    spans = ((match.start(), _sound_end(data, match.start())) for match in _CANDIDATE.finditer(data))
    return {(start, data[start:end]) for start, end in spans if end}


def _sound_end(data: bytes, start: int) -> int:
    end = start + (int.from_bytes(data[start + 1 : start + 3], "big") & LARGEST) + 2
    header = _HEADER.match(data, start + 1, max(start, end - 3))
    if end > len(data) or not header or data[end - 1 : end] != FLAG:
        return 0
    hcs_at = header.end()
    if hcs_at < end - 3 and (end - 3 <= hcs_at + 2 or check_sequence(header[0]) != data[hcs_at : hcs_at + 2]):
        return 0
    return end if check_sequence(data[start + 1 : end - 3]) == data[end - 3 : end - 1] else 0


def _claim(header: bytes) -> bytes:
    head = (0xA000 | LARGEST).to_bytes(2, "big") + header
    return FLAG + head + check_sequence(head)


# One header after the other, and one within the other: in the second the next flag is the control byte and the next
# format field is the HCS, so that five bytes claim 2,034.
CLAIMS: Final = (_claim(b"\x01\x01\x13"), bytes.fromhex("7E A7F2 6B AD"))
