"""Lets hanparse decipher with the Web Crypto of the browser, in place of the package `cryptography`.

The package index has no wheel of `cryptography` for Pyodide. Web Crypto has the same AES, but returns its result later
(a promise). hanparse cannot wait for this result while it decodes. Therefore an input is decoded several times.
`WebCrypto` records each AES operation without a result as a job, and the operation fails. The browser does the jobs.
Then the input is decoded again with the results. The last answer has no job. It is equal to the answer of hanparse with
`cryptography`.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from hashlib import sha256
from types import ModuleType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_SIZE: Final = 1 << 25
"""The largest number of ciphered bytes in all jobs. Only bytes that imitate ciphered P1 telegrams need more."""

_MODULE: Final = "hanparse.security.aes"
_FIRST_BLOCK: Final = (2).to_bytes(4, "big")  # GCM encrypts with CTR from this block on (NIST SP 800-38D, 7.1)


class WebCrypto:
    """Holds the results of the jobs that the browser has done, and the jobs without a result.

    A result is a plaintext, or `None` for a tag that does not fit. Both have the name of the job as key.
    """

    def __init__(self, results: Mapping[str, str | None]) -> None:
        self._results = results
        self.jobs: dict[str, dict[str, str | None]] = {}
        self.size = 0

    @property
    def is_full(self) -> bool:
        """True if the jobs have more bytes than the page deciphers."""
        return self.size > MAX_SIZE

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Let each decoder that is made in this context decipher with Web Crypto."""
        module, before = ModuleType(_MODULE), sys.modules.get(_MODULE)
        module.Aes = lambda key: _Aes(self, key)  # type: ignore[attr-defined]
        sys.modules[_MODULE] = module
        try:
            yield
        finally:
            del sys.modules[_MODULE]
            if before is not None:
                sys.modules[_MODULE] = before

    def open(self, key: bytes, iv: bytes, content: bytes, associated: bytes | None) -> bytes | None:
        """Return the result of an operation, or record it as a job and return `None`.

        The operation is AES-GCM with the tag at the end of `content`. If `associated` is `None`, it is AES-CTR from the
        first block of GCM on.
        """
        parts = [key, iv, content, *([] if associated is None else [associated])]
        name = sha256(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).hexdigest()
        if name in self._results:
            found = self._results[name]
            return None if found is None else bytes.fromhex(found)
        if name not in self.jobs and not self.is_full:
            self.size += len(content)
            self.jobs[name] = {
                "name": name,
                "key": key.hex(),
                "iv": iv.hex(),
                "content": content.hex(),
                "counter": (iv + _FIRST_BLOCK).hex(),
                "associated": None if associated is None else associated.hex(),
            }
        return None


class _Aes:
    """An AES key, with the methods of `hanparse.security.aes.Aes`."""

    def __init__(self, crypto: WebCrypto, key: bytes) -> None:
        self._crypto = crypto
        self._key = key

    def decipher(self, iv: bytes, content: bytes) -> bytes:
        """Return the deciphered content.

        Return no bytes if there is no result yet, because hanparse then finds no push.
        """
        return self._crypto.open(self._key, iv, content, None) or b""

    def verify(self, iv: bytes, content: bytes, tag: bytes, associated: bytes) -> bytes | None:
        """Return the deciphered content. Return `None` if the tag does not fit or if there is no result yet."""
        return self._crypto.open(self._key, iv, content + tag, associated)
