"""Find the sound frames and APDUs in a text. The text may contain any other words.

The search has rounds. Each round tries all readings on a sample of the text. It selects the reading in which most bytes
are sound, applies this reading to the whole text, and keeps the units that are sound. The next round searches the rest
of the lines. So a text may mix notations, and only one reading per round is applied to the whole of a long text.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from contextlib import suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from hanparse import hexdump
from hanparse.errors import HexDumpError
from hanparse.hexdump import remarks
from hanparse.hexdump.readings import READINGS
from hanparse.hexdump.text import COVER, MIN_BYTES, Piece, cover
from hanparse.pasted.sound import HEAD_SIZE, is_head

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hanparse.pasted.sound import Unit

    Finder = Callable[[list[Piece], bytes], list[Unit]]
    Reading = Callable[[str], list[Piece]]

_SAMPLE: Final = 1 << 12
"""A sample has at most this number of characters."""
_LONGER: Final = 3 * _SAMPLE
"""The second sample has this number of characters: a log may have 40 characters in front of each byte of a frame."""
_SAMPLES: Final = 8
"""A round has at most this number of samples, a longer one, and the beginning of the text with `_SHORT` characters."""
_SHORT: Final = 1 << 15
_MAX_LIKELY: Final = 4
_MAX_TRIED: Final = 3
_ESCAPE: Final = len(r"\u00a0")
_QUARTET: Final = 4  # four hex digits are two bytes, four base64 characters are three bytes
_MAX_DAMAGED: Final = 8
"""The largest number of damaged lines that one round passes over."""
_NO_DIGITS: Final = re.compile(r"0[xX]|[^0-9A-Fa-f]")
_HEAD_TEXT: Final = 100
_LAST_WORD: Final = re.compile(r"[\w+/]+\Z")
_CHARACTER: Final = re.compile(r"\w")
_APART: Final = f"\n{COVER}\n"


class Found(NamedTuple):
    """Holds the sound units of a text, in order, and other bytes of the first reading."""

    units: list[Unit]
    spare: list[Piece]
    """Pieces that are in no unit. They are probably damaged dumps."""


class _Rest:
    """Holds the lines of a text on which nothing was found yet. They are a shorter text with other positions."""

    def __init__(self, text: str, pieces: list[Piece]) -> None:
        kept = [*_left(text, pieces)] if pieces else [(0, len(text))]
        self.text = _APART.join([text[start:stop] for start, stop in kept])
        self._places, self._starts, at = [start for start, _ in kept], [0], 0
        for start, stop in kept:
            at += stop - start + len(_APART)
            self._starts.append(at)

    def placed(self, pieces: list[Piece]) -> list[Piece]:
        """Return pieces of the shorter text with their positions in the whole text."""
        return pieces if self._places == [0] else [self._placed(piece) for piece in pieces]

    def _placed(self, piece: Piece) -> Piece:
        at = min(bisect_right(self._starts, piece.start), len(self._places)) - 1
        moved = self._places[at] - self._starts[at]
        return Piece(piece.start + moved, piece.end + moved, piece.data, piece.style) if moved else piece


def _left(text: str, pieces: list[Piece]) -> Iterator[tuple[int, int]]:
    """Yield the start and the end of lines without pieces, and of the text that resembles bytes on other lines."""
    end = 0
    for start, stop in [*((piece.start, piece.end) for piece in pieces), (len(text), len(text))]:
        gap = text[end:start]
        if len(gap) > 1 and _CHARACTER.search(gap):
            first = gap.find("\n") if end else -1
            last = gap.rfind("\n") if start < len(text) else len(gap)
            parts = [(0, first), (first + 1, last), (last + 1, len(gap))] if first < last else [(0, len(gap))]
            for at, (left, right) in enumerate(parts):
                pattern = _CHARACTER if at == 1 else hexdump.LIKE_BYTES
                if left < right and pattern.search(gap, left, right):
                    yield end + left, end + right
        end = stop


def search(text: str, find: Finder, known: Found | None = None) -> Found:
    """Return the units that `find` returns for the readings of a text.

    When `find` searches for APDUs, `known` contains the frames of the text, and these are not searched again. An APDU
    has no check sequence. So no APDU is returned when a part of the text still resembles bytes: the reading may have
    skipped a part of the APDU.
    """
    before = known.units if known else []
    said: list[Piece] = []  # the pieces of all rounds that are in no unit of `units`
    units: list[Unit] = []
    spare: list[Piece] = []
    rest = _Rest(text, _pieces(before))
    is_first = not before
    while is_first or hexdump.LIKE_BYTES_ALONE.search(rest.text):
        data = b"".join([unit.data for unit in before + units])
        if not (best := _best(rest.text, find, data, _FRAME_CANDIDATES if known is None else _CANDIDATES)):
            break
        reading, read, pieces, found = best
        spare = spare or rest.placed(_spare(pieces, found))
        earlier = sorted(units)
        starts = [unit.start for unit in earlier]
        for unit in found:
            placed = rest.placed(unit.pieces)
            at = bisect_right(starts, placed[-1].start) - 1
            if at >= 0 and earlier[at].data == unit.data and placed[0].start < earlier[at].pieces[-1].end:
                said += placed  # the same bytes in another notation, as binary digits beside hex digits
            else:
                units.append(unit._replace(start=placed[0].start, pieces=placed))
        said += [piece for piece in rest.placed(_spare(pieces, found)) if len(piece.data) > 1] if known else []
        whole = (read if is_first else without_remarks(text)) if reading.is_bare else text
        rest = _Rest(whole, sorted(_pieces(before + units) + said))
        is_first = False
    if known and (left := hexdump.LIKE_BYTES.search(rest.text)) and not _begins_apdu(rest, left, units):
        return Found([], [])
    return Found(sorted(units), _apart(text, spare, units))


def _begins_apdu(rest: _Rest, left: re.Match[str], units: list[Unit]) -> bool:
    """Return whether the first text that still resembles bytes is behind `units` and begins with the head of an APDU.

    That is another APDU, which is damaged, and no part of the APDUs in front of it.
    """
    digits = _NO_DIGITS.sub("", left.string[left.start() : left.start() + _HEAD_TEXT])[: 2 * HEAD_SIZE]
    start = rest.placed([Piece(left.start(), left.end(), b"", "")])[0].start
    is_behind = bool(units) and start >= max(unit.pieces[-1].end for unit in units)
    return is_behind and len(digits) == 2 * HEAD_SIZE and is_head(bytes.fromhex(digits))


def _pieces(units: list[Unit]) -> list[Piece]:
    return sorted(piece for unit in units for piece in unit.pieces)


def _spare(pieces: list[Piece], found: list[Unit]) -> list[Piece]:
    """Return the pieces that are in no unit."""
    used = {piece.start for unit in found for piece in unit.pieces}
    return [piece for piece in pieces if piece.start not in used]


def _apart(text: str, spare: list[Piece], units: list[Unit]) -> list[Piece]:
    """Return the spare pieces that are probably damaged dumps.

    Such pieces do not overlap `units`, have `MIN_BYTES` or more bytes, and do not repeat bytes of the units. A short
    piece on the line of a longer one is a number.
    """
    if not spare:
        return []
    pieces = _pieces(units)
    starts, ends = [piece.start for piece in pieces], [piece.end for piece in pieces]
    longest: dict[int, int] = {}
    for piece in pieces + spare:
        line = text.rfind("\n", 0, piece.start)
        longest[line] = max(longest.get(line, 0), len(piece.data))
    groups: dict[int, list[Piece]] = {}
    for piece in spare:
        if len(piece.data) < min(MIN_BYTES, longest[text.rfind("\n", 0, piece.start)]):
            continue
        place = bisect_right(ends, piece.start)
        if place == bisect_left(starts, piece.end):
            groups.setdefault(place, []).append(piece)
    known = b"".join([unit.data for unit in units])
    said = [(b"".join([piece.data for piece in group]), group) for group in groups.values()]
    return [piece for data, group in said if len(data) >= MIN_BYTES and data not in known for piece in group]


# --- the choice ------------------------------------------------------------------------------------------------------


def _other(units: list[Unit]) -> int:
    """Return the largest number of bytes in a unit that are not part of a sound frame."""
    return max(len(unit.data) - unit.size for unit in units)


def _best(
    text: str, find: Finder, known: bytes, candidates: tuple[_Candidate, ...]
) -> tuple[_Candidate, str, list[Piece], list[Unit]] | None:
    """Return the reading with most sound bytes, the text that it reads, its pieces and its units.

    Returns None when no reading has units.

    At most `_MAX_TRIED` readings are applied to the whole text. The first one whose units have fewer than `MIN_BYTES`
    other bytes is returned at once: in another reading, these may be another frame.
    """
    best, most = None, 0
    tried = 0
    for reading in _choices(text, find, known, candidates):
        said = without_remarks(text) if reading.is_bare else text
        pieces = reading.read(said)
        if not (units := find(pieces, known)):
            continue
        size = sum(unit.size for unit in units)
        is_pure = _other(units) < MIN_BYTES
        if size > most or (size == most and is_pure):
            best, most = (reading, said, pieces, units), size
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
    """Return the pieces that the rules of `hexdump` find, without the lines in which they find damage.

    This reading is for frames, because their check sequences show that nothing of them was in such a line.
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
    """Holds a reading. When `is_bare` is true, the reading is applied to the text without its remarks."""

    read: Reading
    is_bare: bool


_LAST: Final = (_Candidate(_rules, is_bare=False), _Candidate(_rules_around_damage, is_bare=False))
"""These readings take the most time, so they are used only when no other one contains sound bytes."""
_CANDIDATES: Final = (*(_Candidate(read, is_bare) for read in READINGS for is_bare in (False, True)), _LAST[0])
_FRAME_CANDIDATES: Final = (*_CANDIDATES, _LAST[1])


def _choices(
    text: str, find: Finder, known: bytes, candidates: tuple[_Candidate, ...] = _CANDIDATES
) -> Iterator[_Candidate]:
    """Yield the readings in which samples of `text` have sound bytes, those with most sound bytes first.

    Of two readings with the same sound bytes, the one without remarks is first: a time stamp resembles bytes. Next is
    the one whose units have fewer than `MIN_BYTES` other bytes, because more may be sound in another reading.

    A reading that leaves no text that resembles bytes is yielded at once. Last are readings that leave none either but
    have no sound bytes in a sample, because a frame may be longer than the samples.
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
            pieces = candidate.read(said)
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
            sizes[candidate] = size, candidate.is_bare, _other(units) < MIN_BYTES
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
    """Return a sample without its last line, which may be incomplete.

    When the sample is one line, its incomplete last word or escape is removed, and an open quote is closed.
    """
    if (end := sample.rfind("\n", len(sample) // 2)) >= 0:
        return sample[:end]
    escape, last = sample.rfind("\\", len(sample) - _ESCAPE), _LAST_WORD.search(sample)
    rest = (len(sample) - last.start()) % _QUARTET if last else 0
    sample = sample[: escape if escape >= 0 else len(sample) - rest]
    line = sample[sample.rfind("\n") + 1 :]
    quote = next((sign for sign in line if sign in "\"'"), "")
    is_open = bool(quote) and line.replace(f"\\{quote}", "").count(quote) % 2
    return sample + quote * is_open


def _explains(text: str, pieces: list[Piece], units: list[Unit], *, is_cut: bool) -> bool:
    """Return whether no text in front of the end of the last unit still resembles bytes."""
    end = units[-1].pieces[-1].end
    pieces = [piece for piece in pieces if piece.end <= end]
    unread = sum(len(piece.data) for piece in pieces) - sum(unit.size for unit in units)
    unread -= units[-1].tail if is_cut else 0  # these may be the beginning of a frame that the sample cuts off
    return unread < MIN_BYTES and _leaves_nothing(text[:end], pieces)


def _leaves_nothing(text: str, pieces: list[Piece]) -> bool:
    return not hexdump.LIKE_BYTES_ALONE.search(_Rest(text, pieces).text)
