"""Defines `best_reading`, which chooses the reading of a text with the most bytes in sound frames or APDUs.

A *reading* is a function that returns the bytes of a text in one notation, as *pieces* (`hexdump.readings`). The
*rules* of `hexdump.find` are used as a reading, too. `pasted.sound` defines *sound* bytes and a *unit*. *Bare* text has
blanks in place of its remarks. *Known* bytes are those of the units that were found earlier.

The readings are first applied to samples of a long text. Then at most `_MAX_TRIED` of them are applied to all of it.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse import hexdump
from hanparse.errors import HexDumpError
from hanparse.hexdump import remarks
from hanparse.hexdump.readings import FRAME_READINGS, READINGS
from hanparse.hexdump.text import MIN_BYTES, Piece, cover
from hanparse.pasted.rest import Rest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hanparse.pasted.sound import Unit

    Finder = Callable[[list[Piece], bytes], list[Unit]]
    Reading = Callable[[str], list[Piece]]
    Apply = Callable[[Reading, str], list[Piece]]

_SAMPLE: Final = 1 << 12
"""A sample has at most this number of characters."""
_LONGER: Final = 3 * _SAMPLE
"""The second sample has this number of characters: a log may have 40 characters in front of each byte of a frame."""
_SAMPLES: Final = 8
"""The largest number of samples of a text, besides the longer sample and the first `_SHORT` characters of the text."""
_SHORT: Final = 1 << 15
_MAX_LIKELY: Final = 4
_MAX_TRIED: Final = 3
_LONGEST_ESCAPE: Final = len(r"\u00a0")
_QUARTET: Final = 4  # four hex digits are two bytes, four base64 characters are three bytes
_REMEMBERED: Final = 1024  # results; all readings of all samples
_MAX_DAMAGED: Final = 8
"""The largest number of damaged lines that `_rules_around_damage` passes over."""
_INCOMPLETE: Final = re.compile(r"\\[^\\]{0,5}\Z|(?<=[/_+-][0-9A-Fa-f]{2})[/_+-][0-9A-Fa-f]{0,2}\Z")
"""Matches the last escape of a sample, and the last byte of ``7E/A0/27``."""
_LAST_WORD: Final = re.compile(r"(?<![\w+/-])[\w+/-]+\Z")


def _is_pure(units: list[Unit]) -> bool:
    """Return whether each unit has fewer than `MIN_BYTES` bytes that are not sound, and none of them is at its end.

    A byte at the end can begin a frame that another reading completes.
    """
    return all(len(unit.data) - unit.size < MIN_BYTES and not unit.tail for unit in units)


class Best(NamedTuple):
    """Holds the result of a reading: the text to which it was applied, and the pieces and units in this text."""

    is_bare: bool
    text: str
    pieces: list[Piece]
    units: list[Unit]


def remembering() -> Apply:
    """Return a function that applies a reading to a text, and that remembers its last results for short texts.

    The searches for frames, for APDUs and for damaged frames apply the same readings to the same samples.
    """
    remembered = lru_cache(maxsize=_REMEMBERED)(lambda read, text: read(text))
    return lambda read, text: remembered(read, text) if len(text) <= _SAMPLE else read(text)


def best_reading(
    text: str, find: Finder, known: bytes, candidates: tuple[_Candidate, ...], apply: Apply
) -> Best | None:
    """Return the result of the reading with the most sound bytes. Returns `None` if no reading has units.

    The search ends after `_MAX_TRIED` readings with units. It ends earlier at a reading whose units are pure
    (`_is_pure`). Other bytes can be a frame in another notation.
    """
    best, most, tried = None, 0, 0
    bare = ""
    applied: set[_Candidate] = set()
    for reading in _choices(text, find, known, candidates, apply):
        if reading in applied:
            continue
        applied.add(reading)
        bare = bare or (without_remarks(text) if reading.is_bare else "")
        said = bare if reading.is_bare else text
        pieces = apply(reading.read, said)
        if not (units := find(pieces, known)):
            continue
        size = sum(unit.size for unit in units)
        is_pure = _is_pure(units)
        if size > most or (size == most and is_pure):
            best, most = Best(reading.is_bare, said, pieces, units), size
        tried += 1
        if is_pure or tried == _MAX_TRIED:
            break
    return best


def without_remarks(text: str) -> str:
    """Return `text` with blanks in place of its remarks."""
    return cover(text, remarks.find(text), " ")


def _rules(text: str) -> list[Piece]:
    with suppress(HexDumpError):
        return hexdump.find(text)
    return []


def _rules_around_damage(text: str) -> list[Piece]:
    """Return the pieces that the rules find in the text without the lines in which they find damage.

    This reading is only for frames: their check sequences prove that a skipped line contained no byte of a frame.
    """
    pieces: list[Piece] = []
    start = 0
    for _ in range(_MAX_DAMAGED):
        rest = text[start:]
        try:
            found, end = hexdump.find(rest), len(rest)
        except HexDumpError as error:
            lines = rest.splitlines(keepends=True)
            found, end = _rules("".join(lines[: error.line - 1])), len("".join(lines[: error.line]))
        pieces += [piece._replace(start=piece.start + start, end=piece.end + start) for piece in found]
        start += end
        if start == len(text):
            break
    return pieces


class _Candidate(NamedTuple):
    """Holds a reading. If `is_bare` is true, the reading is applied to the text without its remarks."""

    read: Reading
    is_bare: bool


_LAST: Final = (_Candidate(_rules, is_bare=False), _Candidate(_rules_around_damage, is_bare=False))
"""These readings take the most time, so they are used only if no other reading contains sound bytes."""
CANDIDATES: Final = (*(_Candidate(read, is_bare) for read in READINGS for is_bare in (False, True)), _LAST[0])
FRAME_CANDIDATES: Final = (
    *CANDIDATES,
    *(_Candidate(read, is_bare) for read in FRAME_READINGS for is_bare in (True, False)),
    _LAST[1],
)


def _choices(
    text: str, find: Finder, known: bytes, candidates: tuple[_Candidate, ...], apply: Apply
) -> Iterator[_Candidate]:
    """Yield the readings in which samples of `text` have sound bytes. For each sample, yield the best reading first.

    The best reading has the most sound bytes. If this number is equal, a reading of bare text is better, because a time
    stamp resembles bytes. If this is also equal, a reading whose units are pure is better.

    A reading is yielded at once if no text that it leaves in the sample resembles bytes. Readings without sound bytes
    are yielded last, if they leave no such text in a sample: a frame can be longer than the samples.
    """
    likely: dict[_Candidate, None] = {}
    for sample in _samples(text):
        bare = without_remarks(sample)
        sizes: dict[_Candidate, tuple[int, bool, bool]] = {}
        vain: set[tuple[int, bytes]] = set()  # bytes without a sound unit; several readings return the same bytes
        for candidate in candidates:
            if (candidate.is_bare and bare == sample) or (sizes and candidate in _LAST):
                continue
            said = bare if candidate.is_bare else sample
            pieces = apply(candidate.read, said)
            key = len(pieces), b"".join([piece.data for piece in pieces])
            if not pieces or key in vain:
                continue
            units = find(pieces, known)
            if not units:
                vain.add(key)
                if sample is not text and len(likely) < _MAX_LIKELY and _leaves_nothing(said, pieces):
                    likely[candidate] = None
                continue
            if _explains(said, pieces, units, is_cut=sample is not text):
                yield candidate
            size = sum(unit.size for unit in units)
            sizes[candidate] = size, candidate.is_bare, _is_pure(units)
        yield from sorted(sizes, key=sizes.__getitem__, reverse=True)
    yield from likely


def _samples(text: str) -> Iterator[str]:
    """Yield samples of `text`: parts that resemble bytes, then the beginning. A short text is one sample."""
    if len(text) > _SAMPLE:
        start = 0
        for number in range(_SAMPLES):
            hint = hexdump.LIKE_BYTES_ALONE.search(text, start)
            if number and not hint:
                break
            start = (text.rfind("\n", start, hint.start()) + 1 if hint else 0) or start
            yield _cut(text[start : start + _SAMPLE])
            if not number and len(text) > start + _LONGER:
                yield _cut(text[start : start + _LONGER])
            start += _SAMPLE
    yield text if len(text) <= _SHORT else _cut(text[:_SHORT])


def _cut(sample: str) -> str:
    """Return a sample without its last line, which can be incomplete.

    If the sample is one line, its incomplete last word or escape is removed, and an open quote is closed.
    """
    if (end := sample.rfind("\n", len(sample) // 2)) >= 0:
        return sample[:end]
    if incomplete := _INCOMPLETE.search(sample, len(sample) - _LONGEST_ESCAPE):
        sample = sample[: incomplete.start()]
    elif last := _LAST_WORD.search(sample):
        sample = sample[: len(sample) - (len(sample) - last.start()) % _QUARTET]
    line = sample[sample.rfind("\n") + 1 :]
    quote = next((sign for sign in line if sign in "\"'"), "")
    is_open = bool(quote) and line.replace(f"\\{quote}", "").count(quote) % 2
    return sample + quote * is_open


def _explains(text: str, pieces: list[Piece], units: list[Unit], *, is_cut: bool) -> bool:
    """Return whether the units contain nearly all text that resembles bytes, up to the end of the last unit."""
    end = units[-1].pieces[-1].end
    pieces = [piece for piece in pieces if piece.end <= end]
    unread = sum(len(piece.data) for piece in pieces) - sum(unit.size for unit in units)
    unread -= units[-1].tail if is_cut else 0  # the tail can be the beginning of a frame that the sample cuts off
    return unread < MIN_BYTES and _leaves_nothing(text[:end], pieces)


def _leaves_nothing(text: str, pieces: list[Piece]) -> bool:
    return not hexdump.LIKE_BYTES_ALONE.search(Rest(text, pieces).text)
