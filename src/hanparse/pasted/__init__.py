"""Finds the bytes of frames, APDUs and P1 telegrams in a text that a user pasted.

`hanparse.hexdump` defines *readings* of the text (functions that return the bytes in one notation, as *pieces*), and
`hanparse.receiver` verifies their bytes. `pasted.sound` defines *sound* bytes and a *unit*. The decoder, annotate and
the cli use this package. The package returns the first of these that the text contains:

* P1 telegrams;
* frames with correct check sequences, in any notation (`units`, `sound`), if one of them can be read without a key;
* APDUs that follow the grammar to their last byte (`apdus`). An APDU may be the deciphered content of a ciphered frame;
* frames with correct check sequences that cannot be read without a key;
* a damaged frame whose header is sound;
* the dump that the rules of `hanparse.hexdump` find (`hexdump.find`). These rules also raise most errors.
"""

from __future__ import annotations

from bisect import bisect_left
from contextlib import suppress
from dataclasses import replace
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Final

from hanparse import hexdump
from hanparse.errors import HexDumpError
from hanparse.hexdump import masks
from hanparse.hexdump.amongtext import text_columns
from hanparse.hexdump.text import Piece, cover, failure, place, tidy
from hanparse.pasted import gaps, replaced, sound
from hanparse.pasted.apdus import bare_apdus
from hanparse.pasted.choice import CANDIDATES, Best, best_reading, remembering, without_remarks
from hanparse.pasted.units import Found, damaged_frames, may_contain_bytes, pieces_of, search
from hanparse.wire.pasted import damaged, find, has_header

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator

    from hanparse.pasted.choice import Apply
    from hanparse.pasted.sound import Unit
    from hanparse.wire.pasted import Pasted

_LONGEST_APDUS: Final = 1 << 16
"""The largest number of characters of a text that is searched for APDUs without frames.

An APDU ends where the grammar ends, so each search reads the text several times.
"""


def dumped(text: str) -> bytes:
    """Return the bytes of the P1 telegrams in a text. Return the bytes of its dumps if it contains no telegram.

    Raises `HexDumpError` if the text contains no telegram and no dump, or if a dump is damaged or masked.
    """
    return dump(text).data


def dump(text: str) -> hexdump.Dump:
    """Return the bytes that `dumped` returns, and the text that was passed over. Raises the same errors."""
    if sound_telegrams := find(text):
        return _with_telegrams(text, sound_telegrams)
    tidied, apply = tidy(text), remembering()
    framed = search(tidied, sound.frames, apply)
    apdus = Found([], [])
    is_read = framed.units and sound.is_read(b"".join(unit.data for unit in framed.units))
    if not is_read and len(tidied) <= _LONGEST_APDUS:
        bytes_only = _without_text_columns(tidied, offsets=True)
        apdus = search(bytes_only, bare_apdus, apply, framed)
        if apdus.units and apdus.is_complete and not _is_masked(bytes_only, apdus.units):
            return _dump(bytes_only, Found(gaps.without_gaps(without_remarks(bytes_only), apdus.units), []))
    telegrams = _damaged_telegrams(text, pieces_of(framed.units))
    if framed.units:
        spare = _with(framed.spare, telegrams)
        frames = [] if framed.is_complete else damaged_frames(tidied, framed.units, spare, apply)
        return _dump(tidied, framed._replace(spare=_with(spare, frames)))
    try:
        return _by_rules(tidied, apdus.units, apply)
    except HexDumpError:
        if not telegrams:
            raise
        return _dump(tidied, Found([], telegrams))


def _damaged_telegrams(text: str, sound_pieces: list[Piece]) -> list[Piece]:
    """Return the damaged telegrams in the text outside `sound_pieces`."""
    return [Piece(*telegram, "P1") for telegram in damaged(cover(text, sound_pieces))] if has_header(text) else []


def _with(spare: list[Piece], others: list[Piece]) -> list[Piece]:
    """Return the pieces `others`, which are in order, and the pieces of `spare` that do not overlap them, in order."""
    starts = [piece.start for piece in others]
    before = ((piece, bisect_left(starts, piece.end)) for piece in spare)
    return sorted(others + [piece for piece, at in before if not at or others[at - 1].end <= piece.start])


def _with_telegrams(text: str, telegrams: list[Pasted]) -> hexdump.Dump:
    """Return the bytes of the sound `telegrams`, and of damaged telegrams and sound frames in the text between them."""
    pieces = [Piece(*telegram, "P1") for telegram in telegrams]
    rest = tidy(cover(text, pieces))
    units = search(rest, sound.frames, remembering()).units if may_contain_bytes(rest) else []
    units += [sound.Unit(piece.start, piece.data, [piece], len(piece.data)) for piece in pieces]
    spare = _damaged_telegrams(text, pieces_of(units))
    return replace(_dump(tidy(text), Found(units, spare)), style="P1")


def _dump(text: str, found: Found) -> hexdump.Dump:
    parts = sorted(
        [(unit.start, unit.data) for unit in found.units] + [(spare.start, spare.data) for spare in found.spare]
    )
    offsets = _offsets(parts)
    shown = hexdump.dump(text, b"".join(data for _, data in parts), [*_pieces(found, parts, offsets)])
    damaged_parts = [*_unsound(text, found.spare, offsets), *_unsound_in_units(text, found.units, offsets)]
    return replace(shown, unsound=tuple(sorted(damaged_parts, key=lambda part: part.offset)))


def _pieces(found: Found, parts: list[tuple[int, bytes]], offsets: dict[int, int]) -> Iterator[tuple[int, Piece]]:
    """Yield the pieces in order, each behind its offset in the dump. `parts` and `offsets` are those of `_offsets`."""
    units = {unit.start: unit.pieces for unit in found.units} | {spare.start: [spare] for spare in found.spare}
    for start, data in parts:
        added = len(data) - sum(len(piece.data) for piece in units[start])  # an APDU can have an added header
        yield from hexdump.with_offsets(units[start], offsets[start] + added)


def _unsound_in_units(text: str, units: list[Unit], offsets: dict[int, int]) -> Iterator[hexdump.Unsound]:
    """Yield the bytes of `units` that are not sound. `offsets` is a result of `_offsets`."""
    for unit in units:
        for start, end in sound.unsound(unit):
            joined = sound.Bytes(unit.pieces)
            at = place(text, unit.pieces[joined.first(start)].start)
            yield hexdump.Unsound(*at, offsets[unit.start] + start, unit.data[start:end])


def _offsets(parts: list[tuple[int, bytes]]) -> dict[int, int]:
    """Return the offset in the dump of each part by its start in the text.

    `parts` contains the start and the bytes of all units and of all other pieces of the dump.
    """
    ends = accumulate((len(data) for _, data in parts), initial=0)
    return dict(zip((start for start, _ in parts), ends, strict=False))


def _unsound(text: str, spare: list[Piece], offsets: dict[int, int]) -> Iterator[hexdump.Unsound]:
    """Yield the bytes of the pieces `spare`. `offsets` is a result of `_offsets`."""
    firsts = [at for at, piece in enumerate(spare) if not at or sound.may_be_frame(piece.data)]
    for first, stop in pairwise([*firsts, len(spare)]):
        data = b"".join([piece.data for piece in spare[first:stop]])
        yield hexdump.Unsound(*place(text, spare[first].start), offsets[spare[first].start], data)


def _without_text_columns(text: str, *, offsets: bool = False) -> str:
    """Return `text` with blanks in place of its text columns. They are not part of an APDU, nor a gap in it.

    With `offsets`, this includes the text columns of lines that begin with an offset.
    """
    text = cover(text, [*text_columns(text, offsets=offsets)], " ")
    return cover(text, [*text_columns(without_remarks(text), offsets=offsets)], " ")


def _is_masked(text: str, apdus: list[Unit]) -> bool:
    """Return whether a masked byte is in front of the end of the last APDU."""
    places = masks.find(without_remarks(text))
    return bool(places) and places[0][0] < max(apdu.pieces[-1].end for apdu in apdus)


def _by_rules(text: str, apdus: list[Unit], apply: Apply) -> hexdump.Dump:
    """Return the dump in a text that contains no sound frame. `apdus` contains the APDUs in the text.

    Raises `HexDumpError` if bytes are masked or missing, or if the dump does not contain each of `apdus`.
    """
    bytes_only = _without_text_columns(text)
    bare = without_remarks(bytes_only)
    if places := masks.find(bare):
        raise masks.masked(text, places)
    pieces: list[Piece] = []
    error = None
    try:
        found, pieces = hexdump.read_with_pieces(text)
    except HexDumpError as caught:
        error = caught
    headers = sound.headers(pieces)
    gap = _gap(bare, pieces, headers)
    if (gap or not headers) and (best := best_reading(bytes_only, sound.headers, b"", CANDIDATES, apply)):
        return _damaged_frame(text, best, error)
    if error:
        raise error
    if gap and not any(sound.may_be_frame(piece.data) for piece in pieces):
        raise gaps.no_byte(text, gap)
    if apdu := next((apdu for apdu in apdus if found.data and apdu.data not in found.data), None):
        raise failure(text, apdu.start, "found an APDU beside other bytes without a frame; paste it alone")
    offsets = {piece.start: offset for offset, piece in found.pieces}
    return replace(found, unsound=tuple(_unsound(text, pieces, offsets)))


def _damaged_frame(text: str, best: Best, error: HexDumpError | None) -> hexdump.Dump:
    """Return the dump of the damaged frame in the reading `best`. `error` is the error of `hexdump.find`, if any.

    Raises `HexDumpError` for a mistyped byte. Raises `error` if the frame is in a table, because the error then names
    the damaged line. Also raises `error` if it names damage on another line than the line of the mistyped byte.
    """
    if error and any(piece.style == "table" for piece in best.pieces):
        raise error
    if gap := _gap(best.text, best.pieces, best.units):
        mistyped = gaps.no_byte(text, gap)
        raise error if error and not hexdump.says_no_dump(error) and error.line != mistyped.line else mistyped
    return _dump(text, Found([], best.units[0].pieces))


def _gap(text: str, pieces: list[Piece], headers: list[Unit]) -> re.Match[str] | None:
    """Return the first text in place of a byte of `pieces`. `headers` contains the damaged frame in them, if any."""
    incomplete = sound.incomplete(headers[0].pieces) if headers else []
    return gaps.find(text, pieces) or (replaced.missing(text, incomplete) if incomplete else None)


def unmasked(text: str) -> tuple[bytes, frozenset[int], HexDumpError] | None:
    """Return the bytes of a text with masked bytes (``XX``), the indexes of the masked bytes, and the error for them.

    The value of each masked byte is 00 in the result. Returns `None` if no byte is masked, if the text is not a dump,
    or if the number of bytes depends on the values of the masked bytes.
    """
    tidied = tidy(text)
    if places := masks.find(without_remarks(tidied)):
        with suppress(HexDumpError):
            data, other = (dumped(masks.fill(tidied, places, by)) for by in ("00", "FF"))
            hidden = frozenset(at for at, (one, two) in enumerate(zip(data, other, strict=False)) if one != two)
            return (data, hidden, masks.masked(tidied, places)) if len(data) == len(other) else None
    return None
