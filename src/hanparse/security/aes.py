"""Deciphers content with AES. The package `cryptography` does the computations.

The mode of AES is GCM if an authentication tag of twelve bytes is verified, and CTR if no tag is verified. Only this
module imports `cryptography`, and `hanparse.security.opener` imports this module only if there is a key.
"""

from __future__ import annotations

from typing import Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from hanparse.security.header import TAG_SIZE

_FIRST_BLOCK: Final = (2).to_bytes(4, "big")  # GCM ciphers the content from this counter on (NIST SP 800-38D, 7.1)


class Aes:
    """An `Aes` deciphers content and verifies authentication tags with one AES key of 16 or 32 bytes."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        """Make an instance. Raises `ValueError` if AES does not allow the size of `key`."""
        self._key = algorithms.AES(key)

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Return this object, because the key in it never changes."""
        return self

    def decipher(self, iv: bytes, content: bytes) -> bytes:
        """Return the deciphered content. This method verifies no tag."""
        return Cipher(self._key, modes.CTR(iv + _FIRST_BLOCK)).decryptor().update(content)

    def verify(self, iv: bytes, content: bytes, tag: bytes, associated: bytes) -> bytes | None:
        """Return the deciphered content. Return `None` if `tag` does not fit the content and the associated data.

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
