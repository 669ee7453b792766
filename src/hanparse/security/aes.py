"""AES as ciphered pushes use it, by the package `cryptography`: GCM with a tag of twelve bytes, and CTR without one.

This module alone imports `cryptography`, and is imported by the first `Opener` that has a key.
"""

from __future__ import annotations

from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from hanparse.security.header import TAG_SIZE

_FIRST_BLOCK: Final = (2).to_bytes(4, "big")  # GCM encrypts with CTR from this block on (NIST SP 800-38D, 7.1)


class Aes:
    """One key of 16 or 32 bytes."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        """Take a key of a size that was checked."""
        self._key = algorithms.AES(key)

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """The same: a key does not change."""
        return self

    def decipher(self, iv: bytes, content: bytes) -> bytes:
        """The content without a look at any tag."""
        return Cipher(self._key, modes.CTR(iv + _FIRST_BLOCK)).decryptor().update(content)

    def verify(self, iv: bytes, content: bytes, tag: bytes, associated: bytes) -> bytes | None:
        """The content, if the tag fits it and the associated data; else `None`.

        `cryptography` compares the tags in constant time, and gives nothing away when they differ.
        """
        decryptor = Cipher(self._key, modes.GCM(iv, tag, min_tag_length=TAG_SIZE)).decryptor()
        decryptor.authenticate_additional_data(associated)
        opened = decryptor.update(content)
        try:
            decryptor.finalize()
        except InvalidTag:
            return None
        return opened
