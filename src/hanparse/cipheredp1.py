"""The link layer of ciphered P1 telegrams: a stream -> `CipheredTelegram`.

::

    Luxembourg, Austria   DB 08 system title  82 LL LL SC counter content [tag]
    Poland                /header CR LF CR LF  00 82 LL LL SC counter content [tag]  !CRC

The content is a whole telegram, or the lines between a header and an end line in clear. No check sequence covers the
bytes on the wire, so only the keys show whether the bytes are a telegram. A reader asks the `Judge`, which raises an
error for bytes that do not decipher to a telegram. The search then continues at the next byte, so these bytes hide no
frame.

A candidate is a sequence of bytes that has one of these forms. Bytes after an LLC header (E6 E7 00) or after the
addresses of an M-Bus telegram (01 67) are the content of a frame and no candidate. A candidate is *expected* if it
begins where the stream begins or where another candidate ends; two bytes for a line end may be in between. Only the
error of an expected candidate contains the reason why the keys do not open it.

Bounds: a candidate has at most `MAX_TELEGRAM` bytes, and two candidates begin at least 14 bytes apart. So each received
byte costs AES and a CRC over at most 1,800 bytes each.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from hanparse import p1
from hanparse.errors import ChecksumError, CipherError, FrameError
from hanparse.wire.link import Link
from hanparse.wire.telegram import MAX_TELEGRAM

if TYPE_CHECKING:
    from collections.abc import Callable

    from hanparse.measurement.security import Security
    from hanparse.security.opener import Opener

GENERAL_GLO: Final = b"\xdb"
_LENGTH: Final = rb"(?:\x81[\x80-\xff]|\x82[\x01-\x5e].)"  # with header and end line less than MAX_TELEGRAM
_CONTROL: Final = rb"[\x10-\x3f\x50-\x7f]"
_TITLED: Final = re.compile(rb"\xdb\x08[A-Za-z]{3}.{5}%b%b" % (_LENGTH, _CONTROL), re.DOTALL)
_HEADED: Final = re.compile(rb"(/[A-Za-z]{3}[ -~]{0,60}(?:\r?\n){1,2})\x00%b%b" % (_LENGTH, _CONTROL), re.DOTALL)
_HEADED_BEGIN: Final = re.compile(rb"/[A-Za-z]{3}[ -~]{0,60}(?:\r?\n){1,2}\x00.{0,3}\Z", re.DOTALL)
_END_LINE: Final = re.compile(rb"![0-9A-Fa-f]{4}")
_END_SIZE: Final = 5
_TITLED_SIZE: Final = 14  # with the longest length and SC
_LINE_END: Final = 2


@dataclass(frozen=True, slots=True)
class CipheredTelegram:
    """A ciphered telegram: its bytes as received, and the parts of them that are in clear.

    `head` is the identification with its line ends and `tail` the end line; both are empty if the whole telegram is
    ciphered. `offset` is the position in the stream.
    """

    raw: bytes
    head: bytes = b""
    tail: bytes = b""
    offset: int = 0

    @property
    def information(self) -> bytes:
        """Return the ciphered APDU. Its tag DB is not on the wire if there is a header in clear."""
        return GENERAL_GLO + self.raw[len(self.head) : len(self.raw) - len(self.tail)] if self.head else self.raw

    @property
    def information_offset(self) -> int:
        """Return the position of the APDU in the stream. After a header, it is one less for the missing tag."""
        return self.offset + max(0, len(self.head) - 1)

    @property
    def link(self) -> Link:
        """Return an empty link, because a telegram has no addresses."""
        return Link((), (), 0)

    def plain(self, content: bytes, *, with_crc: bool = True) -> bytes:
        """Return the plain telegram with the deciphered `content`, with or without the CRC that covers it."""
        if not self.head:
            return content
        return self.head + content + (self.tail if with_crc else b"!")


def _end(data: bytes, at: int) -> int:
    """Return the end of the content. Its length begins at `at` and is complete."""
    size = 1 + (data[at] & 0x7F)
    return at + size + int.from_bytes(data[at + 1 : at + size], "big")


class Judge:
    """Deciphers telegrams with `opener`, and raises an error for other bytes. `is_sound` is the function of the opener.

    A telegram needs a verified tag or a CRC that fits, because no check sequence covers the bytes on the wire.
    """

    def __init__(self, opener: Opener, is_sound: Callable[[bytes], bool]) -> None:
        self._opener = opener
        self._is_sound = is_sound
        self._until = 0  # the position in the stream at which the last candidate ends

    def check(self, telegram: CipheredTelegram, start: int) -> None:
        """Raise an error unless the keys open `telegram`, which begins at index `start` of the data of the reader.

        The error contains no content, and no function that has the content as a variable raises the error.
        """
        is_expected = 0 <= telegram.offset - self._until <= _LINE_END
        self._until = telegram.offset + len(telegram.raw)
        error = self._error(telegram)
        if error is None:
            return
        if isinstance(error, CipherError) and is_expected:
            error.offset += start + telegram.information_offset - telegram.offset
        elif isinstance(error, ChecksumError):
            error.offset = start
        else:
            error = _no_telegram(start)
        raise error.with_traceback(None) from None

    def _error(self, telegram: CipheredTelegram) -> FrameError | CipherError | None:
        try:
            plain, security = self.decipher(telegram)
            found = p1.Telegram.parse(plain)
        except (FrameError, CipherError) as error:
            return error
        return None if security.verified or found.crc else _no_telegram(0)

    def decipher(self, telegram: CipheredTelegram) -> tuple[bytes, Security]:
        """Return the plain telegram, without its CRC if the CRC does not fit although the authentication tag fits.

        No document defines the CRC of Polish telegrams. Raises `CipherError`.
        """
        apdu = telegram.information
        try:
            opened = self._opener.open(apdu, lambda content: self._is_sound(telegram.plain(content)))
        except CipherError as error:
            if error.cause != "not a push" or not telegram.head:
                raise
        else:
            return telegram.plain(opened.apdu), opened.security
        opened = self._opener.open(apdu, lambda content: self._is_sound(telegram.plain(content, with_crc=False)))
        return telegram.plain(opened.apdu, with_crc=False), opened.security


def _no_telegram(offset: int) -> FrameError:
    return FrameError("expected a ciphered P1 telegram, found bytes that no key deciphers to a telegram", offset=offset)


def _truncated(size: int, end: int, start: int = 0, *, sound: bool = False) -> FrameError:
    found = f"the ciphered P1 telegram is incomplete: it ends after {size - start} bytes"
    return FrameError(f"{found}, expected {end - start}" if sound else found, offset=size)


class Ciphered:
    """The rules by which a reader finds telegrams that are ciphered as a whole, a `hanparse.wire.layer.LinkLayer`."""

    first = GENERAL_GLO[0]
    start = rb"\xdb(?<!\xe6\xe7\x00\xdb)(?<!\x01\x67\xdb)(?:\x08(?:[A-Za-z]|\Z)|\Z)"
    max_size = MAX_TELEGRAM
    shared = 0
    truncated = staticmethod(_truncated)

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    def find_end(self, data: bytes, start: int, base: int) -> tuple[int, bool]:
        """Return the end of the telegram, and whether its header is complete. The judge raises errors."""
        header = _TITLED.match(data, start)
        if header is None:
            if len(data) - start < _TITLED_SIZE and _may_begin(data[start:]):
                return len(data) + 1, False
            raise _no_telegram(start)
        end = _end(data, start + 10)
        if end <= len(data):
            self._judge.check(CipheredTelegram(data[start:end], offset=start + base), start)
        return end, True

    def read(self, data: bytes, offset: int, *, after_loss: bool) -> CipheredTelegram:  # noqa: ARG002
        """Return the telegram, which `find_end` has checked."""
        return CipheredTelegram(data, offset=offset)


def _may_begin(data: bytes) -> bool:
    """Return whether `data`, which is shorter than a header, may be the beginning of a header."""
    example = b"\xdb\x08AAA\0\0\0\0\0\x82\x01\0\x30"
    return any(_TITLED.match(data + rest[len(data) :]) for rest in (example, example[:10] + b"\x81\x80\x30\0"))


class P1OrCiphered(p1.P1):
    """The rules by which a reader finds telegrams in clear, and telegrams that are ciphered after their header."""

    def __init__(self, judge: Judge) -> None:
        super().__init__()
        self._judge = judge

    def find_end(self, data: bytes, start: int, base: int | None = None) -> tuple[int, bool]:
        """Return the end of the telegram, and whether its header is complete and sound."""
        header = _HEADED.match(data, start)
        if header is None:
            if _HEADED_BEGIN.match(data, start):
                return len(data) + 1, False
            return super().find_end(data, start, base)
        end = _end(data, header.end(1) + 1)
        if end + _END_SIZE <= len(data):
            telegram = self._split(data[start : end + _END_SIZE], start + (base or 0))
            self._judge.check(telegram, start)
        return end + _END_SIZE, True

    @staticmethod
    def read(  # type: ignore[override]  # the reader takes any frame
        data: bytes, offset: int = 0, *, after_loss: bool = False
    ) -> p1.Telegram | CipheredTelegram:
        """Return the telegram, which `find_end` has checked."""
        if _HEADED.match(data):
            return P1OrCiphered._split(data, offset)
        return p1.Telegram.read(data, offset, after_loss=after_loss)

    @staticmethod
    def _split(data: bytes, offset: int) -> CipheredTelegram:
        header, tail = _HEADED.match(data), data[-_END_SIZE:]
        if not header or not _END_LINE.fullmatch(tail):
            raise FrameError(
                f"expected ! and the CRC after the ciphered lines of a telegram, found {tail.hex(' ').upper()}",
                offset=offset,
            )
        return CipheredTelegram(data, header[1], tail, offset)
