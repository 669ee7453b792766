"""Prepares ciphered pushes for the Web Crypto of the browser, and reads what it deciphered.

The package index has no wheel of `cryptography` for Pyodide. Web Crypto has the same AES, but answers later (a
promise), so the library cannot call it while it decodes. Therefore `jobs` lists the pushes of an input, the browser
deciphers them, and `read` decodes the plaintexts.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import hanparse
from hanparse.measurement.security import Security
from hanparse.receiver import Failed, walk
from hanparse.security.header import TAG_SIZE, read_header
from hanparse.security.keys import Keys
from hanparse.wire import identify
from hanparse.wire.llc import strip_llc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hanparse import Measurement
    from hanparse.security.header import Header
    from hanparse.wire.link import Link
    from hanparse.wire.message import Message

MAX_JOBS: Final = 500
"""The largest number of pushes that the page deciphers; each is a promise of its own."""

_TITLE_SIZE: Final = 8
_FIRST_BLOCK: Final = (2).to_bytes(4, "big")  # GCM encrypts with CTR from this block on (NIST SP 800-38D, 7.1)
WITH_PIP: Final = (
    "The page does not decipher these pushes with these keys; the fault may also be the size of a key. On a computer, "
    "pip install 'hanparse[crypto]' and hanparse explain do it, and name the cause."
)
NO_AUTH: Final = "The authentication key verifies a push and does not decipher it: give the encryption key as well."
_CRC: Final = re.compile(rb"![0-9A-Fa-f]{4}\s*\Z")
_TAG: Final = (
    "the authentication tag does not fit: one of the keys is wrong, or is that of another meter, or the push was "
    "damaged on the way; without the authentication key the page decodes the push and marks it as not verified"
)
_KEY: Final = (
    "the key does not decipher the push: it is wrong, or is that of another meter or of another port, or the push was "
    "damaged on the way"
)


class Job(NamedTuple):
    """A ciphered push: its header, and what Web Crypto needs to decipher it."""

    header: Header
    title: bytes
    content: bytes
    """The ciphertext, with the authentication tag behind it if the tag is verified."""
    key: bytes
    link: Link | None
    """The link of the push, which identifies some meters."""
    associated: bytes | None
    """The additional data of AES-GCM; `None` if the tag is not verified, so that AES-CTR deciphers the content."""

    def for_browser(self) -> dict[str, Any]:
        """Return the parameters of AES-GCM, or of AES-CTR with the first counter block of GCM, as hex digits."""
        iv = self.title + self.header.invocation_counter.to_bytes(4, "big")
        associated = None if self.associated is None else self.associated.hex()
        counter = (iv + _FIRST_BLOCK).hex()
        found = {"key": self.key, "iv": iv, "content": self.content}
        return {**{name: value.hex() for name, value in found.items()}, "counter": counter, "associated": associated}


def jobs(data: bytes, key: str, auth_key: str = "", system_title: str = "") -> list[Job]:
    """Return the ciphered pushes of an input, at most `MAX_JOBS`. Raises `ValueError` for a key that is none."""
    keys = Keys(key or None, auth_key or None, system_title or None)
    found = []
    for message in _ciphered(data):
        apdu = strip_llc(message.payload)
        header = read_header(apdu)
        title = header.system_title if len(header.system_title) == _TITLE_SIZE else keys.system_title or b""
        found.append(_job(apdu, header, message.link, title, keys))
        if len(found) == MAX_JOBS:
            break
    return [job for job in found if job]


def read(job: Job, plaintext: bytes | None, decoder: hanparse.Decoder) -> Measurement:
    """Return the measurement of a plaintext. `None` as plaintext means that the tag did not fit.

    `decoder` remembers the meter of each link, as in a stream.

    Raises `CipherError` when the keys do not fit, and other `HanParseError` for a plaintext that cannot be decoded.
    """
    if plaintext is None:
        raise hanparse.CipherError(_TAG, cause="tag", system_title=job.title)
    verified = job.associated is not None
    is_telegram = plaintext.startswith(b"/")
    # A telegram must be verified or have a CRC, as in hanparse.cipheredp1: nothing else covers its bytes.
    is_sound = _CRC.search(plaintext) if is_telegram else identify.is_head(plaintext)
    if not verified and not is_sound:
        raise hanparse.CipherError(_KEY, cause="key", system_title=job.title)
    security = Security(job.title, job.header.security_control, job.header.invocation_counter, verified)
    found = hanparse.decode(plaintext) if is_telegram else decoder.decode_payload(plaintext, job.link)
    return found.__replace__(security=security)


def _ciphered(data: bytes) -> Iterator[Message]:
    for event in walk(data):
        error = event.error if isinstance(event, Failed) else None
        if isinstance(event, Failed) and isinstance(error, hanparse.CipherError):
            if error.cause not in ("no key", "service"):
                continue  # explain shows the reason
            yield event.message


def _job(apdu: bytes, header: Header, link: Link | None, title: bytes, keys: Keys) -> Job | None:
    """Return the job; `None` for a push that the page does not decipher."""
    key, auth_key = keys.of(title)
    is_verified = header.is_tagged and bool(auth_key)
    sizes = {len(key), len(auth_key) if is_verified else len(key)}
    if len(title) != _TITLE_SIZE or sizes != {header.key_size} or not header.is_encrypted:
        return None
    content = apdu[header.start : header.end]
    if not is_verified:
        return Job(header, title, content, key, link, None)
    associated = bytes([header.security_control]) + auth_key + header.fields
    return Job(header, title, content + apdu[header.end : header.end + TAG_SIZE], key, link, associated)
