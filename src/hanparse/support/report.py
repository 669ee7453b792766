"""What came from a wire -> the attachment of an issue: Markdown that says what was seen and replays, without ids."""

from __future__ import annotations

import platform
import re
from typing import TYPE_CHECKING, Final

from hanparse.annotate.explain import explain
from hanparse.decoder import Decoder, decode_all
from hanparse.errors import HanParseError, HexDumpError, UnknownMeterError
from hanparse.hdlc import FLAG
from hanparse.meters.unknown import escaped
from hanparse.support.anonymise import anonymise
from hanparse.support.versions import version
from hanparse.wire.crc import HAS_EXTENSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_NAMES_METERS: Final = frozenset({"ciphered", "key", "auth-key", "counter"})  # faults whose message has a system title
_BEFORE: Final = 3 * 1024  # bytes that are shown before what went wrong last, and up to it
_CHUNK: Final = 1024
_SHOWN_ERRORS: Final = 5
_ROW: Final = 32  # bytes of the dump a line
_BEGIN: Final = re.compile(rb"\x7e[\xa0-\xaf]")

_NOTE: Final = """\
Numbers that may be those of a meter were replaced by others, in text, BCD and binary, also in damaged bytes; check
sequences fit or not as before. Plain values were not, nor what a gateway wrote in words: read it before you send it."""


def attachment(chunks: Iterable[bytes], keep: Sequence[str] = ()) -> str:
    """The report on a capture; `keep` are texts that look like the number of a meter and are none.

    Counts and findings are of all bytes. Errors, explained frames and the dump are of at most 4 KiB, up to where
    something went wrong last, else from the beginning. A text that is no dump is reported with its error.
    """
    seen = _Seen()
    unread = ""
    try:
        for chunk in chunks:
            seen.take(chunk)
    except HexDumpError as error:
        unread = anonymise(str(error).encode(), keep).decode("utf-8", "replace")
    seen.decoder.flush()
    data, start = seen.extract()
    shown = anonymise(data, keep)
    return "\n".join(_report(seen, shown, start, unread))


class _Seen:
    """Reads a capture of any length and remembers the stretch of it that is worth showing."""

    def __init__(self) -> None:
        self.decoder = Decoder(on_error=self._note)
        self._recent = b""
        self._kept: tuple[bytes, int] | None = None
        self._first = b""
        self._failed = False

    def _note(self, _error: HanParseError) -> None:
        self._failed = True

    def take(self, chunk: bytes) -> None:
        """Take in the next bytes, piece by piece, so that the place of an error is known."""
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
        """The stretch, from the beginning of a frame to a flag where it is cut out, and its place."""
        if self._failed:  # at the end
            self._kept = self._recent, self.decoder.stats.bytes - len(self._recent)
        data, start = self._kept or (self._first, 0)
        begin = _BEGIN.search(data) if start else None
        first = begin.start() if begin else 0
        is_cut = start + len(data) < self.decoder.stats.bytes
        last = data.rfind(FLAG) + 1 if is_cut else len(data)
        return data[first : last or len(data)], start + first


def _report(seen: _Seen, data: bytes, start: int, unread: str) -> Iterator[str]:
    yield "### What `hanparse report` says"
    yield ""
    yield from (f"* {line}" for line in _versions())
    stats = seen.decoder.stats._asdict().items()
    yield "* " + ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in stats)
    if unread:
        yield f"* a text was not read to its end: {escaped(unread)}"
    for fault in seen.decoder.diagnosis():
        yield f"* diagnosis: {fault.kind if fault.kind in _NAMES_METERS else fault}"
    yield ""
    yield from _NOTE.splitlines()
    yield from _errors(data)
    yield from _block("Explained", str(explain(data)).splitlines())
    rows = [data[at : at + _ROW].hex(" ").upper() for at in range(0, len(data), _ROW)]
    yield from _block(f"Dump, bytes {start} to {start + len(data)} of {seen.decoder.stats.bytes}", rows)


def _versions() -> Iterator[str]:
    yield f"hanparse {version('hanparse')}, {platform.python_implementation()} {platform.python_version()}"
    extension = "with its C extension" if HAS_EXTENSION else "without its C extension"
    yield f"construct {version('construct')}, crcmod {version('crcmod')} {extension}"
    yield f"{platform.system()} {platform.machine()}"


def _errors(data: bytes) -> Iterator[str]:
    """The last errors in the stretch, and what was understood of lists that nobody reads, each once."""
    errors = _all_errors(data)
    if errors:
        yield from ("", f"#### Errors, the last of {len(errors)}", "")
    yield from (f"* {type(error).__name__}: {escaped(str(error))}" for error in errors[-_SHOWN_ERRORS:])
    reports = dict.fromkeys(error.report for error in errors if isinstance(error, UnknownMeterError))
    for report in list(reports)[:_SHOWN_ERRORS]:
        yield from ("", report)


def _all_errors(data: bytes) -> list[HanParseError]:
    errors: list[HanParseError] = []
    decoder = Decoder(on_error=errors.append)
    decoder.feed(data)
    decoder.flush()
    if not decoder.stats.frames:  # it may be a push without a frame
        try:
            decode_all(data)
        except HanParseError as error:
            return [error]
    return errors


def _block(title: str, lines: Iterable[str]) -> Iterator[str]:
    """Text in a fence that no line of it can close."""
    content = "\n".join(lines)
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", content)), default=0))
    yield from ("", f"#### {title}", "", f"{fence}text", *([content] if content else []), fence)
