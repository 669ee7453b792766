"""Writes a report on a capture, as Markdown for an issue. The report contains a hex dump, but no meter numbers."""

from __future__ import annotations

import platform
import re
from typing import TYPE_CHECKING, Final

from hanparse.annotate.explain import explain
from hanparse.decoder import Decoder, Options, decode_all
from hanparse.errors import CipherError, HanParseError, HexDumpError, UnknownMeterError
from hanparse.hdlc import FLAG
from hanparse.meters.unknown import escaped
from hanparse.security.keys import KeyOption, Keys
from hanparse.support.anonymise import anonymise
from hanparse.support.deciphered import CipheredPushes
from hanparse.versions import version
from hanparse.wire.crc import HAS_EXTENSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_NAMES_METERS: Final = frozenset({"ciphered", "key", "auth-key", "counter"})  # faults whose messages name system titles
_BEFORE: Final = 3 * 1024  # bytes; `_CHUNK` bytes with the last error follow them
_CHUNK: Final = 1024
_SHOWN_ERRORS: Final = 5
_ROW: Final = 32  # bytes on a line of the dump
_BEGIN: Final = re.compile(rb"\x7e[\xa0-\xaf]")

_NOTE: Final = """\
Each number that can be a meter number is replaced, in text, BCD and binary, also in damaged bytes.
A check sequence that was right is still right, and a wrong check sequence is still wrong. Values that are not ciphered
and text that a gateway added are unchanged, so read the report before you send it."""
_WITHOUT_PLAINTEXT: Final = """\
The report contains no key and no deciphered byte. No key can decipher the dump,
because the system titles in it are replaced."""
_WITH_PLAINTEXT: Final = """\
The report contains no key. It contains the deciphered values, because you asked for the plaintext."""


def attachment(
    chunks: Iterable[bytes],
    keep: Sequence[str] = (),
    *,
    key: KeyOption = None,
    auth_key: KeyOption = None,
    system_title: str | bytes | None = None,
    with_plaintext: bool = False,
) -> str:
    """Return the report on a capture. `chunks` contains its bytes.

    `keep` contains texts that look like meter numbers but are not meter numbers, so they are not replaced.

    The counts and faults in the report describe the whole capture. The errors, the explained frames and the dump
    describe a section of at most 4 KiB: the bytes up to the last error, or the first bytes if there is no error. If the
    iteration of `chunks` raises `HexDumpError`, because a text is not a hex dump, the report contains the message of
    this error.

    If keys are given, the pushes are deciphered for the counts, the faults and the errors. The report contains the
    deciphered values only if `with_plaintext` is true. The meter numbers in these values are replaced, too.
    """
    keys = Keys(key, auth_key, system_title)
    capture = _Capture(Options(key=key, auth_key=auth_key, system_title=system_title))
    unread = ""
    try:
        for chunk in chunks:
            capture.take(chunk)
    except HexDumpError as error:
        unread = anonymise(str(error).encode(), keep).decode("utf-8", "replace")
    capture.decoder.flush()
    data, start = capture.extract()
    shown = anonymise(data, keep)
    pushes = CipheredPushes(data, shown, keys) if keys else None
    lines = list(_report(capture, shown, start, pushes, unread))
    if pushes:
        lines += ["", *(_WITH_PLAINTEXT if with_plaintext else _WITHOUT_PLAINTEXT).splitlines()]
    if pushes and with_plaintext:
        lines += _plaintexts(pushes, start, keep)
    return "\n".join(lines)


class _Capture:
    """Decodes a capture of any length and stores the section that the report shows."""

    def __init__(self, options: Options) -> None:
        self.decoder = Decoder(**options, on_error=self._note)
        self._recent = b""
        self._kept: tuple[bytes, int] | None = None
        self._first = b""
        self._failed = False

    def _note(self, _error: HanParseError) -> None:
        self._failed = True

    def take(self, chunk: bytes) -> None:
        """Decode the next bytes in pieces of 1 KiB, so that the bytes before an error are still stored."""
        for at in range(0, len(chunk), _CHUNK):
            self._take(chunk[at : at + _CHUNK])

    def _take(self, piece: bytes) -> None:
        self._first = (self._first + piece)[: _BEFORE + _CHUNK]
        self._recent = (self._recent + piece)[-_BEFORE - _CHUNK :]
        self.decoder.feed(piece)
        if self._failed:
            self._kept = self._recent, self.decoder.stats.bytes - len(self._recent)
            self._failed = False

    def extract(self) -> tuple[bytes, int]:
        """Return the section that the report shows, and its position in the capture.

        If other bytes of the capture are before the section, the section begins at its first flag that can begin a
        frame. If other bytes are after the section, it ends at its last flag. Without such a flag, the section is not
        shortened.
        """
        if self._failed:  # `flush` reported an error
            self._kept = self._recent, self.decoder.stats.bytes - len(self._recent)
        data, start = self._kept or (self._first, 0)
        begin = _BEGIN.search(data) if start else None
        first = begin.start() if begin else 0
        is_cut = start + len(data) < self.decoder.stats.bytes
        last = data.rfind(FLAG) + 1 if is_cut else len(data)
        return data[first : last or len(data)], start + first


def _report(capture: _Capture, data: bytes, start: int, pushes: CipheredPushes | None, unread: str) -> Iterator[str]:
    yield "### Report by `hanparse report`"
    yield ""
    yield from (f"* {line}" for line in _versions())
    stats = capture.decoder.stats._asdict().items()
    yield "* " + ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in stats)
    if unread:
        yield f"* a text was not read to its end: {escaped(unread)}"
    for fault in capture.decoder.diagnosis():
        yield f"* diagnosis: {fault.kind if fault.kind in _NAMES_METERS else fault}"
    yield ""
    yield from _NOTE.splitlines()
    yield from _errors(data, pushes)
    yield from _block("Explained", str(explain(data)).splitlines())
    yield from _block(f"Dump, bytes {start} to {start + len(data)} of {capture.decoder.stats.bytes}", _dump(data))


def _versions() -> Iterator[str]:
    yield f"hanparse {version('hanparse')}, {platform.python_implementation()} {platform.python_version()}"
    extension = "with its C extension" if HAS_EXTENSION else "without its C extension"
    yield f"construct {version('construct')}, crcmod {version('crcmod')} {extension}"
    yield f"{platform.system()} {platform.machine()}"


def _errors(data: bytes, pushes: CipheredPushes | None) -> Iterator[str]:
    """Yield the lines with the last errors in the section, and the first reports on lists that no profile can read.

    A report that several errors contain is shown once. All errors are found in `data`, but if keys are given, the
    errors of ciphered pushes are taken from `pushes`: no key deciphers `data`, because its system titles are replaced.
    """
    errors = [error for error in _all_errors(data) if not (pushes and isinstance(error, CipherError))]
    messages = [f"{type(error).__name__}: {error}" for error in errors] + (pushes.errors() if pushes else [])
    if messages:
        yield from ("", f"#### Errors, the last of {len(messages)}", "")
    yield from (f"* {escaped(message)}" for message in messages[-_SHOWN_ERRORS:])
    reports = dict.fromkeys(error.report for error in errors if isinstance(error, UnknownMeterError))
    for report in list(reports)[:_SHOWN_ERRORS]:
        yield from ("", report)


def _plaintexts(pushes: CipheredPushes, start: int, keep: Sequence[str]) -> Iterator[str]:
    """Yield the lines with the explanation and the dump of each deciphered APDU."""
    for position, data, verified in pushes.plaintexts(keep):
        title = f"Plaintext of the push at byte {start + position}, {'verified' if verified else 'not verified'}"
        yield from _block(title, str(explain(data)).splitlines())
        yield from _block("Dump of this plaintext", _dump(data))


def _dump(data: bytes) -> list[str]:
    return [data[at : at + _ROW].hex(" ").upper() for at in range(0, len(data), _ROW)]


def _all_errors(data: bytes) -> list[HanParseError]:
    errors: list[HanParseError] = []
    decoder = Decoder(on_error=errors.append)
    decoder.feed(data)
    decoder.flush()
    if not decoder.stats.frames:  # the data can be a push without a frame
        try:
            decode_all(data)
        except HanParseError as error:
            return [error]
    return errors


def _block(title: str, lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a title and a code block. The fence has more backticks than any sequence in the lines."""
    content = "\n".join(lines)
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", content)), default=0))
    yield from ("", f"#### {title}", "", f"{fence}text", *([content] if content else []), fence)
