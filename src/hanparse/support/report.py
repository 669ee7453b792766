"""Writes the attachment of an issue: a report on a capture in Markdown, with a dump and without meter ids."""

from __future__ import annotations

import platform
import re
from typing import TYPE_CHECKING, Final

from hanparse.annotate.explain import explain
from hanparse.decoder import Decoder, decode_all
from hanparse.errors import HanParseError, UnknownMeterError
from hanparse.hdlc import FLAG
from hanparse.meters.unknown import escaped
from hanparse.support.anonymise import anonymise
from hanparse.support.versions import version
from hanparse.wire.crc import HAS_EXTENSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_NAMES_METERS: Final = frozenset({"ciphered", "key", "auth-key", "counter"})  # faults that name a system title
_BEFORE: Final = 3 * 1024  # bytes shown up to the last error
_CHUNK: Final = 1024
_SHOWN_ERRORS: Final = 5
_ROW: Final = 32  # bytes in a line of the dump
_BEGIN: Final = re.compile(rb"\x7e[\xa0-\xaf]")

_NOTE: Final = """\
Other numbers replace those that may be meter numbers, in text, BCD and binary, also in damaged bytes; check sequences
fit or not as before. Plain values and the text of a gateway are unchanged: read the report before you send it."""


def attachment(chunks: Iterable[bytes], keep: Sequence[str] = ()) -> str:
    """Return the report on a capture. `keep` contains texts that look like meter numbers and are none.

    Counts and faults are those of all bytes. Errors, explained frames and the dump are limited to 4 KiB, up to the last
    error or, without an error, from the beginning.
    """
    capture = _Capture()
    for chunk in chunks:
        capture.take(chunk)
    capture.decoder.flush()
    data, start = capture.extract()
    shown = anonymise(data, keep)
    return "\n".join(_report(capture, shown, start))


class _Capture:
    """Decodes a capture of any length and keeps the section of it that the report shows."""

    def __init__(self) -> None:
        self.decoder = Decoder(on_error=self._note)
        self._recent = b""
        self._kept: tuple[bytes, int] | None = None
        self._first = b""
        self._failed = False

    def _note(self, _error: HanParseError) -> None:
        self._failed = True

    def take(self, chunk: bytes) -> None:
        """Decode the next bytes in small pieces, which gives the position of an error."""
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
        """Return the section to show and its position. A section that is cut out begins and ends with a flag."""
        if self._failed:  # `flush` reported an error
            self._kept = self._recent, self.decoder.stats.bytes - len(self._recent)
        data, start = self._kept or (self._first, 0)
        begin = _BEGIN.search(data) if start else None
        first = begin.start() if begin else 0
        is_cut = start + len(data) < self.decoder.stats.bytes
        last = data.rfind(FLAG) + 1 if is_cut else len(data)
        return data[first : last or len(data)], start + first


def _report(capture: _Capture, data: bytes, start: int) -> Iterator[str]:
    yield "### What `hanparse report` says"
    yield ""
    yield from (f"* {line}" for line in _versions())
    stats = capture.decoder.stats._asdict().items()
    yield "* " + ", ".join(f"{name.replace('_', ' ')} {count}" for name, count in stats)
    for fault in capture.decoder.diagnosis():
        yield f"* diagnosis: {fault.kind if fault.kind in _NAMES_METERS else fault}"
    yield ""
    yield from _NOTE.splitlines()
    yield from _errors(data)
    yield from _block("Explained", str(explain(data)).splitlines())
    rows = [data[at : at + _ROW].hex(" ").upper() for at in range(0, len(data), _ROW)]
    yield from _block(f"Dump, bytes {start} to {start + len(data)} of {capture.decoder.stats.bytes}", rows)


def _versions() -> Iterator[str]:
    yield f"hanparse {version('hanparse')}, {platform.python_implementation()} {platform.python_version()}"
    extension = "with its C extension" if HAS_EXTENSION else "without its C extension"
    yield f"construct {version('construct')}, crcmod {version('crcmod')} {extension}"
    yield f"{platform.system()} {platform.machine()}"


def _errors(data: bytes) -> Iterator[str]:
    """Return the last errors in the section, and each report on a list that no profile reads once."""
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
    if not decoder.stats.frames:  # the data may be a push without a frame
        try:
            decode_all(data)
        except HanParseError as error:
            return [error]
    return errors


def _block(title: str, lines: Iterable[str]) -> Iterator[str]:
    """Return a title and a Markdown code block, with a fence that is longer than any in its lines."""
    content = "\n".join(lines)
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", content)), default=0))
    yield from ("", f"#### {title}", "", f"{fence}text", *([content] if content else []), fence)
