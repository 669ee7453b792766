"""Deciphers AES with the package `cryptography`: GCM with an authentication tag of twelve bytes, and CTR without a tag.

Only this module imports `cryptography`. The first `Opener` with a key imports this module.
"""

from __future__ import annotations

from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from hanparse.security.header import TAG_SIZE

_FIRST_BLOCK: Final = (2).to_bytes(4, "big")  # GCM encrypts with CTR from this block on (NIST SP 800-38D, 7.1)


class Aes:
    """An AES key of 16 or 32 bytes, which deciphers content and verifies tags."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        """Use `key`, which must have a size that AES allows."""
        self._key = algorithms.AES(key)

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Return the object itself, since a key does not change."""
        return self

    def decipher(self, iv: bytes, content: bytes) -> bytes:
        """Return the deciphered content. No tag is verified."""
        return Cipher(self._key, modes.CTR(iv + _FIRST_BLOCK)).decryptor().update(content)

    def verify(self, iv: bytes, content: bytes, tag: bytes, associated: bytes) -> bytes | None:
        """Return the deciphered content, or `None` when the tag does not fit the content and the associated data.

        `cryptography` compares the tags in constant time.
        """
        decryptor = Cipher(self._key, modes.GCM(iv, tag, min_tag_length=TAG_SIZE)).decryptor()
        decryptor.authenticate_additional_data(associated)
        opened = decryptor.update(content)
        try:
            decryptor.finalize()
        except InvalidTag:
            return None
        return opened
