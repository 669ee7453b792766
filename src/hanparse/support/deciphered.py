"""Defines `CipheredPushes`, which returns the errors and plaintexts of ciphered pushes for a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from hanparse.annotate.ciphered import Deciphered
from hanparse.errors import CipherError
from hanparse.meters import PROFILES
from hanparse.receiver import Failed, Read, ReadTelegram, walk
from hanparse.security.title import title_text
from hanparse.support import titles
from hanparse.support.anonymise import anonymise

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hanparse.security.keys import Keys


class Plaintext(NamedTuple):
    """Contains a deciphered APDU in which the meter numbers are replaced.

    `position` is the position of the ciphered push in the stream. `verified` is true if its authentication tag was
    verified.
    """

    position: int
    data: bytes
    verified: bool


class CipheredPushes:
    """Deciphers the pushes in `data` with `keys`. `shown` is `data` after `anonymise` has replaced its meter numbers.

    The system titles in `shown` are replaced, too. Error messages and plaintexts contain the titles of `shown`.
    """

    def __init__(self, data: bytes, shown: bytes, keys: Keys) -> None:
        events = walk(data, PROFILES, keys)
        self._events = [event for event in events if isinstance(event, Read | ReadTelegram | Failed)]
        given = keys.system_title
        self._titles = {given: titles.replacement(given)} if given else {}
        for event in self._events:
            if places := titles.places(event.message):
                self._titles[_at(data, places)] = _at(shown, places)

    def errors(self) -> list[str]:
        """Return the errors of pushes that the keys do not decipher, and of deciphered pushes that cannot be read."""
        return [self._message(event) for event in self._events if isinstance(event, Failed) and _is_ciphered(event)]

    def _message(self, event: Failed) -> str:
        name = type(event.error).__name__
        if event.opened:  # the text of the error can contain bytes of the plaintext
            return f"{name}: byte {event.message.position(0)}: the deciphered content cannot be read"
        message = str(event.error)
        for old, new in self._titles.items():
            message = message.replace(title_text(old), title_text(new))
        return f"{name}: {message}"

    def plaintexts(self, keep: Sequence[str]) -> Iterator[Plaintext]:
        """Yield the deciphered APDUs with replaced meter numbers and system titles."""
        for event in self._events:
            result = Deciphered.of(event)
            if result and result.security:
                data = self._without_titles(anonymise(result.plaintext, keep))
                yield Plaintext(event.message.position(0), data, result.security.verified)

    def _without_titles(self, data: bytes) -> bytes:
        known: dict[bytes, bytes] = {}
        for old, new in self._titles.items():
            start = titles.serial(old)
            known |= titles.notations(old, new) | titles.notations(old[start:], new[start:])
        for old in sorted(known, key=len, reverse=True):
            data = data.replace(old, known[old])
        return data


def _at(data: bytes, places: Sequence[int]) -> bytes:
    return bytes(data[at] for at in places)


def _is_ciphered(event: Failed) -> bool:
    return event.opened is not None or isinstance(event.error, CipherError)
