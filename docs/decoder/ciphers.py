"""Lets hanparse decipher with the Web Crypto of the browser, in place of the package `cryptography`.

The package index has no wheel of `cryptography` for Pyodide. Web Crypto also computes AES, but returns a promise.
hanparse cannot wait for a promise while it decodes. Therefore the page decodes an input several times. `WebCrypto`
records each AES operation that has no result yet as a job, and lets the operation fail. The browser then runs the jobs,
and the page decodes the input again with their results. If a round records no job, its answer equals the answer of
hanparse with `cryptography`.
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
"""The maximum number of ciphered bytes in all jobs. Only bytes that imitate P1 telegrams exceed it."""

_MODULE: Final = "hanparse.security.aes"
_FIRST_BLOCK: Final = (2).to_bytes(4, "big")  # GCM encrypts with CTR from this block on (NIST SP 800-38D, 7.1)


class WebCrypto:
    """Holds the results of the jobs that the browser has run, and the jobs that it has not run yet.

    A result is a plaintext, or `None` if the tag does not fit. The keys of both dictionaries are names of jobs.
    """

    def __init__(self, results: Mapping[str, str | None]) -> None:
        self._results = results
        self.jobs: dict[str, dict[str, str | None]] = {}
        self.size = 0

    @property
    def is_full(self) -> bool:
        """Whether the jobs contain more bytes than the page deciphers."""
        return self.size > MAX_SIZE

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Let each decoder that the program creates in this context decipher with Web Crypto."""
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

        If `associated` is `None`, the operation is AES-CTR from the first block of GCM. Otherwise, it is AES-GCM, and
        the tag is at the end of `content`.
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
    """Holds an AES key, and has the methods of `hanparse.security.aes.Aes`."""

    def __init__(self, crypto: WebCrypto, key: bytes) -> None:
        self._crypto = crypto
        self._key = key

    def decipher(self, iv: bytes, content: bytes) -> bytes:
        """Return the deciphered content. If the job has no result yet, return no bytes, which cannot be a push."""
        return self._crypto.open(self._key, iv, content, None) or b""

    def verify(self, iv: bytes, content: bytes, tag: bytes, associated: bytes) -> bytes | None:
        """Return the deciphered content, or `None` if the tag does not fit or the job has no result yet."""
        return self._crypto.open(self._key, iv, content + tag, associated)
