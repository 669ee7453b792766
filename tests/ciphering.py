"""APDUs and keys -> ciphered APDUs by the Green Book (9.2.7.2.4), with `cryptography` alone and apart from hanparse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from framefiles import folder
from wire import LLC, sound_spans

from hanparse import cosem
from hanparse.errors import DecodeError

if TYPE_CHECKING:
    from framefiles import FrameFile

KEY = bytes(range(16))
AUTH_KEY = bytes(range(0xD0, 0xE0))
LONG_KEY = bytes(range(32))
LONG_AUTH_KEY = bytes(range(0xC0, 0xE0))
TITLE = b"KAM\x45\0\0\0\x17"
VECTORS = folder("ciphered")


@dataclass(frozen=True)
class Meter:
    """Ciphers as a meter does. `fields` are the header fields of general-ciphering but for the originator."""

    key: bytes = KEY
    auth_key: bytes = AUTH_KEY
    title: bytes = TITLE
    control: int = 0x30
    tag: int = 0xDB
    fields: tuple[bytes, bytes, bytes, bytes] = (b"\1\2", b"HAN\0\0\0\0\1", b"", b"")
    key_info: bytes = b"\0"
    in_tag: bool = True
    """Whether the tag covers the header fields, as the Green Book draws it."""
    sent_title: bytes | None = None
    """Another title in the header than in the IV."""
    long_lengths: int = 0
    """Length bytes that are not needed."""

    def cipher(self, apdu: bytes, counter: int = 1) -> bytes:
        """The ciphered APDU."""
        control, iv = bytes([self.control]), self.title + counter.to_bytes(4, "big")
        fields = self._fields() if self.tag == 0xDD else b""
        associated = control + self.auth_key + (fields if self.in_tag else b"")
        encryptor = Cipher(algorithms.AES(self.key), modes.GCM(iv)).encryptor()
        encrypted = self.control & 0x20
        if self.control & 0x10:
            encryptor.authenticate_additional_data(associated + (b"" if encrypted else apdu))
        content = encryptor.update(apdu) if encrypted else apdu
        encryptor.finalize()
        sealed = control + iv[8:] + content + (encryptor.tag[:12] if self.control & 0x10 else b"")
        return self._header(fields) + self._octets(sealed)

    def _header(self, fields: bytes) -> bytes:
        if self.tag == 0xDD:
            return bytes([self.tag]) + fields + self.key_info
        return bytes([self.tag]) + (self._octets(self._title()) if self.tag in (0xDB, 0xDC) else b"")

    def _fields(self) -> bytes:
        transaction, *rest = self.fields
        return b"".join(map(self._octets, (transaction, self._title(), *rest)))

    def _title(self) -> bytes:
        return self.title if self.sent_title is None else self.sent_title

    def _octets(self, data: bytes) -> bytes:
        size = len(data)
        needed = (size.bit_length() + 7) // 8 if size > 127 else 0
        count = max(needed, self.long_lengths)
        return (bytes([0x80 | count]) + size.to_bytes(count, "big") if count else bytes([size])) + data


def is_sound(data: bytes) -> bool:
    """Whether `data` is a data-notification to its last byte: what a decoder asks."""
    try:
        cosem.parse(data)
    except DecodeError:
        return False
    return True


def apdus(file: FrameFile) -> list[bytes]:
    """The APDUs in a vector, out of HDLC frames or DLMS wrappers, found apart from hanparse; none with a wrong FCS."""
    data = file.data
    if data.startswith(b"\x7e"):
        spans = sorted(sound_spans(data))
        return [frame[frame.index(LLC) + len(LLC) : -3] for _, frame in spans]
    if not data.startswith(b"\0\1"):
        return [data]
    found = []
    while data:
        end = 8 + int.from_bytes(data[6:8], "big")
        found.append(data[8:end])
        data = data[end:]
    return found
