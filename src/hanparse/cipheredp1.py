"""Implements the link layer of ciphered P1 telegrams.

A `CipheredTelegram` has one of these forms::
    Luxembourg, Austria   DB 08 system title  82 LL LL SC counter content [tag]
    Poland                /header CR LF CR LF  00 82 LL LL SC counter content [tag]  !CRC

LL LL is the number of bytes from SC to the end of the tag. SC is the security control byte; it determines whether the
meter sends an authentication tag. In the first form, the content is a complete telegram. In the second form, the
content is only the lines of a telegram, and its header and end line are not ciphered.

No check sequence covers the ciphered bytes, so hanparse must decipher bytes to find out whether they are a telegram.
`Judge` deciphers them, and raises an error if the result is not a telegram. The search for frames then continues at the
next byte, so a frame within these bytes is found.

A candidate is a sequence of bytes with the structure of a ciphered telegram. Bytes after an LLC header (E6 E7 00) or
after the addresses of an M-Bus telegram (01 67) are the content of a frame, so they are not a candidate. A candidate is
*expected* if it begins at the start of the stream, or at the end of another candidate. Up to two bytes, such as a line
end, can precede an expected candidate. Only the error for an expected candidate contains the reason why the keys do not
decipher it. Other candidates are mostly random bytes, and a reason would mislead.

Bounds: a candidate has at most `MAX_TELEGRAM` bytes, and two candidates begin at least 9 bytes apart. So each byte is
part of at most 2,800 candidates. The candidates in a stream of N bytes have together at most N times 2,800 bytes.
hanparse deciphers a candidate, and computes its CRC, a few times at most.
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
# The encoded length. It is at most hex 5EFF, so that a telegram has at most MAX_TELEGRAM (hex 6000) bytes.
_LENGTH: Final = rb"(?:\x81[\x80-\xff]|\x82[\x01-\x5e].)"
_CONTROL: Final = rb"[\x10-\x3f\x50-\x7f]"
_TITLED: Final = re.compile(rb"\xdb\x08[A-Za-z]{3}.{5}%b%b" % (_LENGTH, _CONTROL), re.DOTALL)
# IEC 62056-21: an identification has no second "/". This also limits how many candidates can begin inside a header.
_HEADER: Final = rb"/[A-Za-z]{3}[ -.0-~]{0,60}(?:\r?\n){1,2}"
_HEADED: Final = re.compile(rb"(%b)\x00%b%b" % (_HEADER, _LENGTH, _CONTROL), re.DOTALL)
_HEADED_BEGIN: Final = re.compile(rb"%b\x00.{0,3}\Z" % _HEADER, re.DOTALL)
_END_LINE: Final = re.compile(rb"![0-9A-Fa-f]{4}")
_END_SIZE: Final = 5
_TITLED_SIZE: Final = 14  # bytes from DB to SC, if the length has three bytes
_LINE_END: Final = 2


@dataclass(frozen=True, slots=True)
class CipheredTelegram:
    """A `CipheredTelegram` contains the received bytes of a ciphered telegram.

    `head` is the header with its line ends, and `tail` is the end line. Both are empty in the first form, in which the
    complete telegram is ciphered. `offset` is the position of the first byte in the stream.
    """

    raw: bytes
    head: bytes = b""
    tail: bytes = b""
    offset: int = 0

    @property
    def information(self) -> bytes:
        """Return the ciphered APDU. In the second form, a meter does not send the tag DB, so this method adds it."""
        return GENERAL_GLO + self.raw[len(self.head) : len(self.raw) - len(self.tail)] if self.head else self.raw

    @property
    def information_offset(self) -> int:
        """Return the position of the APDU in the stream.

        In the second form, `information` begins with an added tag. So the result is the position of the byte before the
        first byte of the APDU that the meter sent.
        """
        return self.offset + max(0, len(self.head) - 1)

    @property
    def link(self) -> Link:
        """Return an empty link, because a telegram has no addresses."""
        return Link((), (), 0)

    def plain(self, content: bytes, *, with_crc: bool = True) -> bytes:
        """Return the plain telegram with the deciphered `content`.

        Without `with_crc`, the second form ends after the "!".
        """
        if not self.head:
            return content
        return self.head + content + (self.tail if with_crc else b"!")


def _end(data: bytes, at: int) -> int:
    """Return the index after the bytes that a length announces. The encoded length begins at `at` and is complete."""
    size = 1 + (data[at] & 0x7F)
    return at + size + int.from_bytes(data[at + 1 : at + size], "big")


class Judge:
    """A `Judge` deciphers candidates with `opener`, and raises an error for candidates that are not telegrams.

    `is_sound` returns whether deciphered bytes are one complete APDU or telegram. Because no check sequence covers the
    ciphered bytes, a telegram is accepted only if its authentication tag or its CRC fits.
    """

    def __init__(self, opener: Opener, is_sound: Callable[[bytes], bool]) -> None:
        self._opener = opener
        self._is_sound = is_sound
        self._until = 0  # the position in the stream after the last candidate

    def check(self, telegram: CipheredTelegram, start: int) -> None:
        """Raise an error if the keys do not decipher `telegram`.

        The first byte of `telegram` has the index `start` in the reader's data. The error contains no deciphered
        content. This method raises the error that `_error` returns, because a traceback can show the local variables of
        the function that raises, and `_error` has the content in a variable.
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
            parsed = p1.Telegram.parse(plain)
        except (FrameError, CipherError) as error:
            return error
        return None if security.verified or parsed.crc else _no_telegram(0)

    def decipher(self, telegram: CipheredTelegram) -> tuple[bytes, Security]:
        """Return the deciphered telegram and its `Security`. Raises `CipherError` if the keys do not decipher it.

        No document defines which bytes the CRC of a Polish telegram covers. If the deciphered lines are those of a
        telegram, but the CRC does not fit, the result has no CRC. `check` then accepts the telegram only if its
        authentication tag fits.
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
    """`Ciphered` is the `hanparse.wire.layer.LinkLayer` for telegrams of the first form."""

    first = GENERAL_GLO[0]
    start = rb"\xdb(?<!\xe6\xe7\x00\xdb)(?<!\x01\x67\xdb)(?:\x08(?:[A-Za-z]|\Z)|\Z)"
    max_size = MAX_TELEGRAM
    shared = 0
    truncated = staticmethod(_truncated)

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    def find_end(self, data: bytes, start: int, base: int) -> tuple[int, bool]:
        """Return the end of the telegram, and whether its header is complete.

        Raises `FrameError` if the header is wrong, and the errors of `Judge.check`.
        """
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
    return any(_TITLED.match(data + header[len(data) :]) for header in (example, example[:10] + b"\x81\x80\x30\0"))


class P1OrCiphered(p1.P1):
    """`P1OrCiphered` is the `hanparse.wire.layer.LinkLayer` for plain telegrams and telegrams of the second form."""

    def __init__(self, judge: Judge) -> None:
        super().__init__()
        self._judge = judge

    def find_end(self, data: bytes, start: int, base: int | None = None) -> tuple[int, bool]:
        """Return the end of the telegram, and whether its header is complete and passes all checks."""
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
    def read(  # type: ignore[override]  # the reader accepts a frame of any type
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
